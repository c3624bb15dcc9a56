"""How parameter sets are spelled in node ids (`IdMaker` in `_pytest/python.py`)."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from muster.collection.executor import Executor
from muster.collection.objects import class_facts, function_of
from muster.collection.outcomes import builtin, collect_error, failed
from muster.collection.spelling import spell
from muster.execution.raised import Raised
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
    Missing,
    ModuleValue,
    Native,
    Opaque,
    OpaqueInstance,
    ParameterSetValue,
    PartialValue,
    SetValue,
    Value,
)
from muster.execution.variables import Variables
from muster.model.collection import Confidence
from muster.model.invocation import Invocation

NOTSET: Final = Missing()
"""The value of every parameter of an empty parameter set."""

LONG_TEXT = 100
"""Characters beyond which pytest 9.2 does not take a text into an automatic id."""

_HIDDEN = frozenset({"pytest.HIDDEN_PARAM", "_pytest.mark.structures.HIDDEN_PARAM"})
_TEXT_BASES = frozenset({"str", "builtins.str", "bytes", "builtins.bytes", "enum.StrEnum"})
_NUMBER_BASES = frozenset({"int", "builtins.int", "float", "builtins.float", "complex", "builtins.complex"})
_INT_ENUMS = frozenset({"enum.IntEnum", "enum.IntFlag"})
_CONTROL = {code: f"\\x{code:02x}" for code in range(128) if code not in range(32, 127)} | {
    ord("\t"): "\\t", ord("\r"): "\\r", ord("\n"): "\\n",
}  # fmt: skip


class Hidden:
    """The id of a parameter set that does not show in the node id (`pytest.HIDDEN_PARAM`)."""

    __slots__ = ()


HIDDEN: Final = Hidden()

Id = str | Hidden


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One row of a parametrization: its values, its explicit id (None: none, `UNKNOWN`: not known), its marks."""

    values: tuple[Value, ...]
    id: Value = None
    marks: Value = ()


