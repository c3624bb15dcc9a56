"""The value of an expression of the IR (grammar: `muster.facts.opcodes`)."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable, Sequence
from typing import Any

from muster.execution import operations
from muster.execution.machine import LOOP_LIMIT, Machine
from muster.execution.raised import Raised
from muster.execution.scope import Scope, ScopeKind
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    DictValue,
    FunctionValue,
    InstanceValue,
    IteratorValue,
    ListValue,
    ModuleValue,
    Native,
    SetValue,
    TupleValue,
    Value,
)
from muster.facts import opcodes as op
from muster.model.collection import UndefinedName

Node = Sequence[Any]


def evaluate(machine: Machine, node: Node, scope: Scope) -> Value:
    """The value of `node`; raises `Raised` for a definite exception."""
    return _EVALUATORS[node[0]](machine, node, scope)


def load_name(machine: Machine, name: str, scope: Scope) -> Value:
    """What `name` is bound to here; raises `NameError` (or `UnboundLocalError`) where it definitely is not."""
    value = find_name(machine, name, scope)
    if value is not MISSING:
        return value
    raise _name_error(machine, name, scope)


def find_name(machine: Machine, name: str, scope: Scope) -> Value:
    """What `name` is bound to here, `MISSING` where it definitely is not bound."""
    if scope.kind is not ScopeKind.MODULE and name not in scope.global_names:
        value = _find_enclosed(machine, name, scope)
        if value is not MISSING:
            return value
            if name in scope.local_names and scope.kind is ScopeKind.FUNCTION:
                return MISSING
    value = scope.module.namespace.get(name, MISSING)
    if value is not MISSING:
        return value
    value = machine.builtin(name)
    if value is not MISSING:
        return value
    return UNKNOWN if scope.module.lenient else MISSING


def _find_enclosed(machine: Machine, name: str, scope: Scope) -> Value:
    value = scope.names.get(name, MISSING)
    if value is not MISSING:
        return value
    if name in scope.local_names and scope.kind is ScopeKind.FUNCTION:
        return MISSING
    enclosing = scope.parent
    while enclosing is not None:
        value = enclosing.names.get(name, MISSING)
        if value is not MISSING:
            return value
        if name in enclosing.local_names:
            # A cell that may be filled before the function runs in reality.
            return UNKNOWN
        enclosing = enclosing.parent
    return MISSING


def _name_error(machine: Machine, name: str, scope: Scope) -> Raised:
    if name in scope.local_names and scope.kind is ScopeKind.FUNCTION and name not in scope.global_names:
        if scope.maybe_returned:
            raise _MaybeUnboundError
        if machine.version >= (3, 11, 0):
            message = f"cannot access local variable '{name}' where it is not associated with a value"
        else:
            message = f"local variable '{name}' referenced before assignment"
        return machine.error("UnboundLocalError", message, UndefinedName(name))
    return machine.error("NameError", f"name '{name}' is not defined", UndefinedName(name))


class _MaybeUnboundError(Exception):
    """A local that a skipped branch would have bound."""


def _const(machine: Machine, node: Node, scope: Scope) -> Value:
    return node[1]


def _special(machine: Machine, node: Node, scope: Scope) -> Value:
    _, kind, text = node
    if kind == "ellipsis":
        return ...
    if kind == "complex":
        return complex(text)
    if kind == "bigint":
        return int(text, 0)
    if kind == "str":
        return literal_eval(text)
    return UNKNOWN


def _name(machine: Machine, node: Node, scope: Scope) -> Value:
    name = node[1]
    value = scope.names.get(name, MISSING)
    if value is not MISSING and name not in scope.global_names:
        return value
    try:
        return load_name(machine, name, scope)
    except _MaybeUnboundError:
        return UNKNOWN


def _attr(machine: Machine, node: Node, scope: Scope) -> Value:
    return machine.load_attribute(evaluate(machine, node[1], scope), node[2])


def _call(machine: Machine, node: Node, scope: Scope) -> Value:
    callee = node[1]
    function = _EVALUATORS[callee[0]](machine, callee, scope)
    args, args_sure = _arguments(machine, node[2], scope)
    kwargs, kwargs_sure = _keywords(machine, node[3], scope) if node[3] else ({}, True)
    if type(function) is Native and function.dotted in _NEEDS_SCOPE:
        return _NEEDS_SCOPE[function.dotted](machine, scope, args)
    if not (args_sure and kwargs_sure):
        return call_unsure(machine, function, args, kwargs)
    return machine.call(function, args, kwargs)


def call_unsure(machine: Machine, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """A call whose arguments were spread from something unknown: only natives that can bear it are run."""
    from muster.execution.calls import call_with_unknown_arguments

    return call_with_unknown_arguments(machine, function, args, kwargs)


def _arguments(machine: Machine, nodes: Sequence[Node], scope: Scope) -> tuple[tuple[Value, ...], bool]:
    values: list[Value] = []
    sure = True
    for node in nodes:
        kind = node[0]
        if kind == op.CONST:
            values.append(node[1])
        elif kind == op.STAR:
            spread = machine.iterate(evaluate(machine, node[1], scope))
            if spread is None:
                sure = False
            else:
                values.extend(spread)
        else:
            values.append(_EVALUATORS[kind](machine, node, scope))
    return tuple(values), sure


def _keywords(machine: Machine, pairs: Sequence[Any], scope: Scope) -> tuple[dict[str, Value], bool]:
    values: dict[str, Value] = {}
    sure = True
    for name, node in pairs:
        value = evaluate(machine, node, scope)
        if name is not None:
            values[name] = value
        elif isinstance(value, DictValue) and not value.unsure and all(isinstance(key, str) for key in value):
            values.update(value)
        else:
            sure = False
    return values, sure


def _index(machine: Machine, node: Node, scope: Scope) -> Value:
    container = evaluate(machine, node[1], scope)
    return operations.index(machine, container, evaluate(machine, node[2], scope))


def _slice(machine: Machine, node: Node, scope: Scope) -> Value:
    parts = [None if part is None else evaluate(machine, part, scope) for part in node[1:4]]
    if any(part is not None and not isinstance(part, int) for part in parts):
        return UNKNOWN
    return slice(*parts)


def _binary(machine: Machine, node: Node, scope: Scope) -> Value:
    left = evaluate(machine, node[2], scope)
    return operations.binary(machine, node[1], left, evaluate(machine, node[3], scope))


def _unary(machine: Machine, node: Node, scope: Scope) -> Value:
    return operations.unary(machine, node[1], evaluate(machine, node[2], scope))


def _bool(machine: Machine, node: Node, scope: Scope) -> Value:
    stops_at = node[1] == "or"
    value: Value = UNKNOWN
    unknown = False
    for operand in node[2]:
        if unknown:
            # Python might not get here: what it raises is not definite.
            _maybe(machine, operand, scope)
            continue
        value = evaluate(machine, operand, scope)
        known = machine.truth(value)
        if known is None:
            unknown = operand is not node[2][-1]
        elif known is stops_at:
            return value
    return UNKNOWN if unknown else value


def _maybe(machine: Machine, node: Node, scope: Scope) -> Value:
    machine.unsure += 1
    try:
        return evaluate(machine, node, scope)
    except Raised:
        return MISSING
    finally:
        machine.unsure -= 1


def _compare(machine: Machine, node: Node, scope: Scope) -> Value:
    left = evaluate(machine, node[1], scope)
    result: Value = True
    for operator, operand in zip(node[2], node[3], strict=True):
        right = evaluate(machine, operand, scope)
        answer = operations.compare(machine, operator, left, right)
        if answer is False:
            return False
        if answer is not True:
            result = UNKNOWN
        left = right
    return result


def _ifexp(machine: Machine, node: Node, scope: Scope) -> Value:
    known = machine.truth(evaluate(machine, node[1], scope))
    if known is not None:
        return evaluate(machine, node[2] if known else node[3], scope)
    values = [
        value for value in (_maybe(machine, node[2], scope), _maybe(machine, node[3], scope)) if value is not MISSING
    ]
    return values[0] if len(values) == 1 or (values and values[0] is values[1]) else UNKNOWN


def _lambda(machine: Machine, node: Node, scope: Scope) -> Value:
    function = FunctionValue("<lambda>", "<lambda>", scope.module, scope.file, scope.line, node[1])
    function.defaults = evaluate_defaults(machine, node[1], scope)
    function.closure = scope.closure
    function.body = node[2]
    return function


def evaluate_defaults(machine: Machine, params: Node, scope: Scope) -> dict[str, Value]:
    """The default values of a function's parameters by name, evaluated when the `def` runs."""
    defaults: dict[str, Value] = {}
    for group in (params[0], params[1], params[3]):
        for name, default in group:
            if default is not None:
                defaults[name] = evaluate(machine, default, scope)
    return defaults


