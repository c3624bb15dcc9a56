"""Calls: how arguments are bound (and which `TypeError` says that they cannot be), and what each callable gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from muster.execution import operations
from muster.execution.arity import bind_arguments
from muster.execution.attributes import get_attribute, with_arguments
from muster.execution.classes import instantiate
from muster.execution.machine import FRUITLESS_STATEMENTS, ExhaustedError, Machine
from muster.execution.raised import Raised
from muster.execution.scope import Scope, ScopeKind
from muster.execution.values import (
    MANAGED,
    MISSING,
    UNKNOWN,
    BoundMethod,
    ClassValue,
    DescriptorValue,
    DictValue,
    EnumMember,
    ExceptionInstance,
    FixtureValue,
    FunctionValue,
    InstanceValue,
    IteratorValue,
    ListValue,
    Mark,
    ModuleValue,
    Native,
    Opaque,
    OpaqueInstance,
    PartialValue,
    SetValue,
    Value,
)
from muster.facts.opcodes import ASYNC, GENERATOR
from muster.model.collection import Frame, OtherFailure


def call(machine: Machine, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """`function(*args, **kwargs)`."""
    caller = _CALLERS.get(type(function))
    if caller is not None:
        return caller(machine, function, args, kwargs)
    special = getattr(function, "simulated_call", None)
    if special is not None:
        return special(machine, args, kwargs)
    if isinstance(function, (*operations.CONSTANTS, ListValue, DictValue, SetValue, tuple)):
        kind = operations.type_name_of(function)
        raise machine.error("TypeError", f"'{kind}' object is not callable", OtherFailure("call"))
    machine.unknown_calls += 1
    _expose(machine, args, kwargs)
    return UNKNOWN


def call_with_unknown_arguments(
    machine: Machine, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> Value:
    """A call some of whose arguments are not known in number: what can still be said of its result."""
    if isinstance(function, Mark):
        return with_arguments(function, args, kwargs, unsure=True)
    if isinstance(function, ClassValue):
        return InstanceValue(function, unsure=True) if not function.special else UNKNOWN
    if isinstance(function, Opaque) and function.kind == "class":
        return call_opaque(machine, function, args, kwargs)
    if isinstance(function, (Native, BoundMethod)):
        tolerant = getattr(function, "dotted", "")
        if tolerant in ("pytest.fixture", "pytest.param"):
            return call(machine, function, args, kwargs)
    _expose(machine, args, kwargs)
    return UNKNOWN


def _expose(machine: Machine, args: Sequence[Value], kwargs: dict[str, Value]) -> None:
    """What code that we do not follow gets hold of may be changed by it."""
    machine.unfollowed += 1
    for value in (*args, *kwargs.values()):
        if isinstance(value, (ListValue, DictValue, SetValue, InstanceValue)):
            value.unsure = True


# The project's own functions.


def call_function(
    machine: Machine, function: FunctionValue, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> Value:
    """A call of a simulated function: arguments are always checked, the body is run to a limited depth."""
    if function.opaque_decorators or "<changed>" in function.attributes:
        # Its signature is that of a wrapper that we do not know.
        _expose(machine, args, kwargs)
        return UNKNOWN
    names = bind_arguments(machine, function, args, kwargs)
    return _call_body(machine, function, names)


def _call_body(machine: Machine, function: FunctionValue, names: dict[str, Value]) -> Value:
    if function.body is not None:
        return _call_lambda(machine, function, names)
    if function.flags & GENERATOR:
        return IteratorValue(None, "generator")
    if function.flags & ASYNC:
        return UNKNOWN
    if machine.depth >= machine.call_depth or function.line == 0 or _is_given_up(machine, function):
        _expose(machine, tuple(names.values()), {})
        if isinstance(managed := function.attributes.get(MANAGED), FunctionValue):
            _forget_globals(machine, managed)
        return UNKNOWN
    body = machine.source.body(function.file, function.line)
    if body is None:
        return UNKNOWN
    if body.is_generator or body.is_async:
        return IteratorValue(None, "generator") if body.is_generator else UNKNOWN
    scope = _function_scope(function, names)
    scope.local_names = frozenset(body.local_names)
    scope.global_names = frozenset(body.globals)
    scope.nonlocal_names = frozenset(body.nonlocals)
    scope.line = function.line
    return _run_body(machine, function, body.statements, scope)


def _is_given_up(machine: Machine, function: FunctionValue) -> bool:
    """Whether the function ran out of its budget before; in doubt, also one that took long and never told anything."""
    place = (function.file, function.line)
    if place in machine.exhausted:
        return True
    if not machine.unsure or machine.fruitless.get(place, 0) <= FRUITLESS_STATEMENTS:
        return False
    # Nothing that it raises in doubt would be definite; what it may do to its module's tables is no longer followed.
    if function.module is not None:
        _expose(machine, tuple(function.module.namespace.values()), {})
    return True


def _weigh(machine: Machine, function: FunctionValue, value: Value, cost: tuple[int, int]) -> None:
    """Note what a call cost that told nothing: it gave nothing known, put nothing on the path and imported nothing.

    A function that once gave something known is followed for good.
    """
    place = (function.file, function.line)
    spent = machine.fruitless.get(place, 0)
    if spent < 0:
        return
    statements, changes = cost
    if value is not UNKNOWN:
        machine.fruitless[place] = -1
    else:
        machine.fruitless[place] = spent + statements if changes == _changes(machine) else 0


def _changes(machine: Machine) -> int:
    """A number that grows with every module that is imported and every change of the search path."""
    return len(machine.modules) + len(machine.effects)


def _forget_globals(machine: Machine, function: FunctionValue) -> None:
    """A context manager's generator is not followed: what it may change of its module is not known while it is entered."""
    if function.module is None:
        return
    _expose(machine, tuple(function.module.namespace.values()), {})
    body = machine.source.body(function.file, function.line) if function.line else None
    for name in body.globals if body is not None else ():
        function.module.namespace[name] = UNKNOWN


