"""An icicle of import time: who imported what, each as wide as it took long, what it imported below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from muster.model.memory import RecordedImport

MOST_ROWS = 16
_LEAST_PERCENT = 0.2
_MOST_PARTS = 12
# How exact the sums of measured times are.
_CLOCK_S, _CLOCK_SHARE = 0.001, 0.01


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
class Icicle:
    """The bars, and the seconds of imports before any of them: what pytest imports to start."""

    bars: tuple[Bar, ...]
    start_s: float


@dataclass(frozen=True, slots=True)
class _Node:
    label: str
    seconds: float
    own_seconds: float
    children: Sequence[int]


def draw_icicle(imports: Sequence[RecordedImport]) -> Icicle:
    """The bars, row by row: what no other import was waiting for on top. What is too narrow to be seen is left out.

    The start of pytest, which would leave little room for the project, is told and not drawn. Records come from strangers:
    seconds below zero count as none, and modules that ask for each other in a circle have no way up, so they are not drawn.
    """
    nodes, tops = _tree(imports)
    begun = [(nodes[index], imports[index].asked_by.startswith("<")) for index in tops]
    row = sorted((node for node, is_start in begun if not is_start), key=lambda node: -node.seconds)
    start_s = sum(node.seconds for node, is_start in begun if is_start)
    bars: list[Bar] = []
    placed = list(_side_by_side(row, 0.0, 100.0, sum(node.seconds for node in row)))
    for depth in range(MOST_ROWS):
        bars += [Bar(node.label, depth, start, width, node.seconds, node.own_seconds) for node, start, width in placed]
        below = []
        for node, start, width in placed:
            children = [nodes[index] for index in node.children]
            # What is measured below a module can be a little more than what was measured of it.
            whole = max(node.seconds, sum(child.seconds for child in children))
            below += list(_side_by_side(children, start, width, whole))
        placed = below
    return Icicle(tuple(bars), start_s)


def _tree(imports: Sequence[RecordedImport]) -> tuple[list[_Node], list[int]]:
    """A node for each import, and those that stand on top.

    A module that was imported by a function of its asker long after that was imported itself (every test module, by pytest) is not
    below it: it belongs to the collection of another file, or takes longer than its asker spent on imports.
    """
    seconds = [max(each.seconds, 0.0) for each in imports]
    room = [max(each.seconds - each.own_seconds, 0.0) for each in imports]
    children: dict[int, list[int]] = {}
    tops: list[int] = []
    parent_of = _Askers(imports)
    for index in sorted(range(len(imports)), key=lambda index: -seconds[index]):
        parent = parent_of(imports[index].asked_by)
        fits = parent is not None and seconds[index] <= room[parent] + _CLOCK_S + seconds[parent] * _CLOCK_SHARE
        if parent is None or parent == index or not fits or imports[parent].during != imports[index].during:
            tops.append(index)
        else:
            room[parent] -= seconds[index]
            children.setdefault(parent, []).append(index)
    nodes = [
        _Node(each.name, seconds[index], max(each.own_seconds, 0.0), children.get(index, ()))
        for index, each in enumerate(imports)
    ]
    return nodes, tops


class _Askers:
    """Finds the import that a file was executed by: by the file, or by its name where no file is recorded of it."""

    def __init__(self, imports: Sequence[RecordedImport]) -> None:
        self._by_file: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        for index, each in enumerate(imports):
            self._by_file.setdefault(each.file, index) if each.file else self._by_name.setdefault(each.name, index)

    def __call__(self, file: str) -> int | None:
        if file in self._by_file:
            return self._by_file[file]
        parts = file.removesuffix(".py").removesuffix("/__init__").split("/")
        names = (".".join(parts[first:]) for first in range(max(len(parts) - _MOST_PARTS, 0), len(parts)))
        return next((self._by_name[name] for name in names if name in self._by_name), None)


def _side_by_side(
    nodes: Iterable[_Node], start: float, width: float, whole: float
) -> Iterable[tuple[_Node, float, float]]:
    for node in nodes:
        share = width * node.seconds / whole if whole else 0.0
        if share >= _LEAST_PERCENT:
            yield node, start, share
        start += share