def _elements(machine: Machine, nodes: Sequence[Node], scope: Scope) -> tuple[list[Value], bool]:
    values, sure = _arguments(machine, nodes, scope)
    return list(values), sure


def _list(machine: Machine, node: Node, scope: Scope) -> Value:
    values, sure = _elements(machine, node[1], scope)
    return ListValue(values, not sure)


def _tuple(machine: Machine, node: Node, scope: Scope) -> Value:
    values, sure = _elements(machine, node[1], scope)
    return TupleValue(values) if sure else UNKNOWN


def _set(machine: Machine, node: Node, scope: Scope) -> Value:
    values, sure = _elements(machine, node[1], scope)
    return make_set(machine, values, not sure)


def make_set(machine: Machine, values: Sequence[Value], unsure: bool = False, frozen: bool = False) -> SetValue:
    """A set of `values`; unknown and unhashable ones only make it unsure."""
    result = SetValue((), unsure, frozen)
    for value in values:
        if value is UNKNOWN or isinstance(value, (ListValue, DictValue, SetValue)):
            result.unsure = True
        else:
            result.add(value)
    return result


def _dict(machine: Machine, node: Node, scope: Scope) -> Value:
    result = DictValue()
    for key_node, value_node in node[1]:
        if key_node is None:
            merged = evaluate(machine, value_node, scope)
            if isinstance(merged, DictValue):
                result.update(merged)
                result.unsure |= merged.unsure
            else:
                result.unsure = True
            continue
        key = evaluate(machine, key_node, scope)
        put_item(result, key, evaluate(machine, value_node, scope))
    return result