def _function_scope(function: FunctionValue, names: dict[str, Value]) -> Scope:
    assert function.module is not None
    scope = Scope(ScopeKind.FUNCTION, function.module, names, function.file, function.closure)
    scope.function = function
    first = function.params[0] or function.params[1]
    if first and function.cls is not None:
        scope.receiver = names.get(first[0][0], MISSING)
    return scope


def _run_body(machine: Machine, function: FunctionValue, statements: Sequence[Any], scope: Scope) -> Value:
    outermost = machine.depth == 0
    outer_budget = machine.budget
    if outermost:
        machine.budget = machine.call_budget
    machine.depth += 1
    depth = len(machine.scopes)
    unsure = machine.unsure
    before, changes = machine.budget, _changes(machine)
    try:
        signal = machine.run_scope(statements, scope)
    except Raised as raised:
        # Behind a `return` that may have been taken nothing that is raised is definite; nor is what a method raises
        # of its own accord whose object may be another than it seems.
        if not scope.maybe_returned and not _is_of_doubtful_object(raised, scope):
            raise
        del machine.scopes[depth:]
        return _merged_result(scope.returned) if scope.returned else UNKNOWN
    except ExhaustedError:
        del machine.scopes[depth:]
        machine.exhausted.add((function.file, function.line))
        if function.module is not None:
            # What the rest of the call would have put into the module's tables is not known.
            _expose(machine, tuple(function.module.namespace.values()), {})
        if not outermost:
            raise
        _expose(machine, tuple(scope.names.values()), {})
        return UNKNOWN
    finally:
        left = machine.budget
        machine.unsure = unsure
        machine.depth -= 1
        if outermost:
            machine.budget = outer_budget
            machine.statements_run += before - left
    value = _result(scope, signal)
    _weigh(machine, function, value, (before - left, changes))
    return value


def _is_of_doubtful_object(raised: Raised, scope: Scope) -> bool:
    is_explicit = isinstance(raised.detail, OtherFailure) and raised.detail.kind == "raise"
    return is_explicit and isinstance(scope.receiver, InstanceValue) and scope.receiver.unsure


def _result(scope: Scope, signal: Any) -> Value:
    value = signal.value if signal is not None else None
    return _merged_result([*scope.returned, value]) if scope.returned else value


def _merged_result(values: list[Value]) -> Value:
    """The result of a function that may have returned any of `values`."""
    first = values[0]
    if all(value is first for value in values):
        return first
    kinds = [value for value in values if isinstance(value, (ClassValue, FunctionValue))]
    if (
        len(kinds) == 1
        and len(values) == 2
        and all(value in kinds or value is None or value is UNKNOWN for value in values)
    ):
        return kinds[0]
    return UNKNOWN


