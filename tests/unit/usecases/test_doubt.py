"""What a simulated session leaves to be seen, and how that is shared out."""

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
from muster.trees.memory import MemoryTree
from muster.usecases.doubt import doubtful_paths, shared_out

ROOT = "/p"
TREE = MemoryTree({f"/p/{name}": b"" for name in ("sub/conftest.py", "sub/test_x.py", "data.yaml", "conftest.py")})


def report(name: str, outcome: Outcome = Outcome.UNDECIDED) -> CollectorReport:
    return CollectorReport(name, f"{ROOT}/{name}", outcome, RaisedException("ValueError", "x"))


def doubtful(*reports: CollectorReport, **more: object) -> tuple[str, ...] | None:
    files = tuple(f"{ROOT}/test_{letter}.py" for letter in "abcd")
    collection = Collection(files=files, reports=reports, **more)  # type: ignore[arg-type]  # because of the shorthand
    return doubtful_paths(collection, ROOT, TREE)


def test_what_fails_is_undecided_or_has_unknown_parameters_is_in_doubt() -> None:
    items = (Item("test_c.py::test", "/p/base.py", expanded=False), Item("test_d.py::test", "/p/test_d.py"))
    reports = report("test_b.py", Outcome.FAILED), report("test_a.py"), report("test_d.py", Outcome.SKIPPED)
    assert doubtful(*reports, items=items) == ("/p/test_b.py", "/p/test_a.py", "/p/test_c.py")


def test_a_folder_is_in_doubt_where_its_conftest_is() -> None:
    assert doubtful(report("sub/conftest.py"), report("sub"), report("data.yaml")) == ("/p/sub/", "/p/data.yaml")


def test_the_session_is_in_doubt_where_a_plugin_is_or_a_conftest_ends_it() -> None:
    assert doubtful(CollectorReport("", "/p/plugin.py", Outcome.UNDECIDED)) is None
    aborted_by = report("conftest.py", Outcome.FAILED)
    assert doubtful(session=Session(SessionState.ABORTED, 4, aborted_by)) is None


def test_a_file_that_ends_the_session_is_in_doubt_itself() -> None:
    aborted_by = report("test_b.py", Outcome.FAILED)
    assert doubtful(session=Session(SessionState.ABORTED, 3, aborted_by)) == ("/p/test_b.py",)


def test_each_comes_with_the_files_before_it_that_it_depends_on() -> None:
    files = tuple("abcdef")
    parts = shared_out(["c", "e"], [("a", "c", "f"), ("b", "d")], files, 2)
    assert parts == (("a", "c"), ("e",)), "f comes after what is in doubt, and nothing asks for b and d"


def test_parts_are_of_one_size_and_in_session_order() -> None:
    files = tuple("abcdef")
    assert shared_out("fedba", [], files, 2) == (("a", "d", "f"), ("b", "e"))
    assert shared_out("", [], files, 2) == ()
