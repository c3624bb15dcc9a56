"""The report of a run, made from its books."""

from __future__ import annotations

from dataclasses import dataclass, field

from muster import __version__
from muster.model.report import Report
from muster.model.run import Fate, FileError, ItemResult
from muster.model.run_report import (
    FileErrorReport,
    RunReport,
    RunSeconds,
    RunTotals,
    TestReport,
)
from muster.model.service import ServiceStatus
from muster.runs.ledger import count_fates
from muster.runs.plan import Planned
from muster.usecases.report_paths import relative_path


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a run by now."""

    report: Report
    root: str
    started_at: str
    workers: int
    simulated_s: float
    planned: Planned = field(default_factory=lambda: Planned({}))
    plan: str = ""
    shard: str = ""
    results: tuple[ItemResult, ...] = ()
    errors: tuple[FileError, ...] = ()
    deselected: int | None = None
    pytest_exit: int | None = None
    stopped: str = ""
    problems: tuple[str, ...] = ()
    services: tuple[ServiceStatus, ...] = ()
    tests_s: float = 0.0
    total_s: float = 0.0


def make_run_report(told: Told, exit_code: int = 0) -> RunReport:
    """The published form of what was told."""
    results = told.results or _nothing_ran(told)
    return RunReport(
        schema="muster.run/1",
        muster=__version__,
        root=told.root,
        started_at=told.started_at,
        categories=told.report.categories,
        exit_code=exit_code,
        pytest_exit=told.pytest_exit,
        stopped=told.stopped,
        workers=told.workers,
        shard=told.shard,
        plan=told.plan,
        seconds=RunSeconds(
            simulated=round(told.simulated_s, 3),
            tests=round(told.tests_s, 3),
            total=round(told.total_s or told.simulated_s, 3),
        ),
        totals=_totals(told, results),
        tests=tuple(_test(result, told.root) for result in results),
        errors=tuple(_error(error, told) for error in told.errors),
        foreseen_not_run=tuple(result.nodeid for result in results if result.fate is Fate.NOT_RUN and result.foreseen),
        ran_unforeseen=tuple(
            result.nodeid for result in results if result.fate is not Fate.NOT_RUN and not result.foreseen
        ),
        problems=told.problems,
        services=told.services,
        collection=told.report,
    )


def _nothing_ran(told: Told) -> tuple[ItemResult, ...]:
    """The planned tests of a run that was stopped before its first test."""
    return tuple(
        ItemResult(item.nodeid, path, Fate.NOT_RUN, text=told.stopped)
        for path, items in told.planned.files.items()
        for item in items
    )


def _totals(told: Told, results: tuple[ItemResult, ...]) -> RunTotals:
    counts = count_fates(results)
    by_name = {fate.value.replace(" ", "_"): counts.get(fate, 0) for fate in Fate}
    deselected = told.planned.deselected if told.deselected is None else told.deselected
    return RunTotals(planned=told.planned.tests, errors=len(told.errors), deselected=deselected, **by_name)


def _test(result: ItemResult, root: str) -> TestReport:
    return TestReport(
        nodeid=result.nodeid,
        path=relative_path(result.path, root),
        outcome=result.fate.value,
        seconds=round(result.seconds, 4),
        worker=result.worker,
        message=result.text,
        foreseen=result.foreseen,
        attempts=result.attempts,
    )


def _error(error: FileError, told: Told) -> FileErrorReport:
    return FileErrorReport(
        nodeid=error.nodeid,
        path=relative_path(error.path, told.root),
        message=error.text,
        crashed=error.crashed,
        foreseen=error.path in told.planned.blocked,
    )