@dataclass(frozen=True, slots=True)
class IdMaker:
    """Makes the ids of one parametrization; `where` is how messages name the test."""

    executor: Executor
    invocation: Invocation
    python: tuple[int, int, int]
    argnames: Sequence[str]
    rows: Sequence[ParameterSet]
    function: Value
    explicit: Sequence[Value] | None
    nodeid: str
    where: str
    id_hook: Callable[[Value, str], Value]
    place: tuple[str, int]

    def unique_ids(self) -> list[Id] | None:
        """The ids, made unique as pytest does; None where one of them is not known. Raises `Raised`."""
        ids: list[Id] = []
        known = True
        for index in range(len(self.rows)):
            made = self._row_id(index)
            if made is None:
                known = False
            else:
                ids.append(made)
        return self._made_unique(ids) if known else None

    def _row_id(self, index: int) -> Id | None:
        row = self.rows[index]
        if row.id is UNKNOWN:
            return None
        if row.id is not None:
            return HIDDEN if is_hidden(row.id) else self._escaped(row.id)
        if self.explicit and index < len(self.explicit) and self.explicit[index] is not None:
            return self._explicit_id(self.explicit[index], index)
        parts = [self._value_id(value, name, index) for value, name in zip(row.values, self.argnames, strict=False)]
        spelled = [part for part in parts if part is not None]
        return "-".join(spelled) if len(spelled) == len(parts) else None

    def _explicit_id(self, value: Value, index: int) -> Id | None:
        if is_hidden(value):
            return HIDDEN
        spelled = spell_id(value, self)
        if spelled is UNKNOWN:
            return None
        if isinstance(spelled, str):
            return spelled
        raise failed(
            f"In {self.where}: ids contains unsupported value {spell(value)} (type: {_type_text(value)}) at index {index}. "
            "Supported types are: str, bytes, int, float, complex, bool, enum, regex or anything with a __name__.",
            "parametrize",
            *self.place,
        )

    def _value_id(self, value: Value, name: str, index: int) -> str | None:
        """The id of one value, None where it is not known."""
        for spelled in (self._from_function(value, name, index), self.id_hook(value, name)):
            if spelled is UNKNOWN:
                return None
            if isinstance(spelled, str):
                return spelled
        spelled = self._automatic(value, name, index)
        if spelled is UNKNOWN:
            return None
        return spelled if isinstance(spelled, str) else f"{name}{index}"

    def _automatic(self, value: Value, name: str, index: int) -> Value:
        if self.invocation.pytest_version >= (9, 2) and isinstance(value, (str, bytes)) and len(value) > LONG_TEXT:
            return self._long_text(value, name, index)
        return spell_id(value, self)

    def _long_text(self, value: str | bytes, name: str, index: int) -> Value:
        setting = self.invocation.settings.get("parametrize_long_str_id_strategy")
        match setting.value if setting is not None else "short":
            case "legacy":
                return self._escaped(value)
            case "sha256":
                encoded = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
                return hashlib.sha256(encoded).hexdigest()
            case "disallow":
                raise failed(
                    f"In {self.where}: parametrize value for '{name}' at index {index} is too long for an auto-generated ID "
                    f"({len(value)} characters). Use pytest.param(..., id=...) or parametrize(..., ids=...) "
                    "to set an explicit ID, or change parametrize_long_str_id_strategy.",
                    "parametrize",
                    *self.place,
                )
            case _:
                return None

    def _from_function(self, value: Value, name: str, index: int) -> Value:
        if self.function is None:
            return None
        if value is UNKNOWN:
            return UNKNOWN
        try:
            made = self.executor.call(self.function, (value,), {})
        except Raised as raised:
            return self._failed_function(raised, name, index)
        if made is None or made is UNKNOWN:
            return made
        return spell_id(made, self)

    def _failed_function(self, raised: Raised, name: str, index: int) -> Value:
        if raised.confidence is not Confidence.CERTAIN:
            return UNKNOWN
        error = builtin(
            "ValueError",
            f"{self.nodeid}: error raised while trying to determine id of parameter '{name}' at position {index}",
            "parametrize",
            *self.place,
        )
        error.cause = raised
        raise error

    def _escaped(self, value: Value) -> str | None:
        if not isinstance(value, (str, bytes)):
            return None
        return value if not self.invocation.escape_test_ids and isinstance(value, str) else escape_ascii(value)

    def _made_unique(self, ids: list[Id]) -> list[Id]:
        if len(ids) == len(set(ids)):
            return ids
        counts = Counter(ids)
        if self.invocation.strict_parametrization_ids:
            raise collect_error(self._duplicates_message(ids, counts), "parametrize", *self.place)
        suffixes: dict[str, int] = defaultdict(int)
        for index, made in enumerate(ids):
            if counts[made] <= 1:
                continue
            if isinstance(made, Hidden):
                raise failed(
                    f"In {self.where}: multiple instances of HIDDEN_PARAM cannot be used in the same parametrize call, "
                    "because the tests names need to be unique.",
                    "parametrize",
                    *self.place,
                )
            ids[index] = _suffixed(made, ids, suffixes)
        return ids

    def _duplicates_message(self, ids: list[Id], counts: Counter[Id]) -> str:
        spelled = [made if isinstance(made, str) else "<hidden>" for made in ids]
        repeated = [made if isinstance(made, str) else "<hidden>" for made, count in counts.items() if count > 1]
        rows = ", ".join(f"[{', '.join(map(spell, row.values))}]" for row in self.rows)
        return (
            "Duplicate parametrization IDs detected, but strict_parametrization_ids is set.\n\n"
            f"Test name:      {self.nodeid}\nParameters:     {', '.join(self.argnames)}\nParameter sets: {rows}\n"
            f"IDs:            {', '.join(spelled)}\nDuplicates:     {', '.join(repeated)}\n\n"
            "You can fix this problem using `@pytest.mark.parametrize(..., ids=...)` or `pytest.param(..., id=...)`."
        )


def _suffixed(made: str, ids: Sequence[Id], suffixes: dict[str, int]) -> str:
    """`a` becomes `a0`, `a1`, ...; `1` becomes `1_0`, so that numbers stay readable."""
    separator = "_" if made and made[-1].isdigit() else ""
    taken = set(ids)
    while (candidate := f"{made}{separator}{suffixes[made]}") in taken:
        suffixes[made] += 1
    suffixes[made] += 1
    return candidate


def is_hidden(value: Value) -> bool:
    """Whether this is `pytest.HIDDEN_PARAM`."""
    if isinstance(value, OpaqueInstance):
        return value.cls.dotted == "_pytest.mark.structures._HiddenParam"
    return isinstance(value, Opaque) and value.dotted in _HIDDEN


def escape_ascii(value: str | bytes) -> str:
    """`_pytest.compat.ascii_escaped`."""
    if isinstance(value, bytes):
        text = value.decode("ascii", "backslashreplace")
    else:
        text = value.encode("unicode_escape").decode("ascii")
    return text.translate(_CONTROL)


def spell_id(value: Value, maker: IdMaker) -> Value:
    """`_idval_from_value`: a string, None where the kind of value has no id of its own, `UNKNOWN` where that is not known."""
    if value is UNKNOWN:
        return UNKNOWN
    if value is NOTSET or value is MISSING:
        return None
    if isinstance(value, (str, bytes)):
        return maker._escaped(value)
    if value is None or isinstance(value, (bool, int, float, complex)):
        return _number_text(value)
    if isinstance(value, EnumMember):
        return _enum_id(value, maker)
    if isinstance(value, (Opaque, OpaqueInstance, InstanceValue)):
        return _object_id(value, maker)
    return _named_id(value)


