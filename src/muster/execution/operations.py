"""Operators, truth, iteration, subscription and text of simulated values.

Constants are computed by the host, within limits of size; everything that is not known gives `UNKNOWN`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from muster.execution.machine import Machine
from muster.execution.trace import ImportTrace
from muster.execution.values import (
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
    ParameterSetValue,
    PartialValue,
    SetValue,
    TupleValue,
    Value,
)

SIZE_LIMIT = 200_000
"""Elements or characters beyond which a computed constant is not kept."""

SCALARS = (str, int, float, complex, bytes, bool, type(None), type(...))
CONSTANTS = (*SCALARS, PurePosixPath, range, slice)
_TRUE_AS_HERE = (*SCALARS, tuple, range)
_CALLABLES = (FunctionValue, ClassValue, Native, BoundMethod, PartialValue)
_ALWAYS_TRUE = (*_CALLABLES, ModuleValue, PurePosixPath, FixtureValue, Mark, ExceptionInstance)

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "|": operator.or_,
    "&": operator.and_, "^": operator.xor, "@": operator.matmul,
}  # fmt: skip
_DUNDERS = {
    "+": "__add__", "-": "__sub__", "*": "__mul__", "/": "__truediv__", "//": "__floordiv__", "%": "__mod__",
    "**": "__pow__", "<<": "__lshift__", ">>": "__rshift__", "|": "__or__", "&": "__and__", "^": "__xor__", "@": "__matmul__",
}  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def is_constant(value: Value) -> bool:
    """Whether `value` is a scalar or path, or a sure container of constants only: the host may compute with it."""
    if isinstance(value, CONSTANTS):
        return True
    if isinstance(value, (ListValue, SetValue)):
        return not value.unsure and all(is_constant(element) for element in value)
    if isinstance(value, DictValue):
        return not value.unsure and all(is_constant(key) and is_constant(element) for key, element in value.items())
    return isinstance(value, tuple) and all(is_constant(element) for element in value)


def wrap(value: Any) -> Value:
    """A host constant as a simulated value (containers become the simulation's own)."""
    if isinstance(value, (ListValue, DictValue, SetValue, TupleValue)):
        return value
    if isinstance(value, list):
        return ListValue(wrap(element) for element in value)
    if isinstance(value, tuple):
        return TupleValue(wrap(element) for element in value)
    if isinstance(value, dict):
        return DictValue((wrap(key), wrap(element)) for key, element in value.items())
    if isinstance(value, (set, frozenset)):
        return SetValue((wrap(element) for element in value), frozen=isinstance(value, frozenset))
    if isinstance(value, CONSTANTS):
        return value
    return UNKNOWN


def is_truth(machine: Machine, value: Value) -> bool | None:
    """`bool(value)`, or None where it is not known."""
    if value is True or value is False:
        return value
    if value is UNKNOWN:
        return None
    if isinstance(value, (ListValue, DictValue, SetValue)):
        return True if value and not value.unsure else (None if value.unsure else False)
    if isinstance(value, _TRUE_AS_HERE):
        return bool(value)
    if isinstance(value, _ALWAYS_TRUE):
        return True
    if isinstance(value, Opaque):
        return True if value.kind in ("class", "function", "module") else None
    if isinstance(value, InstanceValue):
        known = value.cls.is_known and not value.cls.opaque_bases
        has_rule = any(value.cls.lookup(name) is not MISSING for name in ("__bool__", "__len__"))
        return True if known and not has_rule else None
    if isinstance(value, EnumMember):
        return True if value.cls.lookup("__bool__") is MISSING and not isinstance(value.value, int) else None
    return None


def elements_of(machine: Machine, value: Value) -> list[Value] | None:
    """What iterating over `value` gives, or None where it is not known."""
    if isinstance(value, ListValue):
        return None if value.unsure else list(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, DictValue):
        return None if value.unsure else list(value)
    if isinstance(value, SetValue):
        return None if value.unsure else sorted(value, key=_order)
    if isinstance(value, (str, bytes)):
        return list(value) if len(value) <= SIZE_LIMIT else None
    if isinstance(value, range):
        return list(value) if len(value) <= SIZE_LIMIT else None
    if isinstance(value, IteratorValue):
        if value.elements is None:
            return None
        rest = value.elements[value.position :]
        value.position = len(value.elements)
        return rest
    if isinstance(value, ClassValue) and value.special == "enum" and not value.lenient:
        # An alias is the member that it stands for, and iterated once, under its own name.
        return [
            member for name, member in value.namespace.items() if isinstance(member, EnumMember) and member.name == name
        ]
    if isinstance(value, InstanceValue):
        return _iterate_instance(machine, value)
    return None


def _iterate_instance(machine: Machine, value: InstanceValue) -> list[Value] | None:
    method = value.cls.lookup("__iter__")
    if not isinstance(method, FunctionValue):
        return None
    result = machine.call(method, (value,), {})
    return None if isinstance(result, InstanceValue) else elements_of(machine, result)


def _order(value: Value) -> tuple[str, str]:
    # A set's order is not known; any fixed order will do, as long as it is the same every time.
    return (type(value).__name__, value if isinstance(value, str) else str(value) if isinstance(value, SCALARS) else "")


def binary(machine: Machine, op: str, left: Value, right: Value) -> Value:
    """`left op right`."""
    if isinstance(left, SCALARS) and isinstance(right, SCALARS):
        return _compute(machine, op, left, right)
    if op == "/" and isinstance(left, (PurePosixPath, str)) and isinstance(right, (PurePosixPath, str)):
        return left / right if isinstance(left, PurePosixPath) else PurePosixPath(left) / right
    if op == "+" and isinstance(left, ListValue) and isinstance(right, ListValue):
        return ListValue([*left, *right], left.unsure or right.unsure)
    if op == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return TupleValue((*left, *right))
    if op == "*" and isinstance(left, (ListValue, tuple)) and isinstance(right, int):
        return _repeat(left, right)
    if op == "*" and isinstance(right, (ListValue, tuple)) and isinstance(left, int):
        return _repeat(right, left)
    if op == "%" and isinstance(left, str):
        return _format(left, right)
    if isinstance(left, SetValue) and isinstance(right, SetValue) and op in "|&-^":
        return SetValue(_BINARY[op](set(left), set(right)), left.unsure or right.unsure)
    if op == "|" and isinstance(left, DictValue) and isinstance(right, DictValue):
        return DictValue({**left, **right}, left.unsure or right.unsure)
    if op == "|" and _is_type(left) and _is_type(right):
        return _union(machine, left, right)
    if isinstance(left, InstanceValue):
        method = left.cls.lookup(_DUNDERS[op])
        if isinstance(method, FunctionValue):
            return machine.call(method, (left, right), {})
    return UNKNOWN


def _is_type(value: Value) -> bool:
    if isinstance(value, Native):
        return value.dotted in (
            "int",
            "str",
            "float",
            "bool",
            "list",
            "dict",
            "set",
            "frozenset",
            "tuple",
            "bytes",
            "complex",
            "type",
        )
    return value is None or isinstance(value, ClassValue) or (isinstance(value, Opaque) and value.kind == "class")


def _union(machine: Machine, left: Value, right: Value) -> Value:
    """`X | Y` between types: PEP 604 needs Python 3.10; a metaclass with `__or__` may say otherwise."""
    plain = all(
        not isinstance(side, ClassValue) or (side.metaclass is None and side.mro_known) for side in (left, right)
    ) and not any(isinstance(side, Opaque) and not side.dotted.startswith("builtins.") for side in (left, right))
    if machine.version < (3, 10, 0) and plain:
        names = [_type_name(side) for side in (left, right)]
        raise machine.error("TypeError", f"unsupported operand type(s) for |: '{names[0]}' and '{names[1]}'")
    return UNKNOWN


def _type_name(value: Value) -> str:
    return "NoneType" if value is None else "type"


def _repeat(sequence: Any, times: int) -> Value:
    if len(sequence) * max(times, 0) > SIZE_LIMIT:
        return UNKNOWN
    if isinstance(sequence, ListValue):
        return ListValue(list(sequence) * times, sequence.unsure)
    return TupleValue(tuple(sequence) * times)


def _compute(machine: Machine, op: str, left: Any, right: Any) -> Value:
    if op in ("**", "<<") and not _small_power(left, right):
        return UNKNOWN
    if op == "*" and isinstance(left, (str, bytes)) and isinstance(right, int) and len(left) * right > SIZE_LIMIT:
        return UNKNOWN
    if op == "*" and isinstance(right, (str, bytes)) and isinstance(left, int) and len(right) * left > SIZE_LIMIT:
        return UNKNOWN
    if op == "%" and isinstance(left, str):
        return _format(left, right)
    try:
        return wrap(_BINARY[op](left, right))
    except (TypeError, ValueError, ArithmeticError) as failure:
        raise machine.error(type(failure).__name__, str(failure)) from None


def _small_power(left: Any, right: Any) -> bool:
    if not isinstance(left, (int, float, complex)) or not isinstance(right, (int, float, complex)):
        return True
    return not isinstance(left, int) or not isinstance(right, int) or (abs(left).bit_length() + 1) * abs(right) < 20_000


def _format(template: str, values: Value) -> Value:
    if not is_constant(values) or len(template) > SIZE_LIMIT:
        return UNKNOWN
    try:
        return template % (tuple(values) if isinstance(values, tuple) else values)
    except (TypeError, ValueError, KeyError, OverflowError):
        return UNKNOWN


_UNARY: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}


