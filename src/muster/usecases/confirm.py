"""The real collection beside the simulated one: where the two differ."""

from __future__ import annotations

from collections.abc import Iterable

from muster.model.collection import Collection, CollectorReport, Outcome
from muster.model.report import DifferenceReport


def collection_difference(simulated: Collection, observed: Collection) -> tuple[DifferenceReport, ...]:
    """Every point where the two collections differ, by kind and then by name.

    A bare id of the simulation stands for all its parameters, and what it calls undecided differs from nothing.
    """
    return (
        *_outcome_differences(simulated, observed),
        *_node_differences(simulated, observed),
        *_session_differences(simulated, observed),
    )


def failures_by_path(collection: Collection) -> dict[str, CollectorReport]:
    """The first failure of each file, and what ended the session."""
    failures: dict[str, CollectorReport] = {}
    for report in collection.reports:
        if report.outcome is Outcome.FAILED:
            failures.setdefault(report.path, report)
    if (aborted_by := collection.session.aborted_by) is not None:
        failures.setdefault(aborted_by.path, aborted_by)
    return failures


def same_exception(mine: CollectorReport, real: CollectorReport) -> bool:
    """Whether both ended with the same exception, to the message."""
    if mine.exception is None or real.exception is None:
        return mine.exception is real.exception
    return (mine.exception.type, mine.exception.message) == (real.exception.type, real.exception.message)


def _outcome_differences(simulated: Collection, observed: Collection) -> Iterable[DifferenceReport]:
    undecided = _undecided_paths(simulated)
    for kind, outcome in (("failure", Outcome.FAILED), ("skip", Outcome.SKIPPED)):
        ours, theirs = _by_node(simulated, outcome), _by_node(observed, outcome)
        for node in sorted(ours.keys() | theirs.keys()):
            mine, real = ours.get(node), theirs.get(node)
            if mine is None and real is not None and real.path in undecided:
                continue
            if mine is None or real is None:
                yield _difference(kind, node, _text(mine), _text(real))
            elif outcome is Outcome.FAILED and not same_exception(mine, real):
                yield _difference("message", node, _text(mine), _text(real))


def _node_differences(simulated: Collection, observed: Collection) -> Iterable[DifferenceReport]:
    undecided = _undecided_paths(simulated)
    bare = {item.nodeid for item in simulated.items if not item.expanded}
    ours = {item.nodeid for item in simulated.items if item.path not in undecided}
    theirs = {item.nodeid for item in observed.items if item.path not in undecided}
    covered = {nodeid for nodeid in theirs if _bare_id(nodeid) in bare}
    for nodeid in sorted(theirs - ours - covered):
        yield _difference("test", nodeid, "", "collected")
    for nodeid in sorted(ours - theirs - {_bare_id(nodeid) for nodeid in covered}):
        yield _difference("test", nodeid, "collected", "")


def _session_differences(simulated: Collection, observed: Collection) -> Iterable[DifferenceReport]:
    ours, theirs = simulated.session, observed.session
    if (ours.state, ours.pytest_exit) != (theirs.state, theirs.pytest_exit):
        yield _difference(
            "session",
            "",
            f"{ours.state}, exit code {ours.pytest_exit}",
            f"{theirs.state}, exit code {theirs.pytest_exit}",
        )


def _difference(kind: str, subject: str, simulated: str, observed: str) -> DifferenceReport:
    return DifferenceReport(kind=kind, subject=subject, simulated=simulated, observed=observed)


def _by_node(collection: Collection, outcome: Outcome) -> dict[str, CollectorReport]:
    return {report.nodeid: report for report in collection.reports if report.outcome is outcome}


def _undecided_paths(collection: Collection) -> frozenset[str]:
    return frozenset(report.path for report in collection.reports if report.outcome is Outcome.UNDECIDED)


def _bare_id(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def _text(report: CollectorReport | None) -> str:
    return "" if report is None else str(report.exception or report.reason or report.outcome)