def _number_text(value: Value) -> Value:
    try:
        return str(value)
    except ValueError:  # an int of more digits than Python prints
        return UNKNOWN


def _named_id(value: Value) -> Value:
    """The `__name__` of classes, functions and modules; containers, paths and other values have none."""
    if isinstance(value, (ClassValue, FunctionValue, Native, FixtureValue, BoundMethod, DescriptorValue, ModuleValue)):
        return _name_of(value)
    plain = (
        ListValue, DictValue, SetValue, tuple, range, slice, ExceptionInstance, Mark, ParameterSetValue,
    )  # fmt: skip
    if isinstance(value, PartialValue):
        # A partial object has a `__name__` only where somebody gave it one; one that is no string says nothing.
        name = value.attributes.get("__name__")
        return name if isinstance(name, str) or name is UNKNOWN else None
    if isinstance(value, IteratorValue):
        return UNKNOWN if value.kind == "generator" else None
    return None if isinstance(value, plain) or type(value).__module__ == "pathlib" or value is ... else UNKNOWN


def _name_of(value: Value) -> Value:
    if isinstance(value, FunctionValue):
        name = value.attributes.get("__name__", value.name)
        return name if isinstance(name, str) else UNKNOWN
    if isinstance(value, (ClassValue, ModuleValue, Native)):
        return value.name
    if isinstance(value, DescriptorValue):
        return _name_of(value.function) if value.kind in ("staticmethod", "classmethod") else UNKNOWN
    function = function_of(value)
    return _name_of(function) if function is not None else UNKNOWN


def _enum_id(member: EnumMember, maker: IdMaker) -> Value:
    bases = {base.dotted for base in member.cls.mro if isinstance(base, Opaque)}
    if bases & _TEXT_BASES:
        return maker._escaped(member.value) if isinstance(member.value, (str, bytes)) else UNKNOWN
    if member.cls.lookup("__str__") is not MISSING:
        return _spoken(member, maker)
    if bases & _INT_ENUMS and maker.python >= (3, 11):
        return str(int(member.value)) if isinstance(member.value, int) else UNKNOWN
    return f"{member.cls.name}.{member.name}"


def _spoken(value: Value, maker: IdMaker) -> Value:
    try:
        method = maker.executor.get_attribute(value, "__str__")
        made = maker.executor.call(method, (), {}) if method is not MISSING and method is not UNKNOWN else UNKNOWN
    except Raised:
        return UNKNOWN
    return made if isinstance(made, str) else UNKNOWN


def _object_id(value: Opaque | OpaqueInstance | InstanceValue, maker: IdMaker) -> Value:
    if isinstance(value, InstanceValue):
        return _instance_id(value, maker)
    if isinstance(value, OpaqueInstance):
        return _opaque_instance_id(value, maker)
    if value.dotted == "builtins.NotImplemented":
        return None
    if value.kind in ("class", "function"):
        return value.name
    if value.kind == "module":
        return value.dotted
    return _asked_name(value, maker)


def _instance_id(value: InstanceValue, maker: IdMaker) -> Value:
    bases = {base.dotted for base in value.cls.mro if isinstance(base, Opaque)}
    if bases & (_TEXT_BASES | _NUMBER_BASES):
        return UNKNOWN
    return _asked_name(value, maker)


def _opaque_instance_id(value: OpaqueInstance, maker: IdMaker) -> Value:
    if value.cls.dotted in ("re.Pattern", "typing.Pattern"):
        pattern = value.args[0] if value.args else UNKNOWN
        return escape_ascii(pattern) if isinstance(pattern, (str, bytes)) else UNKNOWN
    facts = class_facts(value.cls)
    if facts is not None and {"str", "int", "float", "complex", "bytes", "enum.Enum"} & {
        base.removeprefix("builtins.") for base in facts.mro
    }:
        return UNKNOWN
    if value.cls.dotted == "builtins.object" or (facts is not None and "__name__" not in facts.names):
        return None
    return _asked_name(value, maker)


def _asked_name(value: Value, maker: IdMaker) -> Value:
    name = maker.executor.get_attribute(value, "__name__")
    return None if name is MISSING else name if isinstance(name, str) else UNKNOWN


def _type_text(value: Value) -> str:
    names: dict[type, str] = {ListValue: "list", DictValue: "dict", Variables: "os._Environ", SetValue: "set"}
    name = names.get(type(value))
    if name is None and isinstance(value, tuple):
        name = "tuple"
    if name is None and isinstance(value, (InstanceValue, EnumMember)):
        return f"<class '{value.cls.module}.{value.cls.qualname}'>"
    if isinstance(value, OpaqueInstance):
        name = value.cls.dotted.removeprefix("builtins.")
    return f"<class '{name or type(value).__name__}'>"