def put_item(container: DictValue, key: Value, value: Value) -> None:
    """`container[key] = value`; a key that is not known or not hashable only makes the dict unsure."""
    if key is UNKNOWN or isinstance(key, (ListValue, DictValue, SetValue)):
        container.unsure = True
        return
    try:
        container[key] = value
    except TypeError:
        container.unsure = True


def _comprehension(machine: Machine, clauses: Sequence[Any], scope: Scope, produce: Callable[[Scope], None]) -> bool:
    """Run `produce` in the innermost scope for each round; false where the rounds are not known."""
    inner = Scope(ScopeKind.FUNCTION, scope.module, {}, scope.file, scope.closure)
    inner.is_comprehension = True
    inner.line = scope.line
    return _clause(machine, clauses, 0, inner, produce, first=scope)


def _clause(
    machine: Machine, clauses: Sequence[Any], depth: int, scope: Scope, produce: Callable[[Scope], None], first: Scope
) -> bool:
    if depth == len(clauses):
        produce(scope)
        return True
    target, iterable, conditions, is_async = clauses[depth]
    source = evaluate(machine, iterable, first if depth == 0 else scope)
    elements = None if is_async else machine.iterate(source)
    if elements is None or len(elements) > LOOP_LIMIT:
        return _unknown_round(machine, clauses, depth, scope, produce, first)
    sure = True
    for element in elements:
        bind_target(machine, target, element, scope)
        kept = _conditions(machine, conditions, scope)
        if kept is None:
            sure = False
            _in_doubt(machine, lambda: _clause(machine, clauses, depth + 1, scope, produce, first))
        elif kept:
            sure &= _clause(machine, clauses, depth + 1, scope, produce, first)
    return sure


