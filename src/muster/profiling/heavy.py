"""Which imports of the project are heavy, and what is saved if nothing runs them before a test does.

An import saves only what nothing else leads to. So all statements of the project by which a module is reached are taken
together, those that reach it through somebody else's module included, and what is saved is what the process can no
longer reach without them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from muster.model.profile import HeavyImport, HeavyStatement
from muster.profiling.dominators import dominated_weights
from muster.profiling.graph import ROOT, Edge, ImportGraph, reachable

MOST_HEAVY = 8
MOST_STATEMENTS = 12
MOST_FUNCTIONS = 60
"""What so many files or functions import is no import to defer: it is what they are about."""

_NEARLY = 0.8
"""What saves so much of the best is as good, and taken where it changes less."""

Describe = Callable[[str, int, str, tuple[str, ...]], HeavyStatement]
"""How a file uses what a statement (path, line, module, aliases) binds."""


_Piece = tuple[str, int, str, str]
"""Path, line, module and name of what one import statement brings; the name is "" for the whole statement."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A module, with the edges of the project that lead to it and the statements that they are."""

    node: str
    edges: frozenset[int]
    statements: tuple[HeavyStatement, ...]
    modules: int
    seconds: float
    blocked_by: str

    @property
    def functions(self) -> int:
        return sum(each.functions for each in self.statements)

    @property
    def is_deferrable(self) -> bool:
        return (
            not self.blocked_by
            and len(self.statements) <= MOST_STATEMENTS
            and self.functions <= MOST_FUNCTIONS
            and all(each.is_deferrable for each in self.statements)
        )


def heavy_imports(
    graph: ImportGraph, least_s: float, describe: Describe, tests: frozenset[str] = frozenset()
) -> tuple[HeavyImport, ...]:
    """What can be deferred and saves at least `least_s`, the most first; then what cannot, with the reason.

    What the files `tests` import is what they are about: of two ways to save the same they are the last to be changed.
    """
    search = _Search(graph, least_s, describe, tests)
    chosen = search.deferrable()
    rest = search.others({each.node for each in chosen})
    return tuple(search.told(each) for each in (*chosen, *rest))


