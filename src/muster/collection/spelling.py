"""`repr()` of simulated values, for pytest's messages."""

from __future__ import annotations

from muster.execution.values import (
    ClassValue,
    DictValue,
    EnumMember,
    FunctionValue,
    InstanceValue,
    ListValue,
    Mark,
    ModuleValue,
    Opaque,
    OpaqueInstance,
    SetValue,
    Value,
)

UNSPEAKABLE = "..."
"""Stands in a message for what is not known."""


def spell(value: Value) -> str:
    """`repr(value)`; `...` stands for what is not known."""
    if value is None or value is ... or isinstance(value, (bool, int, float, complex, str, bytes, range, slice)):
        return _plain(value)
    if isinstance(value, ListValue):
        return f"[{', '.join(map(spell, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(spell, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, DictValue):
        return "{" + ", ".join(f"{spell(key)}: {spell(element)}" for key, element in value.items()) + "}"
    if isinstance(value, SetValue):
        return "{" + ", ".join(map(spell, value)) + "}" if value else "set()"
    if isinstance(value, Mark):
        pairs = ", ".join(f"{name!r}: {spell(element)}" for name, element in value.kwargs.items())
        return f"MarkDecorator(mark=Mark(name={value.name!r}, args={spell(value.args)}, kwargs={{{pairs}}}))"
    return _spell_object(value)


def _plain(value: Value) -> str:
    try:
        return repr(value)
    except ValueError:  # an int of more digits than Python prints
        return UNSPEAKABLE


def _spell_object(value: Value) -> str:
    if isinstance(value, ClassValue):
        return f"<class '{value.module}.{value.qualname}'>"
    if isinstance(value, FunctionValue):
        return f"<function {value.qualname} at 0x...>"
    if isinstance(value, InstanceValue):
        return f"<{value.cls.module}.{value.cls.qualname} object at 0x...>"
    if isinstance(value, ModuleValue):
        return f"<module '{value.name}'" + (f" from '{value.file}'>" if value.file else ">")
    if isinstance(value, EnumMember):
        return f"<{value.cls.name}.{value.name}: {spell(value.value)}>"
    if isinstance(value, OpaqueInstance):
        return f"<{value.cls.dotted.removeprefix('builtins.')} object at 0x...>"
    if isinstance(value, Opaque) and value.kind == "class":
        return f"<class '{value.dotted.removeprefix('builtins.')}'>"
    return UNSPEAKABLE


def type_name(value: Value) -> str:
    """`type(value).__name__`."""
    names = {
        "ListValue": "list",
        "DictValue": "dict",
        "Variables": "_Environ",
        "SetValue": "set",
        "TupleValue": "tuple",
        "FunctionValue": "function",
    }
    if isinstance(value, (InstanceValue, EnumMember)):
        return value.cls.name
    if isinstance(value, OpaqueInstance):
        return value.cls.name
    return names.get(type(value).__name__, type(value).__name__)