def _unknown_round(
    machine: Machine, clauses: Sequence[Any], depth: int, scope: Scope, produce: Callable[[Scope], None], first: Scope
) -> bool:
    target, _, conditions, _ = clauses[depth]

    def one_round() -> None:
        bind_target(machine, target, UNKNOWN, scope)
        if _conditions(machine, conditions, scope) is not False:
            _clause(machine, clauses, depth + 1, scope, produce, first)

    _in_doubt(machine, one_round)
    return False


def _in_doubt(machine: Machine, action: Callable[[], Any]) -> None:
    machine.unsure += 1
    try:
        action()
    except Raised:
        pass
    finally:
        machine.unsure -= 1


def _conditions(machine: Machine, conditions: Sequence[Node], scope: Scope) -> bool | None:
    result: bool | None = True
    for condition in conditions:
        known = machine.truth(evaluate(machine, condition, scope))
        if known is False:
            return False
        if known is None:
            result = None
    return result


def _listcomp(machine: Machine, node: Node, scope: Scope) -> Value:
    result = ListValue()
    sure = _comprehension(machine, node[2], scope, lambda inner: result.append(evaluate(machine, node[1], inner)))
    result.unsure = not sure
    return result


def _setcomp(machine: Machine, node: Node, scope: Scope) -> Value:
    values: list[Value] = []
    sure = _comprehension(machine, node[2], scope, lambda inner: values.append(evaluate(machine, node[1], inner)))
    return make_set(machine, values, not sure)


def _genexp(machine: Machine, node: Node, scope: Scope) -> Value:
    # A generator runs later, and maybe never: nothing that it raises is definite, but its outermost iterable is evaluated now.
    values: list[Value] = []
    first = node[2][0]
    evaluate(machine, first[1], scope) if first[1][0] in (op.NAME, op.ATTR) else None
    try:
        sure = _comprehension(machine, node[2], scope, lambda inner: values.append(evaluate(machine, node[1], inner)))
    except Raised:
        return IteratorValue(None, "generator")
    return IteratorValue(values if sure else None, "generator")


def _dictcomp(machine: Machine, node: Node, scope: Scope) -> Value:
    result = DictValue()

    def produce(inner: Scope) -> None:
        key = evaluate(machine, node[1], inner)
        put_item(result, key, evaluate(machine, node[2], inner))

    sure = _comprehension(machine, node[3], scope, produce)
    result.unsure |= not sure
    return result


def _fstring(machine: Machine, node: Node, scope: Scope) -> Value:
    parts: list[str] = []
    known = True
    for part in node[1]:
        if isinstance(part, str):
            parts.append(part)
            continue
        text = _formatted(machine, part, scope)
        known &= text is not None
        parts.append(text or "")
    return "".join(parts) if known else UNKNOWN


def _formatted(machine: Machine, part: Node, scope: Scope) -> str | None:
    value = evaluate(machine, part[0], scope)
    spec = ""
    if len(part) > 2 and part[2] is not None:
        evaluated = _fstring(machine, (op.FSTRING, part[2]), scope)
        if not isinstance(evaluated, str):
            return None
        spec = evaluated
    if part[1] == "r":
        text = operations.repr_of(value)
    elif part[1] in ("s", "a"):
        text = operations.text_of(value)
    elif isinstance(value, (bool, int, float, complex)) and spec:
        try:
            return format(value, spec)
        except (ValueError, TypeError):
            return None
    else:
        text = operations.text_of(value)
    if text is None or not spec:
        return text
    try:
        return format(text, spec)
    except (ValueError, TypeError):
        return None