def _call_lambda(machine: Machine, function: FunctionValue, names: dict[str, Value]) -> Value:
    if machine.depth >= machine.call_depth:
        return UNKNOWN
    scope = _function_scope(function, names)
    scope.line = function.line
    machine.depth += 1
    machine.scopes.append(scope)
    depth = len(machine.scopes)
    try:
        return machine.evaluate(function.body, scope)
    except Raised as raised:
        raised.frames.append(Frame(scope.file, scope.line))
        raise
    finally:
        del machine.scopes[depth - 1 :]
        machine.depth -= 1


# Everything else that can be called.


def _call_class(machine: Machine, cls: ClassValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    return instantiate(machine, cls, args, kwargs)


def _call_native(machine: Machine, native: Native, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    return native.call(machine, args, kwargs)


def _call_bound(machine: Machine, bound: BoundMethod, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    return call(machine, bound.function, (bound.receiver, *args), kwargs)


def _call_partial(machine: Machine, partial: PartialValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    return call(machine, partial.function, (*partial.args, *args), {**partial.kwargs, **kwargs})


def _call_descriptor(
    machine: Machine, descriptor: DescriptorValue, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> Value:
    # Static methods are callable themselves since Python 3.10.
    return call(machine, descriptor.function, args, kwargs) if descriptor.kind == "staticmethod" else UNKNOWN


def _call_instance(
    machine: Machine, instance: InstanceValue, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> Value:
    method = get_attribute(machine, instance, "__call__")
    if method is not MISSING and method is not UNKNOWN:
        return call(machine, method, args, kwargs)
    if method is MISSING:
        raise machine.error("TypeError", f"'{instance.cls.name}' object is not callable", OtherFailure("call"))
    return UNKNOWN


def _call_mark(machine: Machine, mark: Mark, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """`MarkDecorator.__call__`: one function or class and nothing else is decorated, all else are more arguments."""
    if len(args) == 1 and not kwargs:
        target = args[0]
        if isinstance(target, FixtureValue):
            return mark_fixture(machine, mark, target)
        if isinstance(target, FunctionValue) and target.name != "<lambda>":
            store_mark(target, mark)
            return target
        if isinstance(target, ClassValue):
            store_mark_on_class(target, mark)
            return target
        if target is UNKNOWN or isinstance(target, (OpaqueInstance, IteratorValue, BoundMethod)):
            return target if not isinstance(target, OpaqueInstance) else with_arguments(mark, args, kwargs)
    return with_arguments(mark, args, kwargs)


def mark_fixture(machine: Machine, mark: Mark, fixture: FixtureValue) -> Value:
    """A mark on a fixture has no effect; pytest 9 refuses it (`_pytest/mark/structures.py`, `store_mark`)."""
    if machine.invocation.pytest_version >= (9, 0, 0):
        message = "Marks cannot be applied to fixtures.\nSee docs: https://docs.pytest.org/en/stable/deprecations.html#applying-a-mark-to-a-fixture-function"
        raise machine.error("Failed", message, OtherFailure("fixture"))
    return fixture


def store_mark(function: FunctionValue, mark: Mark) -> None:
    """`function.pytestmark = [*function.pytestmark, mark]`."""
    marks = function.attributes.get("pytestmark")
    function.attributes["pytestmark"] = ListValue([*(marks if isinstance(marks, list) else ()), mark])


def store_mark_on_class(cls: ClassValue, mark: Mark) -> None:
    """Only the class's own marks are extended, never a base's (`get_unpacked_marks(consider_mro=False)`)."""
    own = cls.namespace.get("pytestmark")
    previous = list(own) if isinstance(own, list) else [] if own is None else [own]
    cls.namespace["pytestmark"] = ListValue([*previous, mark])


def _call_fixture(machine: Machine, fixture: FixtureValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    name = getattr(fixture.function, "name", "fixture")
    version = "stable"
    message = (
        f'Fixture "{fixture.name or name}" called directly. Fixtures are not meant to be called directly,\n'
        "but are created automatically when test functions request them as parameters.\n"
        f"See https://docs.pytest.org/en/{version}/explanation/fixtures.html for more information about fixtures, and\n"
        f"https://docs.pytest.org/en/{version}/deprecations.html#calling-fixtures-directly"
    )
    tail = " about how to update your code." if machine.invocation.pytest_version < (8, 4, 0) else ""
    raise machine.error("Failed", message + tail, OtherFailure("fixture"))


def apply_decorator(machine: Machine, decorator: Value, target: Value, name: str = "") -> Value:
    """What `@decorator` makes of a function or class: one that is not known is taken to give back what it decorates.

    `name` is how the decorator is spelled: `@config.fixture()` makes a fixture, whatever stands behind it.
    """
    if isinstance(decorator, (Opaque, OpaqueInstance)) or decorator is UNKNOWN:
        machine.opaque_calls += 1
        decorated = decorate(decorator.dotted if isinstance(decorator, Opaque) else name, target)
        if decorated is not MISSING:
            return decorated
    result = call(machine, decorator, (target,), {})
    if result is UNKNOWN:
        # What the project's own decorator gives is not known: most likely something that is tested the same way.
        decorated = decorate(name, target)
        return UNKNOWN if decorated is MISSING else decorated
    return result


def call_opaque(machine: Machine, opaque: Opaque, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """A call into the environment: an instance of a class, or something unknown that may be used as a decorator."""
    if opaque.kind == "class":
        from muster.execution.exceptions import is_exception_class

        if is_exception_class(opaque):
            exception = ExceptionInstance(opaque, args)
            exception.attributes.update(kwargs)
            return exception
    machine.opaque_calls += 1
    if opaque.kind == "class":
        _expose(machine, args, kwargs)
        return OpaqueInstance(opaque, args)
    _expose(machine, args, kwargs)
    return DecoratorValue(opaque.dotted)


def decorate(dotted: str, target: Value) -> Value:
    """`target` after a decorator that is not known; `MISSING` where it is nothing that one decorates."""
    if isinstance(target, FunctionValue) and target.name != "<lambda>":
        if dotted.endswith(".fixture") or dotted == "fixture":
            return FixtureValue(target, None, "function", None, None, False)
        wrapper = FunctionValue(target.name, target.qualname, target.module, target.file, target.line, target.params)
        wrapper.defaults, wrapper.flags, wrapper.closure, wrapper.cls = (
            target.defaults,
            target.flags & ~GENERATOR,
            target.closure,
            target.cls,
        )
        wrapper.attributes = dict(target.attributes)
        wrapper.patched_args = target.patched_args
        wrapper.opaque_decorators = (*target.opaque_decorators, dotted)
        return wrapper
    if isinstance(target, ClassValue):
        target.opaque_decorators = (*target.opaque_decorators, dotted)
        return target
    if isinstance(target, (DescriptorValue, FixtureValue)):
        return target
    return MISSING


class DecoratorValue:
    """What calling an installed function gives: not known, but it may well be a decorator (`@given(...)`)."""

    __slots__ = ("dotted",)

    def __init__(self, dotted: str) -> None:
        self.dotted = dotted

    def simulated_call(self, machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """As a decorator, it gives back what it decorates; else nothing is known."""
        if len(args) == 1 and not kwargs:
            decorated = decorate(self.dotted, args[0])
            if decorated is not MISSING:
                return decorated
        _expose(machine, args, kwargs)
        return UNKNOWN if not args else DecoratorValue(self.dotted)

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """An attribute of an unknown result."""
        return DecoratorValue(f"{self.dotted}().{name}")


def _call_opaque_instance(
    machine: Machine, instance: OpaqueInstance, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> Value:
    machine.opaque_calls += 1
    _expose(machine, args, kwargs)
    return UNKNOWN


def _call_module(machine: Machine, module: ModuleValue, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    raise machine.error("TypeError", "'module' object is not callable", OtherFailure("call"))


def _call_unknown(machine: Machine, value: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    machine.opaque_calls += 1
    _expose(machine, args, kwargs)
    return UNKNOWN


def _call_enum_member(machine: Machine, member: EnumMember, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    return UNKNOWN


_CALLERS: dict[type, Any] = {
    FunctionValue: call_function, ClassValue: _call_class, Native: _call_native, BoundMethod: _call_bound,
    PartialValue: _call_partial, DescriptorValue: _call_descriptor, InstanceValue: _call_instance, Mark: _call_mark,
    FixtureValue: _call_fixture, Opaque: call_opaque, OpaqueInstance: _call_opaque_instance, ModuleValue: _call_module,
    type(UNKNOWN): _call_unknown, EnumMember: _call_enum_member,
}  # fmt: skip
