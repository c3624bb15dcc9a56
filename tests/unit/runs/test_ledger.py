"""Every test has exactly one fate."""

from __future__ import annotations

import pytest

from muster.model.collection import Item
from muster.model.run import Fate, FileError
from muster.runs.ledger import Ledger, ReportRow, fate_of
from muster.runs.plan import Planned

SETUP, TEARDOWN = ReportRow("setup", "passed", False), ReportRow("teardown", "passed", False)


def call(outcome: str, has_wasxfail: bool = False) -> ReportRow:
    return ReportRow("call", outcome, has_wasxfail, "why")


@pytest.mark.parametrize(
    ("rows", "fate"),
    [
        ([SETUP, call("passed"), TEARDOWN], Fate.PASSED),
        ([SETUP, call("failed"), TEARDOWN], Fate.FAILED),
        ([SETUP, call("failed"), ReportRow("teardown", "failed", False, "late")], Fate.FAILED),
        ([SETUP, call("passed"), ReportRow("teardown", "failed", False, "late")], Fate.ERROR),
        ([ReportRow("setup", "failed", False, "early"), TEARDOWN], Fate.ERROR),
        ([ReportRow("setup", "skipped", False, "no"), TEARDOWN], Fate.SKIPPED),
        ([SETUP, call("skipped", True), TEARDOWN], Fate.XFAILED),
        ([SETUP, call("passed", True), TEARDOWN], Fate.XPASSED),
        ([SETUP, ReportRow("call", "rerun", False), SETUP, call("passed"), TEARDOWN], Fate.PASSED),
        ([SETUP, call("passed"), call("failed"), TEARDOWN], Fate.FAILED),  # subtests
        ([SETUP, TEARDOWN], Fate.NOT_RUN),
        ([], Fate.NOT_RUN),
    ],
)
def test_the_fate_is_what_pytest_reports_and_never_better(rows: list[ReportRow], fate: Fate) -> None:
    assert fate_of(rows)[0] is fate


def ledger(*names: str, expanded: bool = True) -> Ledger:
    return Ledger(Planned({"/p/a.py": tuple(Item(f"a.py::{name}", "/p/a.py", 0, expanded) for name in names)}))


def fates(books: Ledger, reason: str = "") -> dict[str, Fate]:
    return {result.nodeid: result.fate for result in books.close(reason)}


def test_what_was_foreseen_and_has_no_fate_was_not_run() -> None:
    books = ledger("test_a", "test_b")
    books.record(books.meet("a.py::test_a", "/p/a.py"), Fate.PASSED)
    assert fates(books) == {"a.py::test_a": Fate.PASSED, "a.py::test_b": Fate.NOT_RUN}
    assert [result.text for result in books.close() if result.fate is Fate.NOT_RUN] == ["pytest did not collect it"]


def test_the_reason_is_the_file_where_that_is_broken() -> None:
    books = ledger("test_a")
    books.break_file(FileError("a.py", "/p/a.py", "ImportError: x"))
    assert [result.text for result in books.close()] == ["ImportError: x"]


def test_a_bare_id_is_what_its_parameters_are() -> None:
    books = ledger("test_a", "test_b", expanded=False)
    key = books.meet("a.py::test_a[1]", "/p/a.py")
    books.meet("a.py::test_a[2]", "/p/a.py")
    assert books.record(key, Fate.PASSED).foreseen
    assert fates(books) == {
        "a.py::test_a[1]": Fate.PASSED,
        "a.py::test_a[2]": Fate.NOT_RUN,
        "a.py::test_b": Fate.NOT_RUN,
    }


def test_what_was_not_foreseen_is_marked() -> None:
    books = ledger("test_a")
    assert not books.record(books.meet("a.py::test_new", "/p/a.py"), Fate.PASSED).foreseen


def test_a_test_has_one_fate_and_a_second_one_is_our_bug() -> None:
    books = ledger("test_a")
    key = books.meet("a.py::test_a", "/p/a.py")
    books.record(key, Fate.PASSED)
    with pytest.raises(KeyError):
        books.record(key, Fate.FAILED)


def test_a_released_test_is_the_same_one_when_it_comes_again() -> None:
    books = ledger("test_a")
    key = books.meet("a.py::test_a", "/p/a.py")
    books.release(key)
    assert books.meet("a.py::test_a", "/p/a.py") == key
    assert books.collected == 1


def test_two_tests_of_one_id_are_two_tests() -> None:
    books = ledger("test_a")
    keys = [books.meet("a.py::test_a", "/p/a.py") for _ in range(2)]
    for key in keys:
        books.record(key, Fate.PASSED)
    assert books.done == 2


def test_the_number_of_tests_to_come_is_corrected_by_what_pytest_collects() -> None:
    books = Ledger(Planned({f"/p/{name}.py": (Item(f"{name}.py::t", f"/p/{name}.py", 0, False),) for name in "ab"}))
    assert books.expected == 2
    for number in range(10):
        books.meet(f"a.py::t[{number}]", "/p/a.py")
    assert books.expected == 11


def test_a_file_that_is_skipped_counts_with_all_of_its_tests() -> None:
    books = ledger("test_a", "test_b")
    books.skip_file("/p/a.py", "service db is missing")
    assert set(fates(books).values()) == {Fate.SKIPPED}
    assert books.skipped == 2
