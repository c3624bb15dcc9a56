"""What a comparison with a baseline found, and how the Report tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from muster.model.cause import Cause
from muster.model.commit import Commit
from muster.model.report import (
    BareComparison,
    BaselineChange,
    BaselineLoss,
    BaselineReport,
    NewlyBlocked,
    Renaming,
    Since,
)
from muster.usecases.report_paths import relative_path


@dataclass(frozen=True, slots=True)
class Comparison:
    """The collection against its baseline; paths are absolute. `lost` maps each silent loss to the file that it was in, and
    `blocked` each file that newly fails to the tests that it had. `uncommitted` are the lost ids that `HEAD` still has."""

    base: str
    against: str
    tests: int
    lost: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    gained: tuple[str, ...]
    blocked: tuple[tuple[str, int], ...] = ()
    bare: tuple[tuple[str, str], ...] = ()
    uncommitted: frozenset[str] = frozenset()
    blamed: tuple[tuple[str, Commit], ...] = ()
    """Newly blocked files to the commit since which they are, where the cause itself does not know it."""


def baseline_report(found: Comparison, causes: Sequence[Cause], root: str) -> BaselineReport:
    """`found` as published; each loss refers to its cause by the number that it has in the Report."""
    by_test, by_file = _cause_numbers(causes)
    losses: list[BaselineLoss] = []
    for nodeid, path in found.lost:
        number = by_test.get(nodeid, by_file.get(path))
        commit = _commit(causes, number)
        losses.append(BaselineLoss(nodeid=nodeid, cause=number, commit=commit.sha if commit else ""))
    return BaselineReport(
        base=found.base,
        lost=tuple(losses),
        deleted=found.deleted,
        renamed=tuple(Renaming(before=old, after=new) for old, new in found.renamed),
        gained=found.gained,
        against=found.against,
        tests=found.tests,
        changes=_changes(found, losses, causes),
        blocked=tuple(
            NewlyBlocked(path=relative_path(path, root), cause=by_file.get(path), tests=tests)
            for path, tests in found.blocked
        ),
        bare=tuple(BareComparison(subject=relative_path(subject, root), reason=why) for subject, why in found.bare),
    )


def _cause_numbers(causes: Sequence[Cause]) -> tuple[dict[str, int], dict[str, int]]:
    """The number of the cause of each lost test, and of each file that fails."""
    by_test: dict[str, int] = {}
    by_file: dict[str, int] = {}
    for number, cause in enumerate(causes, 1):
        if cause.is_regression:
            by_test.update((nodeid, by_test.get(nodeid, number)) for nodeid in cause.lost)
        elif not cause.lost:
            by_file.update((path, by_file.get(path, number)) for path in cause.victims)
    return by_test, by_file


def _commit(causes: Sequence[Cause], number: int | None) -> Commit | None:
    return causes[number - 1].since if number is not None else None


def _changes(found: Comparison, losses: Sequence[BaselineLoss], causes: Sequence[Cause]) -> tuple[BaselineChange, ...]:
    """The losses by cause, the largest first."""
    by_cause: dict[int | None, list[str]] = {}
    for loss in losses:
        by_cause.setdefault(loss.cause, []).append(loss.nodeid)
    changes = [
        BaselineChange(
            cause=number,
            change=causes[number - 1].message if number is not None else "no cause is known",
            tests=len(nodeids),
            since=since(_commit(causes, number)),
            uncommitted=found.uncommitted.issuperset(nodeids),
        )
        for number, nodeids in by_cause.items()
    ]
    return tuple(sorted(changes, key=lambda change: (-change.tests, change.cause or 0)))


def since(commit: Commit | None) -> Since | None:
    """The commit as published."""
    if commit is None:
        return None
    return Since(commit=commit.sha, author=commit.author, date=commit.date, subject=commit.subject)
