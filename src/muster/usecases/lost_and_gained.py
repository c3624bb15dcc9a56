"""Which tests one record lost and gained against the record before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from muster.model.memory import TestChange

MOST_NAMED = 2000
"""So many node ids of each kind are named; all are counted."""

Tests = Mapping[str, tuple[str, ...]]


def changed_tests(before: Tests, after: Tests, blocked: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """The node ids that are gone, those that are new, and those that are not there because their file is `blocked`."""
    shut_files = frozenset(blocked)
    lost: list[str] = []
    gained: list[str] = []
    shut: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path, ()), after.get(path, ())
        if old == new:
            continue
        gone, come = _without_parameters_found(set(old) - set(new), set(new) - set(old))
        (shut if path in shut_files else lost).extend(_nodeid(path, name) for name in sorted(gone))
        gained.extend(_nodeid(path, name) for name in sorted(come))
    return lost, gained, shut


def named(record: str, previous: str, lost: list[str], gained: list[str], shut: list[str]) -> TestChange:
    """The change with as many of its tests as are named."""
    return TestChange(
        record=record,
        previous=previous,
        lost=tuple(lost[:MOST_NAMED]),
        gained=tuple(gained[:MOST_NAMED]),
        shut=tuple(shut[:MOST_NAMED]),
    )


def _without_parameters_found(gone: set[str], come: set[str]) -> tuple[set[str], set[str]]:
    """Without the tests of which one side knows the parameters and the other only that there are some: those are the same."""
    bare_gone, bare_come = {_bare(name) for name in gone}, {_bare(name) for name in come}
    expanded, collapsed = gone & bare_come, come & bare_gone
    left = {name for name in gone if name not in expanded and _bare(name) not in collapsed}
    return left, {name for name in come if name not in collapsed and _bare(name) not in expanded}


def _bare(name: str) -> str:
    return name.partition("[")[0]


def _nodeid(path: str, name: str) -> str:
    return f"{path}::{name}" if name else path