def unary(machine: Machine, op: str, value: Value) -> Value:
    """`op value`; `not` of something unknown is unknown."""
    if op == "not":
        known = machine.truth(value)
        return UNKNOWN if known is None else not known
    if isinstance(value, (int, float, complex)):
        try:
            return _UNARY[op](value)
        except TypeError as failure:
            raise machine.error("TypeError", str(failure)) from None
    return UNKNOWN


def compare(machine: Machine, op: str, left: Value, right: Value) -> Value:
    """One comparison; `UNKNOWN` where it is not known."""
    if op in ("is", "is not"):
        same = is_identical(left, right)
        return UNKNOWN if same is None else same is (op == "is")
    if op in ("in", "not in"):
        found = contains(machine, right, left)
        return UNKNOWN if found is None else found is (op == "in")
    if is_constant(left) and is_constant(right):
        try:
            return bool(_COMPARE[op](left, right))
        except TypeError as failure:
            raise machine.error("TypeError", str(failure)) from None
    if op in ("==", "!="):
        same = _equal(left, right)
        return UNKNOWN if same is None else same is (op == "==")
    return UNKNOWN


def is_identical(left: Value, right: Value) -> bool | None:
    """`left is right`, None where it is not known."""
    if left is UNKNOWN or right is UNKNOWN:
        return None
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        maybe = (left, right)
        if any(isinstance(side, Opaque) and side.kind in ("", "object") for side in maybe):
            return None
        return left is right
    if isinstance(left, SCALARS) and isinstance(right, SCALARS):
        return None if left == right else False
    if isinstance(left, Opaque) and isinstance(right, Opaque):
        return left.dotted == right.dotted or None
    if isinstance(left, Opaque) or isinstance(right, Opaque):
        return None
    return left is right


