"""Which files one worker must be given together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from muster.runs.plan import Planned


def join_groups(planned: Planned, dependent: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The groups of files of `planned`: those that depend on each other, and those with tests of one `xdist_group`.

    A file alone is a group where it has such tests: they must not be shared out. A file with tests of two groups joins both.
    """
    marked: dict[str, list[str]] = {}
    for path, items in planned.files.items():
        for name in {item.group: None for item in items if item.group}:
            marked.setdefault(name, []).append(path)
    parts: list[dict[str, None]] = []
    there = [[path for path in files if path in planned.files] for files in dependent]
    for files in (*(files for files in there if len(files) > 1), *marked.values()):
        joined = dict.fromkeys(files)
        apart = []
        for part in parts:
            if part.keys().isdisjoint(joined):
                apart.append(part)
            else:
                joined = part | joined
        parts = [*apart, joined]
    return tuple(map(tuple, parts))