class _Search:
    """Candidates, weighed one after the other: what is chosen is taken out of the graph."""

    def __init__(self, graph: ImportGraph, least_s: float, describe: Describe, tests: frozenset[str]) -> None:
        self._tests = tests
        self._graph, self._least_s, self._describe = graph, least_s, describe
        self._targets = graph.targets()
        self._removed: frozenset[int] = frozenset()
        self._into: dict[str, list[int]] = {}
        self._places: dict[tuple[str, int], list[int]] = {}
        for position, edge in enumerate(graph.edges):
            self._into.setdefault(edge.imported, []).append(position)
            self._places.setdefault((edge.file, edge.line), []).append(position)
        asked = {edge.imported for edge in graph.edges if edge.importer in graph.own}
        self._names = sorted(node for node in asked if graph.total_seconds.get(node, 0.0) >= least_s)
        self._known: dict[tuple[str, int, str, tuple[str, ...]], HeavyStatement] = {}

    def deferrable(self) -> list[_Candidate]:
        """The best candidate again and again, until nothing is left that saves enough."""
        chosen: list[_Candidate] = []
        while len(chosen) < MOST_HEAVY:
            found = [each for each in map(self._candidate, self._names) if each.seconds >= self._least_s]
            fit = [each for each in found if each.is_deferrable]
            if not fit:
                break
            best = max(each.seconds for each in fit)
            nearly = [each for each in fit if each.seconds >= best * _NEARLY]
            pick = min(nearly, key=self._cost)
            chosen.append(pick)
            self._removed |= pick.edges
        return chosen

    def others(self, chosen: set[str]) -> list[_Candidate]:
        """The heaviest of what cannot be deferred; of two that save the same by the same statements only one."""
        found = [each for each in map(self._candidate, self._names) if each.node not in chosen]
        heavy = sorted(
            (each for each in found if each.seconds >= self._least_s), key=lambda each: (-each.seconds, each.node)
        )
        first: dict[frozenset[int], _Candidate] = {}
        for each in heavy:
            first.setdefault(each.edges, each)
        return list(first.values())[:MOST_HEAVY]

    def told(self, candidate: _Candidate) -> HeavyImport:
        """The candidate as it is reported."""
        blocked = candidate.blocked_by
        if not blocked and not candidate.is_deferrable and all(each.is_deferrable for each in candidate.statements):
            blocked = "files" if len(candidate.statements) > MOST_STATEMENTS else "functions"
        return HeavyImport(
            module=self._graph.names[candidate.node],
            path=self._graph.files[candidate.node],
            seconds=candidate.seconds,
            modules=candidate.modules,
            statements=candidate.statements,
            blocked_by=blocked,
        )

    def _cost(self, candidate: _Candidate) -> tuple[object, ...]:
        is_own = candidate.node in self._graph.own
        in_tests = any(each.path in self._tests for each in candidate.statements)
        edits = len(candidate.statements) + candidate.functions
        return (in_tests and is_own, edits, is_own, -self._graph.total_seconds[candidate.node], candidate.node)

    def _candidate(self, node: str) -> _Candidate:
        before = reachable(self._targets, self._removed)
        pieces = self._pieces(node)
        after = reachable(self._targets, self._removed | self._moved(pieces))
        # What only a module imports that will not be imported itself can stay where it is.
        pieces = {piece: importer for piece, importer in pieces.items() if importer in after}
        moved = self._moved(pieces)
        after = reachable(self._targets, self._removed | moved)
        gone = before.keys() - after.keys()
        by = self._graph.names.get(after[node], "pytest") if node in after else ""
        seconds = self._alone.get(node, 0.0) if by else sum(self._graph.seconds.get(each, 0.0) for each in gone)
        return _Candidate(node, moved, self._statements(pieces), len(gone), seconds, by)

    def _moved(self, pieces: Iterable[_Piece]) -> frozenset[int]:
        """The edges that go where `pieces` wait."""
        wanted = frozenset(pieces)
        return frozenset(
            position
            for place in {(path, line) for path, line, _, _ in wanted}
            for position in self._places[place]
            if _is_moved(self._graph.edges[position], wanted)
        )

    @cached_property
    def _alone(self) -> dict[str, float]:
        return dominated_weights(ROOT, self._targets, self._graph.seconds)

    def _pieces(self, node: str) -> dict[_Piece, str]:
        """The parts of the project's statements that lead to `node`, each with its module: as near to `node` as they can wait.

        Where one cannot, those that import its module are asked, but for a module that pytest itself imports.
        """
        others = reachable(self._targets, self._removed, past=node)
        pieces: dict[_Piece, str] = {}
        seen, waiting = {node}, [node]
        while waiting:
            for position in self._into.get(waiting.pop(), ()):
                edge = self._graph.edges[position]
                if position in self._removed or edge.importer not in others:
                    continue
                piece = (edge.file, edge.line, edge.module, edge.alias)
                is_own, is_entered = edge.importer in self._graph.own, edge.importer in self._targets[ROOT]
                if is_own and (is_entered or self._use_of(*piece[:3], piece[3:] if edge.alias else ()).is_deferrable):
                    pieces[piece] = edge.importer
                elif edge.importer not in seen:
                    seen.add(edge.importer)
                    waiting.append(edge.importer)
        return pieces

    def _statements(self, pieces: Iterable[_Piece]) -> tuple[HeavyStatement, ...]:
        aliases: dict[tuple[str, int, str], set[str]] = {}
        for path, line, module, alias in pieces:
            aliases.setdefault((path, line, module), set()).add(alias)
        return tuple(
            self._use_of(*place, () if "" in names else tuple(sorted(names)))
            for place, names in sorted(aliases.items())
        )

    def _use_of(self, path: str, line: int, module: str, aliases: tuple[str, ...]) -> HeavyStatement:
        """How the file uses what the statement brings; found out once."""
        key = (path, line, module, aliases)
        if key not in self._known:
            self._known[key] = self._described(key)
        return self._known[key]

    def _described(self, key: tuple[str, int, str, tuple[str, ...]]) -> HeavyStatement:
        path, line, module, _ = key
        edges = [self._graph.edges[position] for position in self._places[path, line]]
        if not any(edge.at_module_level and edge.module == module for edge in edges):
            return HeavyStatement(
                *key, use="import time", why="it stands in a function that already runs", use_line=line
            )
        return self._describe(*key)


def _is_moved(edge: Edge, pieces: Collection[_Piece]) -> bool:
    """Whether the edge goes where the statements do not import any more. One name less leaves the rest of its statement."""
    whole = (edge.file, edge.line, edge.module, "")
    return whole in pieces or (bool(edge.alias) and (*whole[:3], edge.alias) in pieces)
