"""What a comparison with a baseline found, and how the Report tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    `blocked` each file that newly fails to the tests that it had. `blamed` are newly blocked files with the commit since which
    they are; one without a name is a change that is not committed."""

    base: str
    against: str
    tests: int
    lost: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    gained: tuple[str, ...]
    blocked: tuple[tuple[str, int], ...] = ()
    bare: tuple[tuple[str, str], ...] = ()
    blamed: tuple[tuple[str, Commit], ...] = ()


def baseline_report(found: Comparison, causes: Sequence[Cause], root: str) -> BaselineReport:
    """`found` as published; each loss refers to its cause by the number that it has in the Report."""
    by_test, by_file = _cause_numbers(causes)
    blamed = dict(found.blamed)
    rows: dict[tuple[int | None, Commit | None], list[str]] = {}
    losses: list[BaselineLoss] = []
    for nodeid, path in found.lost:
        number = by_test.get(nodeid, by_file.get(path))
        commit = blamed.get(path) or (causes[number - 1].since if number is not None else None)
        rows.setdefault((number, commit), []).append(nodeid)
        losses.append(BaselineLoss(nodeid=nodeid, cause=number, commit=commit.sha if commit else ""))
    return BaselineReport(
        base=found.base,
        lost=tuple(losses),
        deleted=found.deleted,
        renamed=tuple(Renaming(before=old, after=new) for old, new in found.renamed),
        gained=found.gained,
        against=found.against,
        tests=found.tests,
        changes=_changes(rows, causes),
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


def _changes(
    rows: Mapping[tuple[int | None, Commit | None], Sequence[str]], causes: Sequence[Cause]
) -> tuple[BaselineChange, ...]:
    """The losses by cause and commit, the largest first."""
    changes = [
        BaselineChange(
            cause=number,
            change=causes[number - 1].message if number is not None else "no cause is known",
            tests=len(nodeids),
            since=since(commit),
            uncommitted=commit is not None and not commit.sha,
        )
        for (number, commit), nodeids in rows.items()
    ]
    return tuple(sorted(changes, key=lambda change: (-change.tests, change.cause or 0)))


def since(commit: Commit | None) -> Since | None:
    """The commit as published; None for what is not committed."""
    if commit is None or not commit.sha:
        return None
    return Since(commit=commit.sha, author=commit.author, date=commit.date, subject=commit.subject)
