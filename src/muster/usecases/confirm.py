"""The real collection beside the simulated one: where the two differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from muster.comparison import bare_id
from muster.model.collection import Collection, CollectorReport, Outcome
from muster.model.report import DifferenceReport

_ADDRESS = re.compile(r"0x(?:[0-9a-fA-F]+|\.\.\.)")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What two collections say differently: failures by node id (what aborts the session is one), then skips and tests.

    `foreseen` are failures that both have, the simulated one first; `messages` those of them that say something else.
    Tests are compared as often as they occur; a bare id of the simulation is that of all its parameters.
    """

    missed: tuple[CollectorReport, ...]
    false: tuple[CollectorReport, ...]
    foreseen: tuple[tuple[CollectorReport, CollectorReport], ...]
    skips_missed: tuple[CollectorReport, ...]
    skips_false: tuple[CollectorReport, ...]
    tests_missed: tuple[str, ...]
    tests_false: tuple[str, ...]

    @property
    def messages(self) -> tuple[tuple[CollectorReport, CollectorReport], ...]:
        """The failures that both have, with another exception or message."""
        return tuple((mine, real) for mine, real in self.foreseen if not same_exception(mine, real))


def disagreement(simulated: Collection, observed: Collection, excused: frozenset[str] = frozenset()) -> Disagreement:
    """Where `simulated` and `observed` differ; what happens in the `excused` files is not held against the simulation."""
    ours, theirs = failures_by_node(simulated), failures_by_node(observed)
    skipped, really_skipped = _by_node(simulated, Outcome.SKIPPED), _by_node(observed, Outcome.SKIPPED)
    bare = {item.nodeid for item in simulated.items if not item.expanded}
    said = Counter(item.nodeid for item in simulated.items if item.path not in excused)
    expected = Counter(_collapsed((item.nodeid for item in observed.items if item.path not in excused), bare))
    return Disagreement(
        missed=tuple(real for node, real in theirs.items() if node not in ours and real.path not in excused),
        false=tuple(mine for node, mine in ours.items() if node not in theirs),
        foreseen=tuple((ours[node], real) for node, real in theirs.items() if node in ours),
        skips_missed=tuple(
            real for node, real in really_skipped.items() if node not in skipped and real.path not in excused
        ),
        skips_false=tuple(mine for node, mine in skipped.items() if node not in really_skipped),
        tests_missed=tuple((expected - said).elements()),
        tests_false=tuple((said - expected).elements()),
    )


def collection_difference(simulated: Collection, observed: Collection) -> tuple[DifferenceReport, ...]:
    """Every point where the two collections differ, by kind and then by name; what is undecided differs from nothing."""
    undecided = frozenset(report.path for report in simulated.reports if report.outcome is Outcome.UNDECIDED)
    found = disagreement(simulated, observed, undecided)
    failures = [
        *(_difference("failure", mine.nodeid, str(_what(mine)), "") for mine in found.false),
        *(_difference("failure", real.nodeid, "", str(_what(real))) for real in found.missed),
        *(_difference("message", mine.nodeid, str(_what(mine)), str(_what(real))) for mine, real in found.messages),
    ]
    skips = [
        *(_difference("skip", mine.nodeid, str(_what(mine)), "") for mine in found.skips_false),
        *(_difference("skip", real.nodeid, "", str(_what(real))) for real in found.skips_missed),
    ]
    return (
        *sorted(failures, key=_subject),
        *sorted(skips, key=_subject),
        *(_difference("test", nodeid, "", "collected") for nodeid in sorted(found.tests_missed)),
        *(_difference("test", nodeid, "collected", "") for nodeid in sorted(found.tests_false)),
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


def failures_by_node(collection: Collection) -> dict[str, CollectorReport]:
    """The failures by node id, what ended the session among them."""
    failures = _by_node(collection, Outcome.FAILED)
    if (aborted_by := collection.session.aborted_by) is not None:
        failures[aborted_by.nodeid] = aborted_by
    return failures


def same_exception(mine: CollectorReport, real: CollectorReport) -> bool:
    """Whether both ended with the same exception, to the message: but for addresses of objects, which no two runs share."""
    if mine.exception is None or real.exception is None:
        return mine.exception is real.exception
    ours, theirs = ((each.type, _ADDRESS.sub("0x", each.message)) for each in (mine.exception, real.exception))
    return ours == theirs


def _collapsed(nodeids: Iterable[str], bare: set[str]) -> Iterator[str]:
    """`nodeids`, those of one test that the simulation left unexpanded as one bare id."""
    met: set[str] = set()
    for nodeid in nodeids:
        name = bare_id(nodeid)
        if name not in bare:
            yield nodeid
        elif name not in met:
            met.add(name)
            yield name


def _session_differences(simulated: Collection, observed: Collection) -> Iterator[DifferenceReport]:
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


def _subject(difference: DifferenceReport) -> str:
    return difference.subject


def _by_node(collection: Collection, outcome: Outcome) -> dict[str, CollectorReport]:
    return {report.nodeid: report for report in collection.reports if report.outcome is outcome}


def _what(report: CollectorReport) -> object:
    return report.exception or report.reason or report.outcome
