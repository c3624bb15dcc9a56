"""Since when is a cause there? What rules that argue from the code of today leave to the history: the commit that wrote the
culprit as it stands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from muster.facts.faults import count_lines, shows
from muster.facts.parse import PARSE_FAILURES, parse_tree
from muster.model.cause import Cause, Evidence, Severity
from muster.model.commit import Commit
from muster.model.history import Chronicle, Fault
from muster.ports import FileTree, ReadFailure

MOST_CAUSES = 40
"""So many causes are dated, the worst first."""

BY_LINE = frozenset("M105 M110 M306 M307 M308 M309 M401 M402 M403 M404 M407 M408 M409".split())
"""Causes whose culprit is one statement or setting that is wrong as it stands."""

NO_REPOSITORY = "not a git repository"
"""git's own words."""

NOT_COMMITTED = "what is at fault is not committed yet"


def faults_of(causes: Iterable[Cause], tree: FileTree) -> dict[Fault, None]:
    """What to ask the history about those of `causes` that nothing dates yet: errors and losses that nobody accepted."""
    return dict.fromkeys(fault for cause in _undated(causes) for fault in _faults(cause, tree))


def dated(causes: Sequence[Cause], told: Chronicle, tree: FileTree) -> tuple[Cause, ...]:
    """`causes`, each with the newest of the commits that brought what it consists of."""
    asked = {id(cause): _faults(cause, tree) for cause in _undated(causes)}
    return tuple(_dated(cause, asked.get(id(cause), ()), told) for cause in causes)


def _undated(causes: Iterable[Cause]) -> list[Cause]:
    wanted = (cause for cause in causes if cause.since is None and not cause.accepted)
    return [cause for cause in wanted if cause.severity is not Severity.NOTE][:MOST_CAUSES]


def _dated(cause: Cause, faults: Sequence[Fault], told: Chronicle) -> Cause:
    commits = [commit for fault, commit in told.since.items() if fault in faults]
    if not commits or len(commits) < len(faults):
        gaps = gaps_to_tell(told) if faults and cause.severity is Severity.ERROR else ()
        return replace(cause, evidence=tuple(dict.fromkeys((*cause.evidence, *gaps))))
    if any(not commit.sha for commit in commits):
        return replace(cause, evidence=(*cause.evidence, Evidence("history", NOT_COMMITTED)))
    return replace(cause, since=newest(commits))


def gaps_to_tell(told: Chronicle) -> tuple[Evidence, ...]:
    """What the history could not tell, and why; that a project is in no repository its people know."""
    return tuple(Evidence("history", gap) for gap in told.gaps if NO_REPOSITORY not in gap)


def newest(commits: Iterable[Commit]) -> Commit | None:
    """The one whose author's date is the latest; zones count."""
    return max(commits, key=_moment, default=None)


def _moment(commit: Commit) -> float:
    try:
        return datetime.fromisoformat(commit.date).timestamp()
    except ValueError:
        return 0.0


def _faults(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    found = _FAULTS.get(cause.code, _line if cause.code in BY_LINE else _nothing)(cause, tree)
    # The history is asked by the same rule: what today's content does not show, it cannot date.
    own = (fault for fault in found if "/site-packages/" not in fault.path)
    return tuple(fault for fault in own if shows(fault.kind, fault.text, fault.times, _content(fault.path, tree)))


def _nothing(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    return ()


def _line(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    place = cause.culprit
    return _fault_of_line(place.path, place.text, tree) if place is not None and place.line else ()


def _fault_of_line(path: str, text: str, tree: FileTree) -> tuple[Fault, ...]:
    """That the file has the line as often as today: of two alike, the second one is the later."""
    times = count_lines(_content(path, tree), text) if text else 0
    return (Fault("line", path, text, times),) if times else ()


def _syntax(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    return (Fault("syntax", cause.culprit.path),) if cause.culprit is not None else ()


def _unbound(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    return (Fault("unbound", cause.culprit.path, cause.subject),) if cause.culprit is not None else ()


def _undeclared(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    """The import of what nobody declares; what is declared and not installed is no commit's fault."""
    return _line(cause, tree) if any(each.kind == "undeclared" for each in cause.evidence) else ()


def _cycle(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    """Every edge: the newest one closed the circle."""
    edges = [each for each in cause.evidence if each.kind == "cycle"]
    return tuple(Fault("import", edge.path, names) for edge in edges if (names := _imported_at(edge, tree)))


def _imported_at(edge: Evidence, tree: FileTree) -> str:
    """The names that the statement imports, with spaces between them; a whole module by its last part."""
    try:
        body = parse_tree(_content(edge.path, tree), "source.py")
    except PARSE_FAILURES:
        return ""
    found = (
        node for node in ast.walk(body) if isinstance(node, ast.Import | ast.ImportFrom) and node.lineno == edge.line
    )
    return " ".join(alias.name.rpartition(".")[2] for node in found for alias in node.names if alias.name != "*")


def _both_files(cause: Cause, tree: FileTree) -> tuple[Fault, ...]:
    """The two files that cannot be there together."""
    sides = [each for each in cause.evidence if each.kind in ("winner", "loser") and each.path.endswith(".py")]
    return tuple(Fault("file", each.path) for each in sides[:2])


_FAULTS: Mapping[str, Callable[[Cause, FileTree], tuple[Fault, ...]]] = {
    "M107": _undeclared,
    "M301": _syntax,
    "M302": _unbound,
    "M205": _cycle,
    "M305": _both_files,
}


def _content(path: str, tree: FileTree) -> bytes:
    try:
        return tree.read(path)
    except ReadFailure:
        return b""
