"""What a simulated session leaves to be seen: the files in doubt, with those that their verdict depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import basename, dirname, join, normpath

from muster.model.collection import Collection, CollectorReport, Outcome
from muster.ports import EntryKind, FileTree

_IN_DOUBT = (Outcome.FAILED, Outcome.UNDECIDED)


def doubtful_paths(simulated: Collection, rootdir: str, tree: FileTree) -> tuple[str, ...] | None:
    """What the simulation found failing or left undecided, tests of unknown parameters included; None: the whole session.

    Paths of files, and of folders with a slash at their end, where a conftest or a package is in doubt.
    """
    aborted_by = simulated.session.aborted_by
    if aborted_by is not None and aborted_by.path not in simulated.files:
        return None
    found: dict[str, None] = {}
    reports = [report for report in simulated.reports if report.outcome in _IN_DOUBT]
    for report in [*reports, *([aborted_by] if aborted_by is not None else [])]:
        path = _place_of(report, simulated, tree)
        if not path:
            return None
        found[path] = None
    files = {file_of(item.nodeid, rootdir) for item in simulated.items if not item.expanded}
    return tuple(dict.fromkeys((*found, *sorted(files))))


def file_of(nodeid: str, rootdir: str) -> str:
    """The file that pytest made the collector of `nodeid` for: tests that a class inherits are defined in another one."""
    return normpath(join(rootdir, nodeid.partition("::")[0]))


def shared_out(
    doubtful: Iterable[str], groups: Iterable[Sequence[str]], files: Sequence[str], processes: int
) -> tuple[tuple[str, ...], ...]:
    """What each of at most so many processes collects: `doubtful` and the files before them that they depend on.

    `groups` are the files that must be imported by one process together. In a part files stand in session order; of
    parts there are as many as keep all processes busy alike, counted in files.
    """
    order = {file: place for place, file in enumerate(files)}
    parts: list[list[str]] = [[] for _ in range(processes)]
    for chunk in sorted(_chunks(doubtful, groups, order), key=len, reverse=True):
        min(parts, key=len).extend(chunk)
    return tuple(tuple(sorted(part, key=lambda path: order.get(path, len(order)))) for part in parts if part)


def _place_of(report: CollectorReport, simulated: Collection, tree: FileTree) -> str:
    """The file or folder whose collection shows what becomes of `report`; "" where that takes the whole session."""
    path = report.path
    if path in simulated.files:
        return path
    if tree.kind(path) is EntryKind.FOLDER:
        return f"{path.rstrip('/')}/"
    if basename(path) in ("conftest.py", "__init__.py"):
        return f"{dirname(path).rstrip('/')}/"
    return path if report.nodeid and tree.kind(path) is EntryKind.FILE else ""


def _chunks(
    doubtful: Iterable[str], groups: Iterable[Sequence[str]], order: Mapping[str, int]
) -> Iterator[tuple[str, ...]]:
    """What must stay together."""
    group_of = {file: group for group in groups for file in group}
    last_of: dict[Sequence[str], int] = {}
    for path in doubtful:
        group = group_of.get(path)
        if group is None:
            yield (path,)
        else:
            last_of[group] = max(last_of.get(group, -1), order[path])
    for group, last in last_of.items():
        yield tuple(file for file in group if order[file] <= last)
