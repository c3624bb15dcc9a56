"""Running statements of the IR.

What cannot be decided is run on every side: each branch of an unknown condition runs on a copy of the namespace, a branch that
raises is dropped, and the results are merged. Only where every branch raises does the statement raise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from muster.execution import expressions, operations
from muster.execution.calls import apply_decorator
from muster.execution.classes import build_class
from muster.execution.exceptions import matches, raise_value
from muster.execution.expressions import bind_target, evaluate
from muster.execution.imports import import_from, import_statement
from muster.execution.machine import LOOP_LIMIT, ExhaustedError, Machine
from muster.execution.patterns import match_pattern
from muster.execution.raised import Raised
from muster.execution.scope import Scope, ScopeKind
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    BoundMethod,
    ClassValue,
    DictValue,
    FunctionValue,
    InstanceValue,
    ListValue,
    Native,
    Opaque,
    OpaqueInstance,
    SetValue,
    Value,
)
from muster.facts import opcodes as op
from muster.model.collection import Confidence, Frame, OtherFailure

Node = Sequence[Any]


class Signal:
    """Why a block ended early: `break`, `continue` or `return`."""

    __slots__ = ("kind", "value")

    def __init__(self, kind: str, value: Value = None) -> None:
        self.kind = kind
        self.value = value


DOUBTFUL_ROUNDS = 32
"""Rounds of one loop that are followed behind a `break` that may have been taken."""

BREAK = Signal("break")
CONTINUE = Signal("continue")
MAYBE_BREAK = Signal("maybe break")


def execute(machine: Machine, block: Sequence[Node], scope: Scope) -> Signal | None:
    """Run `block`; the signal that ended it early, or None."""
    for statement in block:
        scope.line = statement[1]
        machine.budget -= 1
        if machine.budget < 0:
            raise ExhaustedError
        if machine.lenient_files and scope.file in machine.lenient_files and scope.kind is not ScopeKind.FUNCTION:
            _run_leniently(machine, statement, scope)
            continue
        signal = _EXECUTORS[statement[0]](machine, statement, scope)
        if signal is not None:
            return signal
    return None


def _run_leniently(machine: Machine, statement: Node, scope: Scope) -> None:
    """The statement that is known to fail, taken as an unknown value: for counting what it blocks."""
    try:
        _EXECUTORS[statement[0]](machine, statement, scope)
    except Raised as raised:
        del machine.scopes[machine.scopes.index(scope) + 1 :]
        if machine.aside is not None:
            raised.frames.append(Frame(scope.file, scope.line))
            machine.aside.note(scope.file, raised)
        if statement[0] in _COMPOUND or (statement[0] == op.FROM and statement[3][0][0] == "*"):
            # What it would have bound is not written in one place.
            scope.module.lenient = True
        for name in names_bound_by(statement):
            if name not in scope.names:
                scope.bind(name, UNKNOWN)


_COMPOUND = (op.IF, op.FOR, op.WHILE, op.TRY, op.WITH, op.MATCH)


def _execute_strictly(machine: Machine, block: Sequence[Node], scope: Scope) -> Signal | None:
    """The body of `try` or `with`: an exception must reach whoever waits for it, whatever is passed over elsewhere."""
    files = machine.lenient_files
    if not files:
        return execute(machine, block, scope)
    machine.lenient_files = frozenset()
    try:
        return execute(machine, block, scope)
    finally:
        machine.lenient_files = files


def names_bound_by(statement: Node) -> list[str]:
    """The names that a statement would have bound, had it not failed."""
    kind = statement[0]
    if kind == op.IMPORT:
        return [alias or name.partition(".")[0] for name, alias in statement[2]]
    if kind == op.FROM:
        return [alias or name for name, alias in statement[3] if name != "*"]
    if kind in (op.ASSIGN, op.DELETE):
        return [name for target in statement[2] for name in _target_names(target)]
    if kind in (op.AUG, op.ANN):
        return _target_names(statement[2])
    if kind == op.CLASS:
        return [statement[2]]
    if kind == op.DEF:
        return [statement[2][0]]
    return []


def _target_names(target: Node) -> list[str]:
    if target[0] == op.NAME:
        return [target[1]]
    if target[0] == op.LINE:
        return _target_names(target[2])
    if target[0] == op.STAR:
        return _target_names(target[1])
    if target[0] in (op.LIST, op.TUPLE):
        return [name for element in target[1] for name in _target_names(element)]
    return []


# Simple statements.


def _expr(machine: Machine, node: Node, scope: Scope) -> None:
    evaluate(machine, node[2], scope)


def _assign(machine: Machine, node: Node, scope: Scope) -> None:
    value = evaluate(machine, node[3], scope)
    for target in node[2]:
        bind_target(machine, target, value, scope)


def _aug(machine: Machine, node: Node, scope: Scope) -> None:
    target = node[2]
    current = evaluate(machine, target, scope)
    value = evaluate(machine, node[4], scope)
    if node[3] == "+" and isinstance(current, ListValue):
        extend_list(machine, current, value)
        bind_target(machine, target, current, scope)
        return
    if node[3] == "|" and isinstance(current, (DictValue, SetValue)) and isinstance(value, type(current)):
        current.update(value)
        current.unsure |= value.unsure or bool(machine.unsure)
        return
    bind_target(machine, target, operations.binary(machine, node[3], current, value), scope)


def extend_list(machine: Machine, target: ListValue, value: Value) -> None:
    """`target += value`, the search path included."""
    if target is machine.sys_path:
        from muster.execution.searchpath import extend

        extend(machine, value)
        return
    elements = machine.iterate(value)
    if elements is None:
        target.unsure = True
    else:
        target.extend(elements)
        target.unsure |= bool(machine.unsure)


def _ann(machine: Machine, node: Node, scope: Scope) -> None:
    target, annotation, value, simple = node[2:6]
    if value is not None:
        bind_target(machine, target, evaluate(machine, value, scope), scope)
    annotated: Value = UNKNOWN
    if annotation is not None and scope.kind is not ScopeKind.FUNCTION:
        annotated = evaluate(machine, annotation, scope)
    if simple and scope.kind is not ScopeKind.FUNCTION and target[0] == op.NAME:
        annotations = scope.names.get("__annotations__")
        if not isinstance(annotations, DictValue):
            annotations = scope.names["__annotations__"] = DictValue()
        annotations[target[1]] = annotated


def _delete(machine: Machine, node: Node, scope: Scope) -> None:
    for target in node[2]:
        _delete_target(machine, target, scope)


def _delete_target(machine: Machine, target: Node, scope: Scope) -> None:
    if target[0] == op.LINE:
        _delete_target(machine, target[2], scope)
    elif target[0] == op.NAME:
        if not scope.unbind(target[1]) and not scope.module.lenient and not machine.unsure:
            raise machine.error("NameError", f"name '{target[1]}' is not defined")
    elif target[0] in (op.LIST, op.TUPLE):
        for element in target[1]:
            _delete_target(machine, element, scope)
    elif target[0] == op.ATTR:
        owner = evaluate(machine, target[1], scope)
        names = getattr(owner, "namespace", None) or getattr(owner, "attributes", None)
        if isinstance(names, dict):
            names.pop(target[2], None)
    elif target[0] == op.INDEX:
        delete_item(machine, evaluate(machine, target[1], scope), evaluate(machine, target[2], scope))


def delete_item(machine: Machine, container: Value, key: Value) -> None:
    """`del container[key]`."""
    special = getattr(container, "simulated_delitem", None)
    if special is not None:
        special(machine, key)
    elif container is machine.sys_path:
        from muster.execution.searchpath import delete

        delete(machine, key)
    elif isinstance(container, DictValue):
        if key is UNKNOWN or (key not in container and container.unsure):
            container.unsure = True
        elif container.pop(key, MISSING) is MISSING and operations.is_constant(key):
            raise machine.error("KeyError", repr(key))
    elif isinstance(container, ListValue):
        if isinstance(key, (int, slice)) and not container.unsure:
            try:
                del container[key]
            except IndexError:
                raise machine.error("IndexError", "list assignment index out of range") from None
        else:
            container.unsure = True


def _import(machine: Machine, node: Node, scope: Scope) -> None:
    import_statement(machine, node, scope)


def _from(machine: Machine, node: Node, scope: Scope) -> None:
    import_from(machine, node, scope)


def _def(machine: Machine, node: Node, scope: Scope) -> None:
    name, params, annotations, flags, type_params = node[2][:5]
    function = FunctionValue(name, _qualname(scope, name), scope.module, scope.file, node[1], params)
    function.flags = flags
    decorators = [evaluate(machine, decorator, scope) for decorator in node[3]] if node[3] else ()
    if node[3] and node[3][0][0] == op.LINE:
        function.first_line = node[3][0][1]
    scope.line = node[1]
    function.defaults = expressions.evaluate_defaults(machine, params, scope)
    function.closure = scope.closure
    if annotations:
        inner = _annotation_scope(scope, type_params) if type_params else scope
        for annotation in annotations:
            evaluate(machine, annotation, inner)
        if inner is not scope:
            scope.line = node[1]
    value: Value = function
    if decorators:
        for decorator, place in zip(reversed(decorators), reversed(node[3]), strict=True):
            scope.line = place[1] if place[0] == op.LINE else node[1]
            value = apply_decorator(machine, decorator, value, _spelled(place))
        scope.line = node[1]
    scope.bind(name, value)


def _spelled(node: Node) -> str:
    """The dotted name that a decorator is written as, "" for anything else."""
    kind = node[0]
    if kind == op.LINE:
        return _spelled(node[2])
    if kind == op.CALL:
        return _spelled(node[1])
    if kind == op.NAME:
        return str(node[1])
    return f"{_spelled(node[1])}.{node[2]}" if kind == op.ATTR else ""


def _annotation_scope(scope: Scope, type_params: Sequence[str]) -> Scope:
    # PEP 695: type parameters live in a scope of their own, which sees a class body's names too.
    names = dict(scope.names) if scope.kind is ScopeKind.CLASS else {}
    inner = Scope(ScopeKind.FUNCTION, scope.module, names, scope.file, scope.closure)
    inner.names.update(dict.fromkeys(type_params, UNKNOWN))
    return inner


def _qualname(scope: Scope, name: str) -> str:
    if scope.kind is ScopeKind.CLASS and scope.cls is not None:
        return f"{scope.cls.qualname}.{name}"
    if scope.kind is ScopeKind.FUNCTION and scope.function is not None:
        return f"{scope.function.qualname}.<locals>.{name}"
    return name


def _class(machine: Machine, node: Node, scope: Scope) -> None:
    name, decorators, type_params = node[2], node[6], node[7]
    decorating = [evaluate(machine, decorator, scope) for decorator in decorators]
    scope.line = node[1]
    outer = _annotation_scope(scope, type_params) if type_params else scope
    outer.line = node[1]
    value = build_class(machine, node, outer, _qualname(scope, name))
    for decorator, place in zip(reversed(decorating), reversed(decorators), strict=True):
        scope.line = place[1] if place[0] == op.LINE else node[1]
        value = apply_decorator(machine, decorator, value, _spelled(place))
    scope.line = node[1]
    scope.bind(name, value)


def _return(machine: Machine, node: Node, scope: Scope) -> Signal:
    return Signal("return", None if node[2] is None else evaluate(machine, node[2], scope))


def _raise(machine: Machine, node: Node, scope: Scope) -> None:
    if node[2] is None:
        raise (
            machine.handling[-1]
            if machine.handling
            else machine.error("RuntimeError", "No active exception to reraise")
        )
    raise raise_value(machine, evaluate(machine, node[2], scope))


def _assert(machine: Machine, node: Node, scope: Scope) -> None:
    known = machine.truth(evaluate(machine, node[2], scope))
    if known is False:
        message = "" if node[3] is None else operations.text_of(evaluate(machine, node[3], scope))
        explanation = _explanation(machine, node[2], scope) if scope.file in machine.session_files else ""
        raised = machine.error("AssertionError", "\n".join(part for part in (message, explanation) if part))
        if explanation is None or message is None:
            raised.confidence = Confidence.LIKELY
        raise raised


def _explanation(machine: Machine, test: Node, scope: Scope) -> str | None:
    """What pytest's assertion rewriting says of a plain comparison or name; None for anything longer."""
    if test[0] == op.COMPARE and len(test[2]) == 1:
        sides = [_shown(machine, side, scope) for side in (test[1], test[3][0])]
        return None if None in sides else f"assert {sides[0]} {test[2][0]} {sides[1]}"
    shown = _shown(machine, test, scope)
    return None if shown is None else f"assert {shown}"