def is_own_identity(value: Value) -> bool:
    """Whether this is an object of a collector's (`simulated_identity`): equal to itself only."""
    return bool(getattr(type(value), "simulated_identity", False))


def _equal(left: Value, right: Value) -> bool | None:
    if is_own_identity(left) and is_own_identity(right):
        return left is right
    plain = (ClassValue, FunctionValue, ModuleValue, EnumMember)
    if left is right and isinstance(left, plain):
        return True
    if left is None or right is None:
        other = right if left is None else left
        return False if isinstance(other, (*plain, ListValue, DictValue, tuple, SetValue)) else None
    if isinstance(left, plain) and isinstance(right, plain) and not isinstance(left, EnumMember):
        return False
    if isinstance(left, EnumMember) and isinstance(right, EnumMember) and left.cls is right.cls:
        return left.name == right.name
    return None


def contains(machine: Machine, container: Value, element: Value) -> bool | None:
    """`element in container`, None where it is not known."""
    if isinstance(container, str) and isinstance(element, str):
        return element in container
    if isinstance(container, bytes) and isinstance(element, (bytes, int)):
        return element in container
    if isinstance(container, (ListValue, tuple, SetValue, DictValue)):
        if machine.trace is not None:
            trace_lookup(machine, machine.trace, container, element)
        if element is UNKNOWN:
            return None
        if any(
            candidate is element or (is_constant(element) and is_constant(candidate) and candidate == element)
            for candidate in container
        ):
            return None if isinstance(container, DictValue) and container.unsure else True
        if getattr(container, "unsure", False):
            return None
        return False if all(_comparable(candidate, element) for candidate in container) else None
    if isinstance(container, range) and isinstance(element, int):
        return element in container
    special = getattr(container, "simulated_contains", None)
    if special is not None:
        return bool(special(element)) if isinstance(element, str) else None
    return None


