"""Who imports whom: every import statement that ran in a traced session, with what each module alone took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from muster.model.profile import Part
from muster.model.trace import ImportStatement, TracedSession
from muster.profiling.spans import IsOwn, Span, every_span

ROOT = ""
"""What leads to everything that no statement of a known module asks for: the process itself."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One module asks for another: `alias` is the name of a from list that does, "" where the whole statement does."""

    importer: str
    imported: str
    file: str
    line: int
    at_module_level: bool
    module: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class ImportGraph:
    """Modules by their name, those of the project by their file: there may be many a `conftest`.

    `seconds` is what each took by itself, `total_seconds` what its first import took with all below it, `parts` what that
    was spent on. What pytest asks for hangs on the root: pytest is no choice of the project's.
    """

    edges: tuple[Edge, ...]
    seconds: Mapping[str, float]
    total_seconds: Mapping[str, float]
    names: Mapping[str, str]
    files: Mapping[str, str]
    own: frozenset[str]
    parts: Mapping[str, Part]

    def targets(self) -> dict[str, dict[str, list[int]]]:
        """What each module leads to, each by the positions of its edges; what nothing asks for hangs on the root."""
        found: dict[str, dict[str, list[int]]] = {}
        asked: set[str] = set()
        for position, edge in enumerate(self.edges):
            asked.add(edge.imported)
            found.setdefault(edge.importer, {}).setdefault(edge.imported, []).append(position)
        found.setdefault(ROOT, {}).update({node: [-1] for node in self.seconds if node not in asked})
        return found


def reachable(
    targets: Mapping[str, Mapping[str, Sequence[int]]], without: frozenset[int] = frozenset(), past: str | None = None
) -> dict[str, str]:
    """Everything that the root leads to but by the edges `without` and through the module `past`; each with what leads there."""
    seen, waiting = {ROOT: ROOT}, [ROOT]
    while waiting:
        node = waiting.pop()
        for target, edges in targets.get(node, {}).items():
            if target not in seen and target != past and not without.issuperset(edges):
                seen[target] = node
                waiting.append(target)
    return seen


def import_graph(session: TracedSession, root: Span, is_own: IsOwn) -> ImportGraph:
    """The graph of `session`, whose spans are below `root`."""
    nodes = _Nodes(session, is_own)
    seconds: dict[str, float] = dict.fromkeys(nodes.files, 0.0)
    totals: dict[str, float] = dict.fromkeys(nodes.files, 0.0)
    parts: dict[str, Part] = {}
    imported = {(timing.name, timing.file): nodes.of(timing.name, timing.file) for timing in session.imports}
    for span in every_span(root):
        node = imported.get((span.name, span.file))
        if node is not None and node in seconds:
            seconds[node] += span.own_s
            totals[node] = max(totals[node], span.seconds)
            parts[node] = span.part
    edges = (*_first_askers(session, nodes), *_statements(session.statements, nodes))
    own = frozenset(node for node, file in nodes.files.items() if is_own(file))
    kept = (replace(edge, importer=ROOT) if parts.get(edge.importer) is Part.PYTEST else edge for edge in edges)
    return ImportGraph(tuple(dict.fromkeys(kept)), seconds, totals, nodes.names, nodes.files, own, parts)


class _Nodes:
    """Which node stands for which module."""

    def __init__(self, session: TracedSession, is_own: IsOwn) -> None:
        self._is_own = is_own
        self.files: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        self._by_file: dict[str, str] = {}
        for timing in session.imports:
            node = self.of(timing.name, timing.file)
            self.files[node], self.names[node] = timing.file, timing.name
            self._by_name[timing.name] = node
            if timing.file:
                self._by_file[timing.file] = node

    def of(self, name: str, file: str) -> str:
        return file if file and self._is_own(file) else name

    def importer(self, name: str, file: str) -> str:
        """The module that a statement stands in; the root where it is none that was imported."""
        node = self._by_file.get(file)
        return node if node is not None else self._by_name.get(name, ROOT)

    def imported(self, name: str) -> str | None:
        return self._by_name.get(name)

    def in_file(self, file: str) -> str:
        return self._by_file.get(file, ROOT)


def _first_askers(session: TracedSession, nodes: _Nodes) -> Iterator[Edge]:
    """The edge that each module was first imported by. It belongs to the statement in the same place: what a star import or
    an `__init__.py` pulls in by a call is that statement's doing."""
    places: dict[tuple[str, int], list[ImportStatement]] = {}
    for statement in session.statements:
        places.setdefault((statement.file, statement.line), []).append(statement)
    for timing in session.imports:
        importer, imported = nodes.in_file(timing.asker.path), nodes.of(timing.name, timing.file)
        edge = Edge(importer, imported, timing.asker.path, timing.asker.line, at_module_level=False, module=timing.name)
        for statement in places.get((edge.file, edge.line), ()):
            module = absolute_name(statement)
            if timing.name == module or timing.name.startswith(module + "."):
                part = timing.name.removeprefix(module).lstrip(".").partition(".")[0]
                alias = part if part in statement.names else ""
                edge = replace(edge, at_module_level=statement.at_module_level, module=module, alias=alias)
        if importer != imported:
            yield edge


def _statements(statements: tuple[ImportStatement, ...], nodes: _Nodes) -> Iterator[Edge]:
    for each in statements:
        module = absolute_name(each)
        importer = nodes.importer(each.importer, each.file)
        wanted = [(name, "") for name in _with_parents(module)]
        wanted += [(f"{module}.{name}", name) for name in each.names if name != "*"]
        for name, alias in wanted:
            imported = nodes.imported(name)
            if imported is not None and imported != importer:
                yield Edge(importer, imported, each.file, each.line, each.at_module_level, module, alias)


def absolute_name(statement: ImportStatement) -> str:
    """The dotted name that the statement imports from."""
    if not statement.level:
        return statement.name
    parts = statement.package.split(".")
    base = parts[: len(parts) - statement.level + 1]
    return ".".join([*base, *([statement.name] if statement.name else [])])


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])