def _shown(machine: Machine, node: Node, scope: Scope) -> str | None:
    if node[0] == op.LINE:
        return _shown(machine, node[2], scope)
    if node[0] not in (op.NAME, op.CONST, op.TUPLE, op.LIST, op.DICT):
        return None
    return operations.repr_of(evaluate(machine, node, scope))


def _global(machine: Machine, node: Node, scope: Scope) -> None:
    scope.global_names |= frozenset(node[2])


def _nonlocal(machine: Machine, node: Node, scope: Scope) -> None:
    scope.nonlocal_names |= frozenset(node[2])


def _pass(machine: Machine, node: Node, scope: Scope) -> None:
    return None


def _break(machine: Machine, node: Node, scope: Scope) -> Signal:
    return BREAK


def _continue(machine: Machine, node: Node, scope: Scope) -> Signal:
    return CONTINUE


def _type(machine: Machine, node: Node, scope: Scope) -> None:
    scope.bind(node[2], OpaqueInstance(Opaque("typing.TypeAliasType", "class")))


# Compound statements.


def _if(machine: Machine, node: Node, scope: Scope) -> Signal | None:
    known = machine.truth(evaluate(machine, node[2], scope))
    if known is not None:
        return execute(machine, node[3] if known else node[4], scope)
    return run_branches(
        machine, scope, [lambda: execute(machine, node[3], scope), lambda: execute(machine, node[4], scope)]
    )


