"""An icicle of import time: who imported what, each as wide as it took long, what it imported below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from muster.model.memory import RecordedImport

MOST_ROWS = 16
_LEAST_PERCENT = 0.2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it begins and how wide it is, in percent of the whole, and in which row it stands."""

    label: str
    row: int
    start_percent: float
    width_percent: float
    seconds: float
    own_seconds: float


@dataclass(frozen=True, slots=True)
class _Node:
    label: str
    seconds: float
    own_seconds: float
    children: Sequence[int]


def icicle_bars(imports: Sequence[RecordedImport]) -> tuple[Bar, ...]:
    """The bars, row by row: the files that began the imports on top. What is too narrow to be seen is left out.

    Records come from strangers: seconds below zero count as none, and modules that ask for each other in a circle have
    no way up to a file, so they are not drawn.
    """
    nodes, tops = _tree(imports)
    total = sum(top.seconds for top in tops)
    if not total:
        return ()
    bars: list[Bar] = []
    row = list(_side_by_side(tops, 0.0, 100.0, total))
    for depth in range(MOST_ROWS):
        bars += [Bar(node.label, depth, start, width, node.seconds, node.own_seconds) for node, start, width in row]
        below = []
        for node, start, width in row:
            children = [nodes[index] for index in node.children]
            # What is measured below a module can be more than what was measured of it.
            whole = max(node.seconds, sum(child.seconds for child in children))
            below += list(_side_by_side(children, start, width, whole))
        row = below
    return tuple(bars)


def _tree(imports: Sequence[RecordedImport]) -> tuple[list[_Node], list[_Node]]:
    """A node for each import, and one for each file that is no import itself and asked for some."""
    by_file: dict[str, int] = {}
    for index, each in enumerate(imports):
        if each.file:
            by_file.setdefault(each.file, index)
    children: dict[int, list[int]] = {}
    begun: dict[str, list[int]] = {}
    for index, each in enumerate(imports):
        parent = by_file.get(each.asked_by)
        if parent is None:
            begun.setdefault(_beginning(each), []).append(index)
        elif parent != index:
            children.setdefault(parent, []).append(index)
    nodes = [
        _Node(each.name, max(each.seconds, 0.0), max(each.own_seconds, 0.0), children.get(index, ()))
        for index, each in enumerate(imports)
    ]
    tops = [_Node(file, sum(nodes[index].seconds for index in asked), 0.0, asked) for file, asked in begun.items()]
    return nodes, sorted(tops, key=lambda top: -top.seconds)


def _beginning(each: RecordedImport) -> str:
    """The file that began it; what has a name in angle brackets is none, but who started pytest."""
    asked_by = each.asked_by or each.during
    return "the start of pytest" if asked_by.startswith("<") else asked_by


def _side_by_side(
    nodes: Iterable[_Node], start: float, width: float, whole: float
) -> Iterable[tuple[_Node, float, float]]:
    for node in nodes:
        share = width * node.seconds / whole if whole else 0.0
        if share >= _LEAST_PERCENT:
            yield node, start, share
        start += share