def _walrus(machine: Machine, node: Node, scope: Scope) -> Value:
    value = evaluate(machine, node[2], scope)
    scope.bind(node[1], value)
    return value


def _await(machine: Machine, node: Node, scope: Scope) -> Value:
    evaluate(machine, node[1], scope)
    return UNKNOWN


def _yield(machine: Machine, node: Node, scope: Scope) -> Value:
    if node[1] is not None:
        evaluate(machine, node[1], scope)
    return UNKNOWN


def _star(machine: Machine, node: Node, scope: Scope) -> Value:
    return evaluate(machine, node[1], scope)


def _line(machine: Machine, node: Node, scope: Scope) -> Value:
    outer = scope.line
    scope.line = node[1]
    value = evaluate(machine, node[2], scope)
    # Left as it is when an exception passes: that is the line that the traceback shows.
    scope.line = outer
    return value


def _opaque(machine: Machine, node: Node, scope: Scope) -> Value:
    for operand in node[1]:
        evaluate(machine, operand, scope)
    return UNKNOWN


def bind_target(machine: Machine, target: Node, value: Value, scope: Scope) -> None:
    """Assign `value` to a target: a name, an attribute, an item, or a sequence of targets."""
    kind = target[0]
    if kind == op.NAME:
        scope.bind(target[1], value)
    elif kind == op.LINE:
        bind_target(machine, target[2], value, scope)
    elif kind == op.ATTR:
        machine.set_attribute(evaluate(machine, target[1], scope), target[2], value)
    elif kind == op.INDEX:
        container = evaluate(machine, target[1], scope)
        set_item(machine, container, evaluate(machine, target[2], scope), value)
    elif kind == op.STAR:
        bind_target(machine, target[1], value, scope)
    else:
        _unpack(machine, target[1], value, scope)


def set_item(machine: Machine, container: Value, key: Value, value: Value) -> None:
    """`container[key] = value`."""
    special = getattr(container, "simulated_setitem", None)
    if special is not None:
        special(machine, key, value)
    elif isinstance(container, DictValue):
        if machine.trace is not None and container is machine.environ and isinstance(key, str):
            machine.trace.written[machine.running_file].add(key)
        put_item(container, key, value)
        container.unsure |= bool(machine.unsure)
    elif isinstance(container, ListValue):
        _set_list_item(machine, container, key, value)


def _set_list_item(machine: Machine, container: ListValue, key: Value, value: Value) -> None:
    if container is machine.sys_path:
        from muster.execution.searchpath import assign_slice

        assign_slice(machine, key, value)
    elif isinstance(key, int) and -len(container) <= key < len(container):
        container[key] = value
        container.unsure |= bool(machine.unsure)
    elif isinstance(key, slice) and (elements := machine.iterate(value)) is not None:
        container[key] = elements
        container.unsure |= bool(machine.unsure)
    else:
        container.unsure = True


def _unpack(machine: Machine, targets: Sequence[Node], value: Value, scope: Scope) -> None:
    elements = machine.iterate(value)
    plain = [target[2] if target[0] == op.LINE else target for target in targets]
    starred = next((place for place, target in enumerate(plain) if target[0] == op.STAR), None)
    if elements is None:
        for target in plain:
            bind_target(machine, target, ListValue((), True) if target[0] == op.STAR else UNKNOWN, scope)
        return
    if starred is None:
        _check_unpacking(machine, value, len(elements), len(plain), exact=True)
        for target, element in zip(plain, elements, strict=True):
            bind_target(machine, target, element, scope)
        return
    behind = len(plain) - starred - 1
    _check_unpacking(machine, value, len(elements), len(plain) - 1, exact=False)
    for target, element in zip(plain[:starred], elements, strict=False):
        bind_target(machine, target, element, scope)
    bind_target(machine, plain[starred], ListValue(elements[starred : len(elements) - behind]), scope)
    for target, element in zip(plain[starred + 1 :], elements[len(elements) - behind :], strict=True):
        bind_target(machine, target, element, scope)