def run_branches(machine: Machine, scope: Scope, branches: Sequence[Callable[[], Signal | None]]) -> Signal | None:
    """Run each branch on a copy of the namespace and merge what they leave.

    A branch that raises is dropped; when all do, the first one's exception is raised, if that is definite.
    """
    before = dict(scope.names)
    results: list[tuple[dict[str, Value], Signal | None]] = []
    failures: list[Raised] = []
    for branch in branches:
        _restore(scope.names, before)
        machine.unsure += 1
        try:
            signal = branch()
        except Raised as raised:
            failures.append(raised)
            continue
        finally:
            machine.unsure -= 1
        results.append((dict(scope.names), signal))
    if not results:
        _restore(scope.names, before)
        raise failures[0]
    _restore(scope.names, _merge([names for names, _ in results]))
    return _merge_signals(machine, scope, [signal for _, signal in results])


def _restore(names: dict[str, Value], content: dict[str, Value]) -> None:
    names.clear()
    names.update(content)


def _merge(versions: list[dict[str, Value]]) -> dict[str, Value]:
    if len(versions) == 1:
        return versions[0]
    merged = dict(versions[0])
    differing: dict[str, None] = {}
    for names in versions[1:]:
        for name, value in names.items():
            # Most names mean the same on every side.
            if merged.setdefault(name, value) is not value:
                differing[name] = None
    for name in differing:
        merged[name] = _merge_values([each[name] for each in versions if name in each])
    return merged


