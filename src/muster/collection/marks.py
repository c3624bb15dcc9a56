"""Marks on modules, classes and functions (`_pytest/mark/structures.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from muster.collection.objects import listed
from muster.collection.outcomes import builtin
from muster.collection.spelling import spell
from muster.execution.values import MISSING, UNKNOWN, ClassValue, FunctionValue, Mark, ModuleValue, Value


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks stored on an object; `unsure` where there may be others."""

    found: tuple[Mark, ...] = ()
    unsure: bool = False


def module_marks(module: ModuleValue) -> Marks:
    """The marks of a module's `pytestmark`. Raises `Raised` where pytest's `normalize_mark_list` does."""
    return _normalized(listed(module.namespace.get("pytestmark", MISSING)), module.file or "")


def class_marks(cls: Value) -> Marks:
    """The marks of a class and its bases, the farthest base first (`get_unpacked_marks`)."""
    if not isinstance(cls, ClassValue):
        return Marks()
    found: list[Mark] = []
    unsure = not cls.mro_known
    for base in reversed(cls.mro):
        if isinstance(base, ClassValue):
            own = _normalized(listed(base.namespace.get("pytestmark", MISSING)), base.file, base.line)
            found += own.found
            unsure = unsure or own.unsure
    return Marks(tuple(found), unsure)


def function_marks(function: FunctionValue) -> Marks:
    """The marks that decorators put on a function, the nearest to the `def` first."""
    return _normalized(listed(function.attributes.get("pytestmark", MISSING)), function.file, function.line)


def marks_in(values: Sequence[Value] | Value) -> Marks:
    """The marks in `pytest.param(marks=...)`: one mark or a collection of them."""
    if isinstance(values, Mark):
        return Marks((values,))
    if values is MISSING or values is None:
        return Marks()
    if isinstance(values, (list, tuple, set)):
        return Marks(tuple(mark for mark in values if isinstance(mark, Mark)), any(mark is UNKNOWN for mark in values))
    return Marks(unsure=True)


def _normalized(values: list[Value] | None, path: str, line: int = 0) -> Marks:
    if values is None:
        return Marks(unsure=True)
    unsure = False
    found = []
    for value in values:
        if isinstance(value, Mark):
            found.append(value)
        elif isinstance(value, (tuple, list, str, int, float, bytes, FunctionValue)) or value is None:
            raise builtin("TypeError", f"got {spell(value)} instead of Mark", "mark", path, line)
        else:
            unsure = True
    return Marks(tuple(found), unsure)
