"""Which tests ask to be run by one worker: the mark `xdist_group` of pytest-xdist (`xdist/remote.py`)."""

from __future__ import annotations

from muster.collection.nodes import ItemNode
from muster.execution.values import Mark, Value


def group_of(node: ItemNode) -> str:
    """The group of a test as `--dist loadgroup` names it, "" where it has none or it is not known."""
    names = [_name(mark) for mark in node.marks("xdist_group")]
    return "_".join(sorted({str(name) for name in names})) if all(map(_is_plain, names)) else ""


def _name(mark: Mark) -> Value:
    return mark.args[0] if mark.args else mark.kwargs.get("name", "default")


def _is_plain(name: Value) -> bool:
    return isinstance(name, (str, int, float, bool, type(None)))