def _merge_values(values: list[Value]) -> Value:
    first = values[0]
    if all(value is first for value in values[1:]):
        return first
    if all(isinstance(value, (FunctionValue, Native)) for value in values):
        return first
    if all(isinstance(value, operations.SCALARS) for value in values):
        return first if all(type(value) is type(first) and value == first for value in values) else UNKNOWN
    # A class or function on one side and a placeholder on the other: take the real one, leniently.
    real = [value for value in values if isinstance(value, (ClassValue, FunctionValue))]
    if len(real) == 1 and all(value is None or value is UNKNOWN or value in real for value in values):
        if isinstance(real[0], ClassValue):
            real[0].lenient = True
        return real[0]
    return UNKNOWN


def _merge_signals(machine: Machine, scope: Scope, signals: list[Signal | None]) -> Signal | None:
    if all(signal is None for signal in signals):
        return None
    if all(signal is not None for signal in signals):
        first = signals[0]
        assert first is not None
        if all(signal is not None and signal.kind == first.kind for signal in signals):
            if first.kind == "return":
                values = [signal.value for signal in signals if signal is not None]
                return Signal("return", _merge_values(values))
            return first
    _mark_doubtful(machine, scope, [signal for signal in signals if signal is not None])
    return None


def _mark_doubtful(machine: Machine, scope: Scope, signals: list[Signal]) -> None:
    """Some side left and another goes on: what follows, up to the end of the loop or function, may not run at all."""
    machine.unsure += 1
    for signal in signals:
        if signal.kind == "return":
            scope.maybe_returned = True
            scope.returned.append(signal.value)
        else:
            scope.maybe_looped = True
            scope.maybe_broke |= signal is BREAK


