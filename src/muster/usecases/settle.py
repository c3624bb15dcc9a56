"""What a real run settles: outcomes and tests that were open, causes that are confirmed, refuted, or only now seen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace

from muster.model.cause import Cause, Seen
from muster.model.collection import (
    Collection,
    CollectorReport,
    Confidence,
    Item,
    Outcome,
    Session,
    SessionState,
)
from muster.usecases.confirm import failures_by_path, same_exception
from muster.usecases.doubt import file_of
from muster.usecases.witness import Witness


def settle_collection(simulated: Collection, witness: Witness, rootdir: str) -> Collection:
    """`simulated` with what was really seen in place of what was said of those files."""
    real, seen = witness.collection, witness.seen
    failing, known = failures_by_path(real), frozenset(simulated.files)
    reports = [
        *(report for report in simulated.reports if not _is_replaced(report, witness, failing)),
        *(report for report in real.reports if report.path in seen or report.path not in known),
    ]
    return replace(
        simulated,
        session=_settled_session(simulated, witness, reports),
        files=tuple(dict.fromkeys((*simulated.files, *real.files))),
        items=(
            *(item for item in simulated.items if file_of(item.nodeid, rootdir) not in seen),
            *(item for item in real.items if file_of(item.nodeid, rootdir) in seen),
        ),
        reports=tuple(_in_order(reports, (*simulated.files, *real.files))),
        deselected=(
            *(nodeid for nodeid in simulated.deselected if file_of(nodeid, rootdir) not in seen),
            *(nodeid for nodeid in real.deselected if file_of(nodeid, rootdir) in seen),
        ),
        blocked=(
            *((path, items) for path, items in simulated.blocked if path not in seen or path in failing),
            *_newly_blocked(simulated, witness, rootdir),
        ),
    )


def settle_causes(causes: Iterable[Cause], simulated: Collection, witness: Witness) -> tuple[Cause, ...]:
    """`causes` of the simulation without those that the real run refutes, each marked where it bears them out.

    One that rests on what was undecided goes once that is decided: what really happens is diagnosed anew.
    """
    return tuple(_settled(cause, simulated, witness) for cause in causes if not _is_refuted(cause, simulated, witness))


def seen_of_files(simulated: Collection, witness: Witness) -> dict[str, Seen]:
    """How the outcome of each file is known that was really collected; of all others it is simulated."""
    ours, theirs = (_outcomes(collection) for collection in (simulated, witness.collection))
    return {
        path: Seen.CONFIRMED if ours.get(path) == theirs.get(path) else Seen.OBSERVED for path in sorted(witness.seen)
    }


def among_the_seen(simulated: Collection, witness: Witness, rootdir: str) -> Collection:
    """`simulated` as far as the real run can be held against it."""
    if witness.is_whole:
        return simulated
    seen, real = witness.seen, witness.collection
    told = {report.path for report in real.reports}
    ended_by = [simulated.session.aborted_by] if simulated.session.aborted_by is not None else []
    return replace(
        simulated,
        session=real.session,
        items=tuple(item for item in simulated.items if file_of(item.nodeid, rootdir) in seen),
        reports=tuple(
            report for report in (*simulated.reports, *ended_by) if report.path in seen or report.path in told
        ),
    )


def unforeseen(simulated: Collection, witness: Witness, rootdir: str) -> Collection:
    """The real collection with those failures alone that the simulation does not have: they need a diagnosis of their own."""
    real, foreseen = witness.collection, failures_by_path(simulated)
    reports = tuple(
        report
        for report in real.reports
        if report.outcome is Outcome.FAILED
        and report.path not in foreseen
        and (report.path in witness.seen or report.path not in simulated.files)
    )
    aborted_by = real.session.aborted_by
    known = aborted_by is None or aborted_by.path in foreseen
    session = Session() if known else real.session
    blocked = tuple(_newly_blocked(simulated, witness, rootdir))
    return replace(real, session=session, reports=reports, blocked=blocked, losses=(), problems=())


def merge_causes(settled: Sequence[Cause], observed: Iterable[Cause], simulated: Iterable[Cause]) -> tuple[Cause, ...]:
    """`settled` with those causes that only the real run shows; `confirmed` where `simulated` had named it as possible."""
    possible = {(cause.code, cause.subject) for cause in simulated}
    told = {(cause.code, cause.subject): cause for cause in settled}
    more: list[Cause] = []
    for cause in observed:
        key = (cause.code, cause.subject)
        if key in told and set(cause.victims) <= set(told[key].victims):
            continue  # one of several victims was undecided, and fails as the others do
        seen = Seen.CONFIRMED if key in possible else Seen.OBSERVED
        more.append(replace(cause, seen=seen, confidence=Confidence.CERTAIN))
    return (*settled, *more)


def _newly_blocked(simulated: Collection, witness: Witness, rootdir: str) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """The tests that the simulation sees in files of which only the real run tells that they fail."""
    known = {path for path, _ in simulated.blocked}
    failing = {path: list[Item]() for path in failures_by_path(witness.collection) if path not in known}
    if failing:
        for item in simulated.items:
            if (items := failing.get(file_of(item.nodeid, rootdir))) is not None:
                items.append(item)
    yield from ((path, tuple(items)) for path, items in failing.items() if items)


def _settled(cause: Cause, simulated: Collection, witness: Witness) -> Cause:
    if cause.exception is not None:
        failing = failures_by_path(witness.collection)
        left = tuple(path for path in cause.victims if path not in witness.seen or path in failing)
        cause = replace(cause, victims=left)
    if not _is_borne_out(cause, simulated, witness):
        return cause
    # Who only took it for possible has been told; how likely a name or place is that it points to is another question.
    confidence = Confidence.CERTAIN if cause.confidence is Confidence.UNDECIDED else cause.confidence
    return replace(cause, seen=Seen.CONFIRMED, confidence=confidence)


def _is_borne_out(cause: Cause, simulated: Collection, witness: Witness) -> bool:
    """Whether a victim really fails as it was said to, or the tests that are lost are really not there."""
    if cause.exception is None:
        there = {item.nodeid for item in witness.collection.items}
        return bool(cause.lost) and witness.is_whole and there.isdisjoint(cause.lost)
    ours, theirs = failures_by_path(simulated), failures_by_path(witness.collection)
    return any(
        victim in theirs and (victim not in ours or same_exception(ours[victim], theirs[victim]))
        for victim in cause.victims
    )


def _is_refuted(cause: Cause, simulated: Collection, witness: Witness) -> bool:
    """Whether it makes files fail, every victim was seen, and none failed as it was said to."""
    if cause.exception is None or not cause.victims or not witness.seen.issuperset(cause.victims):
        return False
    undecided = {report.path for report in simulated.reports if report.outcome is Outcome.UNDECIDED}
    foreseen, real = failures_by_path(simulated), failures_by_path(witness.collection)
    return all(path not in real or (path in undecided and path not in foreseen) for path in cause.victims)


def _is_replaced(report: CollectorReport, witness: Witness, failing: Container[str]) -> bool:
    """Whether the real run, in which `failing` files fail, tells what became of this collector; of one that is no test
    file only the whole session does."""
    if report.path in witness.seen:
        return True
    if report.outcome is Outcome.UNDECIDED:
        below = report.path.removesuffix("conftest.py").removesuffix("__init__.py").rstrip("/") + "/"
        return witness.is_whole or any(path.startswith(below) for path in witness.seen)
    return witness.is_whole and report.path not in failing


def _outcomes(collection: Collection) -> dict[str, set[Outcome]]:
    outcomes: dict[str, set[Outcome]] = {}
    for report in collection.reports:
        outcomes.setdefault(report.path, set()).add(report.outcome)
    for path in failures_by_path(collection):
        outcomes.setdefault(path, set()).add(Outcome.FAILED)
    return outcomes


def _settled_session(simulated: Collection, witness: Witness, reports: Sequence[CollectorReport]) -> Session:
    """How the session ends, with what is known now."""
    real = witness.collection.session
    if witness.is_whole or (real.aborted_by is not None and real.state is SessionState.ABORTED):
        return real
    if simulated.session.state is SessionState.ABORTED or not witness.seen:
        return simulated.session
    if any(report.outcome is Outcome.FAILED for report in reports):
        return real if real.pytest_exit in (1, 2) else simulated.session
    return replace(simulated.session, pytest_exit=0 if simulated.items or witness.collection.items else 5)


def _in_order(reports: Iterable[CollectorReport], files: Sequence[str]) -> list[CollectorReport]:
    """In the session's order; what is no test file comes first, and one that both tell of comes once."""
    order = {file: place for place, file in enumerate(dict.fromkeys(files))}
    known: dict[tuple[str, Outcome], CollectorReport] = {}
    for report in reports:
        known.setdefault((report.nodeid, report.outcome), report)
    return sorted(known.values(), key=lambda report: order.get(report.path, -1))
