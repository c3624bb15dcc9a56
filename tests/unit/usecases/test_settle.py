"""What a real run settles of a simulated session."""

from __future__ import annotations

from dataclasses import replace

from muster.model.cause import Cause, Scope, Seen, Severity
from muster.model.collection import (
    Collection,
    CollectorReport,
    Confidence,
    Item,
    Outcome,
    RaisedException,
    Session,
)
from muster.usecases.settle import (
    among_the_seen,
    merge_causes,
    seen_of_files,
    settle_causes,
    settle_collection,
    unforeseen,
)
from muster.usecases.witness import Witness

A, B, C = "/p/test_a.py", "/p/test_b.py", "/p/test_c.py"


def report(path: str, message: str = "x", outcome: Outcome = Outcome.FAILED) -> CollectorReport:
    return CollectorReport(path.removeprefix("/p/"), path, outcome, RaisedException("ImportError", message))


def item(path: str, name: str = "test", *, expanded: bool = True) -> Item:
    return Item(f"{path.removeprefix('/p/')}::{name}", path, expanded=expanded)


def cause(*victims: str, confidence: Confidence = Confidence.CERTAIN, lost: tuple[str, ...] = ()) -> Cause:
    raised = None if lost else RaisedException("ImportError", "x")
    return Cause(
        "M1",
        Severity.ERROR,
        confidence,
        Scope.FILE,
        "title",
        "x",
        "message",
        victims=victims,
        lost=lost,
        exception=raised,
    )


def test_an_undecided_file_is_what_it_really_is() -> None:
    simulated = Collection(
        files=(A, B, C),
        items=(item(A), item(B), item(C, expanded=False)),
        reports=(report(A, outcome=Outcome.UNDECIDED), report(B, outcome=Outcome.UNDECIDED)),
    )
    real = Collection(
        session=Session(pytest_exit=2),
        files=(A, B, C),
        items=(item(B, "other"), item(C, "test[1]")),
        reports=(report(A),),
    )
    settled = settle_collection(simulated, Witness(real, frozenset((A, B, C))), "/p")
    assert settled.reports == (report(A),)
    assert [each.nodeid for each in settled.items] == ["test_b.py::other", "test_c.py::test[1]"]
    assert settled.session.pytest_exit == 2
    assert settled.blocked == ((A, (item(A),)),), "the simulation had seen a test in it"


def test_what_was_not_looked_at_stays_as_simulated() -> None:
    simulated = Collection(files=(A, B), items=(item(B),), reports=(report(A),), session=Session(pytest_exit=2))
    real = Collection(session=Session(pytest_exit=2), files=(A,), reports=(report(A),))
    seen = Witness(real, frozenset((A,)))
    assert settle_collection(simulated, seen, "/p") == simulated
    assert among_the_seen(simulated, seen, "/p").items == ()
    assert seen_of_files(simulated, seen) == {A: Seen.CONFIRMED}


def test_a_session_without_failures_ends_well() -> None:
    simulated = Collection(files=(A,), reports=(report(A),), session=Session(pytest_exit=2))
    seen = Witness(Collection(files=(A,), items=(item(A),)), frozenset((A,)), is_whole=False)
    settled = settle_collection(simulated, seen, "/p")
    assert (settled.session, settled.reports) == (Session(), ())
    assert seen_of_files(simulated, seen) == {A: Seen.OBSERVED}


def test_a_cause_is_confirmed_refuted_or_only_simulated() -> None:
    simulated = Collection(files=(A, B, C), reports=(report(A), report(B), report(C)))
    seen = Witness(Collection(files=(A, B), reports=(report(A),)), frozenset((A, B)))
    likely = cause(A, B, confidence=Confidence.LIKELY)
    first, second = settle_causes((likely, cause(B), cause(C)), simulated, seen)
    assert first == replace(likely, seen=Seen.CONFIRMED, victims=(A,))
    assert second == cause(C)


def test_what_was_undecided_is_diagnosed_anew_and_told_once() -> None:
    simulated = Collection(files=(A, B), reports=(report(A, outcome=Outcome.UNDECIDED), report(B)))
    real = Collection(session=Session(pytest_exit=2), files=(A, B), reports=(report(A), report(B)))
    seen = Witness(real, frozenset((A, B)))
    possible = cause(A, confidence=Confidence.UNDECIDED)
    assert settle_causes((possible,), simulated, seen) == ()
    assert unforeseen(simulated, seen, "/p").reports == (report(A),)
    [merged] = merge_causes((), (cause(A),), (possible,))
    assert (merged.seen, merged.confidence) == (Seen.CONFIRMED, Confidence.CERTAIN)
    [merged] = merge_causes((), (cause(A),), ())
    assert merged.seen is Seen.OBSERVED
    both = cause(A, B)
    assert merge_causes((both,), (cause(A),), (both,)) == (both,)


def test_a_loss_is_confirmed_by_the_whole_session_alone() -> None:
    losing = cause(A, lost=("test_a.py::TestA::test",))
    collection = Collection(files=(A,), items=(item(A),))
    for is_whole, expected in ((True, Seen.CONFIRMED), (False, Seen.SIMULATED)):
        [settled] = settle_causes((losing,), collection, Witness(collection, frozenset((A,)), is_whole))
        assert settled.seen is expected