def _for(machine: Machine, node: Node, scope: Scope) -> Signal | None:
    _, _, target, iterable, body, orelse, is_async = node
    elements = None if is_async else machine.iterate(evaluate(machine, iterable, scope))
    if elements is None or len(elements) > LOOP_LIMIT:
        if is_async or elements is not None:
            evaluate(machine, iterable, scope) if is_async else None
        return _unknown_rounds(machine, scope, body, orelse, lambda: bind_target(machine, target, UNKNOWN, scope))
    for place, element in enumerate(elements, 1):
        bind_target(machine, target, element, scope)
        signal = _round(machine, body, scope)
        scope.line = node[1]
        if signal is MAYBE_BREAK:
            further = partial(_further_rounds, machine, target, elements[place:], body, scope)
            return run_branches(machine, scope, [lambda: None, further])
        if signal is BREAK:
            return None
        if signal is not None and signal is not CONTINUE:
            return signal
    return execute(machine, orelse, scope)


def _further_rounds(
    machine: Machine, target: Node, elements: Sequence[Value], body: Sequence[Node], scope: Scope
) -> Signal | None:
    """The rounds behind a `break` that may have been taken: what they change is possible, what they raise too.

    A search for a free name or port has thousands of them: behind the first ones any element stands for all others.
    """
    first = elements if len(elements) <= DOUBTFUL_ROUNDS else [*elements[:DOUBTFUL_ROUNDS], UNKNOWN]
    for element in first:
        bind_target(machine, target, element, scope)
        signal = _round(machine, body, scope)
        if signal is BREAK:
            return None
        if signal is not None and signal not in (CONTINUE, MAYBE_BREAK):
            return signal
    return None


def _round(machine: Machine, body: Sequence[Node], scope: Scope) -> Signal | None:
    """One round of a loop. `MAYBE_BREAK`: it may have been the last, nothing definite can be said of further ones."""
    outer = (scope.maybe_looped, scope.maybe_broke, machine.unsure)
    scope.maybe_looped = scope.maybe_broke = False
    depth = len(machine.scopes)
    try:
        signal = execute(machine, body, scope)
    except Raised:
        # Behind a `continue` that may have been taken nothing that is raised is definite.
        if not scope.maybe_looped:
            raise
        del machine.scopes[depth:]
        signal = None
    broke = scope.maybe_broke
    scope.maybe_looped, scope.maybe_broke = outer[0], outer[1]
    if not scope.maybe_returned:
        machine.unsure = outer[2]
    return MAYBE_BREAK if broke and signal is None else signal


def _unknown_rounds(
    machine: Machine, scope: Scope, body: Sequence[Node], orelse: Sequence[Node], start: Callable[[], None]
) -> Signal | None:
    def one_round() -> Signal | None:
        start()
        signal = _round(machine, body, scope)
        return None if signal in (BREAK, CONTINUE, MAYBE_BREAK) else signal

    signal = run_branches(machine, scope, [lambda: None, one_round])
    if signal is not None:
        return signal
    return run_branches(machine, scope, [lambda: execute(machine, orelse, scope), lambda: None]) if orelse else None


def _while(machine: Machine, node: Node, scope: Scope) -> Signal | None:
    _, line, test, body, orelse = node
    for _ in range(LOOP_LIMIT):
        known = machine.truth(evaluate(machine, test, scope))
        if known is False:
            return execute(machine, orelse, scope)
        if known is None:
            return _unknown_rounds(machine, scope, body, orelse, lambda: None)
        signal = _round(machine, body, scope)
        scope.line = line
        if signal is MAYBE_BREAK:
            return _unknown_rounds(machine, scope, body, (), lambda: None)
        if signal is BREAK:
            return None
        if signal is not None and signal is not CONTINUE:
            return signal
    raise ExhaustedError


