"""The project's own metaclasses: what their `__new__` and `__init__` make of a class statement (data model, 3.3.3).

They are run like any other function. What they raise is definite only where all that they were given is known; a class that
they made in ways that are not followed stays lenient.
"""

from __future__ import annotations

from collections.abc import Callable

from muster.execution.machine import Machine
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    DictValue,
    FunctionValue,
    Native,
    Opaque,
    TupleValue,
    Value,
)

_TYPES = ("builtins.type", "abc.ABCMeta")
"""Installed metaclasses whose `__new__` and `__init__` do what `type`'s do."""


class Making:
    """A class statement on its way through its metaclass.

    `finish` does what `type.__new__` does at its end (slots, `__init_subclass__`); it runs once. `is_known`: the metaclass
    reached `type.__new__` with names that are all known.
    """

    __slots__ = ("cls", "finish", "is_known", "is_made")

    def __init__(self, cls: ClassValue, finish: Callable[[], None]) -> None:
        self.cls = cls
        self.finish = finish
        self.is_made = False
        self.is_known = False

    def make(self, attributes: Value) -> ClassValue:
        """`type.__new__`: the class with these names in its `__dict__`."""
        self.is_made = True
        if isinstance(attributes, DictValue):
            names = {key: value for key, value in attributes.items() if isinstance(key, str)}
            self.is_known = not attributes.unsure and len(names) == len(attributes)
            if self.is_known:
                self.cls.namespace.clear()
            for key, value in names.items():
                if key not in ("__module__", "__qualname__", "__classcell__"):
                    self.cls.namespace[key] = value
        self.finish()
        return self.cls


def make_through_metaclass(
    machine: Machine, cls: ClassValue, options: dict[str | None, Value], finish: Callable[[], None], is_open: bool
) -> Value:
    """What the metaclass makes of `cls`, whose body has run; `cls` itself where nothing is known of that.

    `is_open`: the body may have bound other names than those that are known.
    """
    metaclass = cls.metaclass
    if not isinstance(metaclass, ClassValue):
        finish()
        return cls
    new, init = (_method(metaclass, name) for name in ("__new__", "__init__"))
    if not _can_be_followed(cls, options) or (new is None and init is None):
        finish()
        return cls
    before = (machine.unfollowed, len(machine.exhausted))
    making = Making(cls, finish)
    attributes = DictValue({"__module__": cls.module, "__qualname__": cls.qualname, **cls.namespace}, is_open)
    arguments = (cls.name, TupleValue(cls.bases), attributes)
    keywords = {str(key): value for key, value in options.items() if key != "metaclass"}
    made: Value = cls
    if new is not None:
        machine.making.append(making)
        try:
            made = machine.call(new, (metaclass, *arguments), keywords)
        finally:
            machine.making.remove(making)
    if not making.is_made:
        finish()
    if made is UNKNOWN:
        made = cls
    if init is not None and made is cls:
        machine.call(init, (cls, *arguments), keywords)
    if made is cls and (new is None or making.is_known) and before == (machine.unfollowed, len(machine.exhausted)):
        cls.lenient = cls.body_lenient
    return made


def _method(metaclass: Value, name: str) -> FunctionValue | None:
    found = metaclass.lookup(name) if isinstance(metaclass, ClassValue) else MISSING
    function = found.function if isinstance(found, DescriptorValue) else found
    return function if isinstance(function, FunctionValue) else None


def _can_be_followed(cls: ClassValue, options: dict[str | None, Value]) -> bool:
    metaclass = cls.metaclass
    return (
        isinstance(metaclass, ClassValue)
        and metaclass.is_known
        and metaclass.lookup("__prepare__") is MISSING
        and all(base.dotted in _TYPES for base in metaclass.opaque_bases)
        and cls.mro_known
        and None not in options
    )


def method_of_type(base: Value, name: str) -> Value:
    """`type.__new__` or `type.__init__`, as `super()` finds them behind a metaclass of the project's; else `MISSING`."""
    if not isinstance(base, Opaque) or base.dotted not in _TYPES:
        return MISSING
    if name == "__new__":
        return Native("type.__new__", new_class)
    return Native("type.__init__", lambda machine, args, kwargs: None) if name == "__init__" else MISSING


def new_class(machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """`type.__new__(metaclass, name, bases, namespace)`."""
    if len(args) != 4 or not isinstance(args[1], str):
        return UNKNOWN
    metaclass, name, bases, namespace = args
    making = machine.making[-1] if machine.making else None
    if making is not None and not making.is_made and name == making.cls.name:
        elements = machine.iterate(bases)
        if elements is None:
            making.cls.mro_known = False
        elif not _are(elements, making.cls.bases):
            _rebase(machine, making.cls, tuple(elements), metaclass)
        return making.make(namespace)
    from muster.execution.natives.builtin_functions import make_class

    made = make_class(machine, name, bases, namespace)
    if isinstance(made, ClassValue) and isinstance(metaclass, ClassValue):
        made.metaclass = metaclass
    return made


def _rebase(machine: Machine, cls: ClassValue, bases: tuple[Value, ...], metaclass: Value) -> None:
    """The metaclass gives the class other bases than the statement (`six.with_metaclass`)."""
    from muster.execution.classes import set_bases

    cls.mro_known, cls.lenient = True, False
    set_bases(machine, cls, bases)
    cls.body_lenient = cls.lenient
    cls.metaclass = metaclass


def is_metaclass(cls: ClassValue) -> bool:
    """Whether the instances of `cls` are classes."""
    return any(isinstance(base, Opaque) and base.dotted in _TYPES for base in cls.mro)


def call_metaclass(machine: Machine, metaclass: ClassValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """`metaclass(name, bases, namespace)` (`type.__call__`)."""
    if not metaclass.is_known or metaclass.metaclass is not None:
        return UNKNOWN
    new, init = (_method(metaclass, name) for name in ("__new__", "__init__"))
    made = (
        machine.call(new, (metaclass, *args), kwargs) if new is not None else new_class(machine, (metaclass, *args), {})
    )
    if init is not None and isinstance(made, ClassValue) and made.metaclass is metaclass:
        machine.call(init, (made, *args), kwargs)
    return made


def _are(found: list[Value], expected: tuple[Value, ...]) -> bool:
    return len(found) == len(expected) and all(left is right for left, right in zip(found, expected, strict=True))