def trace_lookup(machine: Machine, trace: ImportTrace, container: Value, key: Value) -> None:
    """Note that running code looks for an entry of `sys.path`, or at an environment variable."""
    if not isinstance(key, str):
        return
    if container is machine.sys_path:
        trace.asked[machine.running_file].add(key)
    elif container is machine.environ:
        trace.read[machine.here.file if machine.here is not None else ""].add(key)


def _comparable(candidate: Value, element: Value) -> bool:
    return _equal(candidate, element) is not None or (is_constant(candidate) and is_constant(element))


def index(machine: Machine, container: Value, key: Value) -> Value:
    """`container[key]`."""
    if isinstance(container, DictValue):
        return _index_dict(machine, container, key)
    if isinstance(container, (ListValue, tuple, str, bytes, range)):
        return _index_sequence(machine, container, key)
    if isinstance(container, ClassValue):
        return _index_class(machine, container, key)
    if isinstance(container, Opaque):
        return container if container.kind == "class" or not container.kind else UNKNOWN
    if isinstance(container, InstanceValue):
        method = container.cls.lookup("__getitem__")
        if isinstance(method, FunctionValue):
            return machine.call(method, (container, key), {})
        return UNKNOWN
    special = getattr(container, "simulated_getitem", None)
    if special is not None:
        return special(machine, key)
    if isinstance(container, FunctionValue):
        raise machine.error("TypeError", "'function' object is not subscriptable")
    if container is None:
        raise machine.error("TypeError", "'NoneType' object is not subscriptable")
    return UNKNOWN


def _index_dict(machine: Machine, container: DictValue, key: Value) -> Value:
    if key is UNKNOWN or not _hashable(key):
        return UNKNOWN
    if machine.trace is not None:
        trace_lookup(machine, machine.trace, container, key)
    if key in container:
        return container[key]
    if container.unsure or not is_constant(key) or not all(is_constant(present) for present in container):
        return UNKNOWN
    raise machine.error("KeyError", repr(key))


def _hashable(value: Value) -> bool:
    return not isinstance(value, (ListValue, DictValue, SetValue)) and not (
        isinstance(value, tuple) and not all(_hashable(element) for element in value)
    )


