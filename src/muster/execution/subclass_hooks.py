"""`__init_subclass__` of the project's own classes (data model, 3.3.3.1), which a large library calls a thousand times.

It is followed for every class of a test file, since pytest looks at those. For all others it is followed until that has
taken long: by then it has shown which names of a class it replaces, and what it makes of further ones is left open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from muster.execution.machine import HOOK_STATEMENTS, Machine
from muster.execution.values import (
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    DictValue,
    FunctionValue,
    ListValue,
    Opaque,
    SetValue,
    Value,
)
from muster.model.collection import OtherFailure


@dataclass(slots=True)
class HookRecord:
    """What one `__init_subclass__` has done so far: statements that it ran, and names of the class bodies that it replaced."""

    statements: int = 0
    replaced: set[str] = field(default_factory=set)
    exposed: set[ClassValue] = field(default_factory=set)
    """Classes whose tables are no longer known, because a call that was not followed may have written to them."""


def init_subclass(machine: Machine, cls: ClassValue, options: dict[str | None, Value]) -> None:
    """What `type.__new__` does last: the hook of the nearest base that has one. Raises what that raises."""
    keywords = {key: value for key, value in options.items() if key not in (None, "metaclass")}
    for base in cls.mro[1:]:
        if isinstance(base, ClassValue) and "__init_subclass__" in base.namespace:
            hook = base.namespace["__init_subclass__"]
            function = hook.function if isinstance(hook, DescriptorValue) else hook
            if isinstance(function, FunctionValue) and None not in options:
                _run_hook(machine, function, cls, {str(key): value for key, value in keywords.items()})
            return
        if isinstance(base, Opaque) and base.dotted != "builtins.object":
            return
    if keywords and cls.mro_known and cls.metaclass is None and None not in options and not cls.special:
        message = f"{cls.name}.__init_subclass__() takes no keyword arguments"
        raise machine.error("TypeError", message, OtherFailure("bases"))


def _run_hook(machine: Machine, function: FunctionValue, cls: ClassValue, keywords: dict[str, Value]) -> None:
    record = machine.subclass_hooks.setdefault((function.file, function.line), HookRecord())
    if record.statements > HOOK_STATEMENTS and cls.file not in machine.session_files:
        _leave_open(function, cls, record)
        return
    before = dict(cls.namespace)
    statements = machine.statements_run
    try:
        machine.call(function, (cls,), keywords)
    finally:
        record.statements += machine.statements_run - statements
        record.replaced.update(name for name, value in before.items() if cls.namespace.get(name) is not value)


def _leave_open(function: FunctionValue, cls: ClassValue, record: HookRecord) -> None:
    """The call may have given `cls` any further name, and written to any table that it can reach."""
    cls.lenient = True
    for name in record.replaced & cls.namespace.keys():
        cls.namespace[name] = UNKNOWN
    if not record.exposed and function.module is not None:
        _expose(function.module.namespace.values())
    for base in cls.mro:
        if isinstance(base, ClassValue) and base not in record.exposed:
            record.exposed.add(base)
            _expose(base.namespace.values())


def _expose(values: Iterable[Value]) -> None:
    for value in values:
        if isinstance(value, (ListValue, DictValue, SetValue)):
            value.unsure = True