def _check_unpacking(machine: Machine, value: Value, got: int, expected: int, *, exact: bool) -> None:
    if got < expected:
        wanted = f"expected {expected}" if exact else f"expected at least {expected}"
        raise machine.error("ValueError", f"not enough values to unpack ({wanted}, got {got})")
    if exact and got > expected:
        raise machine.error("ValueError", f"too many values to unpack (expected {expected})")


def _super_here(machine: Machine, scope: Scope, args: tuple[Value, ...]) -> Value:
    from muster.execution.values import SuperValue

    if args:
        is_plain = (
            len(args) == 2 and isinstance(args[0], ClassValue) and isinstance(args[1], (ClassValue, InstanceValue))
        )
        return SuperValue(args[0], args[1]) if is_plain else UNKNOWN
    if scope.function is None or scope.function.cls is None or scope.receiver is MISSING:
        return UNKNOWN
    return SuperValue(scope.function.cls, scope.receiver)


def _globals_here(machine: Machine, scope: Scope, args: tuple[Value, ...]) -> Value:
    from muster.execution.namespaces import NamespaceValue

    return NamespaceValue(scope.module)


def _locals_here(machine: Machine, scope: Scope, args: tuple[Value, ...]) -> Value:
    from muster.execution.namespaces import NamespaceValue

    if scope.kind is ScopeKind.MODULE:
        return NamespaceValue(scope.module)
    if scope.kind is ScopeKind.CLASS:
        # Writing `locals()[...]` in a class body fills the class namespace.
        scope.names.setdefault("__muster_lenient__", True)
    return DictValue(scope.names, True)


def _exec_here(machine: Machine, scope: Scope, args: tuple[Value, ...]) -> Value:
    # `exec` may bind anything in the namespace that it is given; without one, here.
    from muster.execution.namespaces import NamespaceValue

    for target in args[1:]:
        if isinstance(target, DictValue):
            target.unsure = True
        elif isinstance(target, NamespaceValue):
            _fill(target.module, args[0], scope)
    if len(args) < 2:
        _fill(scope.module, args[0] if args else UNKNOWN, scope)
    return None


def _fill(module: ModuleValue, code: Value, scope: Scope) -> None:
    """Note that `code` binds what it likes in the namespace of `module`."""
    module.lenient = True
    if not isinstance(code, str):
        module.executed_at = scope.line


def _eval_here(machine: Machine, scope: Scope, args: tuple[Value, ...]) -> Value:
    # An expression binds nothing here, but compiled statements may be handed over, with dictionaries to fill.
    for target in args[1:]:
        if isinstance(target, DictValue):
            target.unsure = True
    return UNKNOWN


_NEEDS_SCOPE: dict[str, Callable[[Machine, Scope, tuple[Value, ...]], Value]] = {
    "super": _super_here,
    "globals": _globals_here,
    "locals": _locals_here,
    "vars": lambda machine, scope, args: UNKNOWN if args else _locals_here(machine, scope, args),
    "exec": _exec_here,
    "eval": _eval_here,
}

_EVALUATORS: list[Callable[[Machine, Node, Scope], Value]] = [
    _const, _special, _name, _attr, _call, _index, _slice, _binary, _unary, _bool, _compare, _ifexp, _lambda, _list, _tuple,
    _set, _dict, _listcomp, _setcomp, _genexp, _dictcomp, _fstring, _walrus, _await, _yield, _await, _star, _line, _opaque,
]  # fmt: skip