def _index_sequence(machine: Machine, container: Any, key: Value) -> Value:
    if isinstance(container, ListValue) and container.unsure:
        return UNKNOWN
    if isinstance(key, slice) and all(
        part is None or isinstance(part, int) for part in (key.start, key.stop, key.step)
    ):
        part = container[key]
        return (
            ListValue(part)
            if isinstance(container, ListValue)
            else TupleValue(part)
            if isinstance(part, tuple)
            else part
        )
    if isinstance(key, bool) or not isinstance(key, int):
        return UNKNOWN
    try:
        return container[key]
    except IndexError as failure:
        kind = "list" if type(container) is ListValue else "tuple" if type(container) is TupleValue else ""
        raise machine.error("IndexError", f"{kind} index out of range" if kind else str(failure)) from None


def _index_class(machine: Machine, cls: ClassValue, key: Value) -> Value:
    if cls.special == "enum" and isinstance(key, str) and not cls.lenient:
        member = cls.lookup(key)
        if isinstance(member, EnumMember):
            return member
        raise machine.error("KeyError", repr(key))
    if cls.lookup("__class_getitem__") is not MISSING or cls.metaclass is not None or not cls.mro_known or cls.lenient:
        return cls
    if cls.opaque_bases:
        return cls
    if machine.version >= (3, 11, 0):
        raise machine.error("TypeError", f"type '{cls.name}' is not subscriptable")
    raise machine.error("TypeError", "'type' object is not subscriptable")


def text_of(value: Value) -> str | None:
    """`str(value)`, or None where it is not known."""
    if isinstance(value, (str, PurePosixPath)):
        return str(value)
    if isinstance(value, ExceptionInstance):
        return text_of(value.args[0]) if len(value.args) == 1 else ("" if not value.args else None)
    if isinstance(value, EnumMember):
        if isinstance(value.value, (str, int)) and value.cls.opaque_bases and len(value.cls.bases) > 1:
            return None
        return f"{value.cls.name}.{value.name}" if value.cls.lookup("__str__") is MISSING else None
    return repr_of(value)


def repr_of(value: Value) -> str | None:
    """`repr(value)`, or None where it is not known."""
    if isinstance(value, PurePosixPath):
        return f"PosixPath({str(value)!r})"
    if isinstance(value, SCALARS):
        return repr(value)
    if isinstance(value, ListValue) and is_constant(value):
        return "[" + ", ".join(repr_of(element) or "" for element in value) + "]"
    if type(value) is TupleValue and is_constant(value) and value.cls is None:
        inner = ", ".join(repr_of(element) or "" for element in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, DictValue) and is_constant(value):
        return "{" + ", ".join(f"{repr_of(key)}: {repr_of(element)}" for key, element in value.items()) + "}"
    if isinstance(value, ClassValue):
        return f"<class '{value.module}.{value.qualname}'>"
    if isinstance(value, Opaque) and value.kind == "class":
        dotted = value.dotted.removeprefix("builtins.")
        return f"<class '{dotted}'>"
    return None


def type_name_of(value: Value) -> str | None:
    """`type(value).__name__` as it stands in messages, or None where it is not known."""
    if value is None:
        return "NoneType"
    if isinstance(value, ListValue):
        return "list"
    if isinstance(value, DictValue):
        return "dict"
    if isinstance(value, SetValue):
        return "frozenset" if value.frozen else "set"
    if isinstance(value, TupleValue):
        return value.cls.name if value.cls is not None else "tuple"
    if isinstance(value, PurePosixPath):
        return "PosixPath"
    if isinstance(value, (*SCALARS, range, slice)):
        return type(value).__name__
    if isinstance(value, FunctionValue):
        return "function"
    if isinstance(value, BoundMethod):
        return "method"
    if isinstance(value, ModuleValue):
        return "module"
    if isinstance(value, InstanceValue):
        return value.cls.name
    if isinstance(value, EnumMember):
        return value.cls.name
    if isinstance(value, ExceptionInstance):
        return str(value.cls.name)
    if isinstance(value, OpaqueInstance):
        return value.cls.name
    if isinstance(value, DescriptorValue):
        return value.kind
    if isinstance(value, ClassValue) and value.metaclass is None:
        return "type"
    if isinstance(value, ParameterSetValue):
        return "ParameterSet"
    return None