def _try(machine: Machine, node: Node, scope: Scope) -> Signal | None:
    body, handlers, orelse, final = node[2:6]
    try:
        signal = _run_guarded(machine, body, handlers, orelse, scope)
    except Raised:
        if final:
            line = scope.line
            ended = execute(machine, final, scope)
            if ended is not None:
                return ended
            scope.line = line
        raise
    if final:
        ended = execute(machine, final, scope)
        if ended is not None:
            return ended
    return signal


def _run_guarded(
    machine: Machine, body: Sequence[Node], handlers: Sequence[Any], orelse: Sequence[Node], scope: Scope
) -> Signal | None:
    calls_before, unknown_before = machine.opaque_calls, machine.unknown_calls
    depth = len(machine.scopes)
    try:
        signal = _execute_strictly(machine, body, scope)
    except Raised as raised:
        del machine.scopes[depth:]
        if _is_own(raised) and (machine.opaque_calls, machine.unknown_calls) != (calls_before, unknown_before):
            # "It should have failed": one of the calls in front of the `raise` most likely did, and a handler waits for it.
            met = [partial(_handle, machine, raised, handlers, scope)]
            return run_branches(machine, scope, [*met, *(_as_branch(machine, handler, scope) for handler in handlers)])
        return _handle(machine, raised, handlers, scope)
    if signal is None and orelse:
        signal = execute(machine, orelse, scope)
    risky = machine.opaque_calls != calls_before and [each for each in handlers if _is_broad(each)]
    if risky and signal is None:
        return run_branches(machine, scope, [lambda: None, *(_as_branch(machine, handler, scope) for handler in risky)])
    return signal


def _is_own(raised: Raised) -> bool:
    """Whether a `raise` or `assert` of this very block raised, not something that it called."""
    is_explicit = isinstance(raised.detail, OtherFailure) and raised.detail.kind == "raise"
    return not raised.frames and (is_explicit or raised.type_name == "AssertionError")


def _is_broad(handler: Any) -> bool:
    """Whether a handler would catch what an installed function may raise (a mere `except ImportError` would not)."""
    expected = handler[1]
    while expected is not None and expected[0] == op.LINE:
        expected = expected[2]
    return expected is None or (expected[0] == op.NAME and expected[1] in ("Exception", "BaseException"))


def _as_branch(machine: Machine, handler: Any, scope: Scope) -> Callable[[], Signal | None]:
    def run() -> Signal | None:
        if handler[2]:
            scope.bind(handler[2], UNKNOWN)
        return execute(machine, handler[3], scope)

    return run


def _handle(machine: Machine, raised: Raised, handlers: Sequence[Any], scope: Scope) -> Signal | None:
    for handler in handlers:
        line, expected, name, body = handler
        if expected is None:
            caught: bool | None = True
        else:
            scope.line = line
            caught = matches(raised, evaluate(machine, expected, scope))
        if caught is False:
            continue
        if name:
            scope.bind(name, raised.value if raised.value is not None else UNKNOWN)
        return _run_handler(machine, raised, body, scope, name, sure=caught is True)
    raise raised


def _run_handler(
    machine: Machine, raised: Raised, body: Sequence[Node], scope: Scope, name: str | None, *, sure: bool
) -> Signal | None:
    machine.handling.append(raised)
    try:
        signal = execute(machine, body, scope)
    except Raised as second:
        if second is not raised and second.cause is None:
            second.cause = raised
        if not sure:
            second.confidence = Confidence.UNDECIDED
        raise
    finally:
        machine.handling.pop()
    if name:
        scope.unbind(name)
    return signal


def _with(machine: Machine, node: Node, scope: Scope) -> Signal | None:
    managers: list[Value] = []
    for manager_node, target in node[2]:
        manager = evaluate(machine, manager_node, scope)
        managers.append(manager)
        entered = _enter(machine, manager)
        if target is not None:
            bind_target(machine, target, entered, scope)
    depth = len(machine.scopes)
    filters = list(machine.filters)
    is_done = False
    try:
        signal = _execute_strictly(machine, node[3], scope)
        is_done = True
    except Raised as raised:
        if any(_swallows(machine, manager, raised) for manager in reversed(managers)):
            del machine.scopes[depth:]
            return None
        raise
    finally:
        if any(_is_catch_warnings(manager) for manager in managers):
            machine.filters[:] = filters
        for manager in reversed(managers):
            _leave(machine, manager, is_done)
    return signal


