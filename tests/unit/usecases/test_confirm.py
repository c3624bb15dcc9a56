"""The simulation held against the real run."""

from __future__ import annotations

from muster.model.collection import (
    Collection,
    CollectorReport,
    Item,
    Outcome,
    RaisedException,
    Session,
    SessionState,
)
from muster.usecases.confirm import collection_difference

PATH = "/p/tests/test_a.py"
OTHER = "/p/tests/test_b.py"


def failed(path: str, message: str = "No module named 'x'") -> CollectorReport:
    nodeid = path.removeprefix("/p/")
    return CollectorReport(nodeid, path, Outcome.FAILED, RaisedException("ModuleNotFoundError", message))


def test_equal_collections_do_not_differ() -> None:
    collection = Collection(items=(Item("a::test", PATH),), reports=(failed(OTHER),))
    assert collection_difference(collection, collection) == ()


def test_missing_and_extra_ids_are_named() -> None:
    ours = Collection(items=(Item("a::one", PATH), Item("a::two", PATH)))
    real = Collection(items=(Item("a::two", PATH), Item("a::three", PATH)))
    found = [(each.kind, each.subject, each.simulated, each.observed) for each in collection_difference(ours, real)]
    assert found == [("test", "a::three", "", "collected"), ("test", "a::one", "collected", "")]


def test_a_bare_id_stands_for_all_its_parameters() -> None:
    ours = Collection(items=(Item("a::test", PATH, expanded=False),))
    real = Collection(items=(Item("a::test[1]", PATH), Item("a::test[2]", PATH)))
    assert collection_difference(ours, real) == ()


def test_what_is_undecided_differs_from_nothing() -> None:
    undecided = CollectorReport("tests/test_a.py", PATH, Outcome.UNDECIDED)
    real = Collection(items=(Item("tests/test_a.py::test", PATH),), reports=())
    assert collection_difference(Collection(reports=(undecided,)), real) == ()
    assert collection_difference(Collection(reports=(undecided,)), Collection(reports=(failed(PATH),))) == ()


def test_another_message_is_a_difference() -> None:
    (found,) = collection_difference(
        Collection(reports=(failed(PATH),)), Collection(reports=(failed(PATH, "No module named 'y'"),))
    )
    assert (found.kind, found.subject) == ("message", "tests/test_a.py")
    assert found.observed == "ModuleNotFoundError: No module named 'y'"


def test_another_end_of_the_session_is_a_difference() -> None:
    (found,) = collection_difference(Collection(), Collection(session=Session(SessionState.ABORTED, 4)))
    assert (found.kind, found.observed) == ("session", "aborted, exit code 4")