def _leave(machine: Machine, manager: Value, is_done: bool) -> None:
    """`__exit__`, where the body came to its end; what a patch changed is taken back in any case."""
    special = getattr(manager, "simulated_exit", None)
    if special is not None:
        special(machine)
    elif is_done and isinstance(manager, InstanceValue):
        method = machine.get_attribute(manager, "__exit__")
        if isinstance(method, BoundMethod):
            machine.call(method, (None, None, None), {})


def _is_catch_warnings(manager: Value) -> bool:
    return isinstance(manager, OpaqueInstance) and manager.cls.dotted == "warnings.catch_warnings"


def _enter(machine: Machine, manager: Value) -> Value:
    special = getattr(manager, "simulated_enter", None)
    if special is not None:
        return special(machine)
    if isinstance(manager, InstanceValue):
        method = machine.get_attribute(manager, "__enter__")
        if method is MISSING and "__enter__" not in manager.attributes:
            raise _no_context_manager(machine, manager.cls.name)
        if isinstance(method, BoundMethod):
            return machine.call(method, (), {})
    elif isinstance(manager, OpaqueInstance):
        method = machine.get_attribute(manager, "__enter__")
        return machine.call(method, (), {}) if isinstance(method, BoundMethod) else UNKNOWN
    elif isinstance(manager, operations.SCALARS):
        raise _no_context_manager(machine, operations.type_name_of(manager) or "")
    return UNKNOWN


def _no_context_manager(machine: Machine, kind: str) -> Raised:
    if machine.version < (3, 11, 0):
        return machine.error("AttributeError", "__enter__")
    return machine.error("TypeError", f"'{kind}' object does not support the context manager protocol")


def _swallows(machine: Machine, manager: Value, raised: Raised) -> bool:
    if isinstance(manager, OpaqueInstance) and manager.cls.dotted in ("contextlib.suppress", "pytest.raises"):
        return any(matches(raised, expected) is not False for expected in manager.args)
    if isinstance(manager, InstanceValue):
        method = manager.cls.lookup("__exit__")
        if isinstance(method, FunctionValue):
            machine.unsure += 1
            try:
                return machine.truth(machine.call(method, (manager, UNKNOWN, UNKNOWN, UNKNOWN), {})) is not False
            except Raised:
                return True
            finally:
                machine.unsure -= 1
    return manager is UNKNOWN


def _match(machine: Machine, node: Node, scope: Scope) -> Signal | None:
    subject = evaluate(machine, node[2], scope)
    branches: list[Callable[[], Signal | None]] = []
    for pattern, guard, body in node[3]:
        bindings: dict[str, Value] = {}
        answer = match_pattern(machine, pattern, subject, scope, bindings)
        if answer is False:
            continue
        if answer is True and guard is None and not branches:
            for name, value in bindings.items():
                scope.bind(name, value)
            return execute(machine, body, scope)
        branches.append(_case_branch(machine, scope, bindings, body))
        if answer is True and guard is None:
            return run_branches(machine, scope, branches)
    return run_branches(machine, scope, [*branches, lambda: None]) if branches else None


def _case_branch(
    machine: Machine, scope: Scope, bindings: dict[str, Value], body: Sequence[Node]
) -> Callable[[], Signal | None]:
    def run() -> Signal | None:
        for name, value in bindings.items():
            scope.bind(name, value)
        return execute(machine, body, scope)

    return run


def run_scope(machine: Machine, block: Sequence[Node], scope: Scope) -> Signal | None:
    """Run a whole body in a scope of its own, which stands in the traceback of what it raises."""
    machine.scopes.append(scope)
    depth = len(machine.scopes)
    try:
        return execute(machine, block, scope)
    except Raised as raised:
        raised.frames.append(Frame(scope.file, scope.line))
        raise
    finally:
        del machine.scopes[depth - 1 :]


_EXECUTORS: list[Callable[[Machine, Node, Scope], Signal | None]] = [
    _expr, _assign, _aug, _ann, _delete, _import, _from, _if, _for, _while, _try, _with, _def, _class, _return, _raise,
    _assert, _global, _nonlocal, _pass, _break, _continue, _match, _type,
]  # fmt: skip
