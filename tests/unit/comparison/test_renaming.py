"""Files in which nothing but names changed: the answers are those of taking both versions apart."""

from __future__ import annotations

import pytest
from tests.support.comparison import compared

from muster.comparison import renaming, versions
from muster.comparison.renaming import renamed_definitions
from muster.model.report import Report

SHOP = """\
import unittest

import pytest


class TestCart:
    def test_total(self):
        assert sum([1, 2]) == 3

    @pytest.mark.parametrize("n", [1, 2])
    def test_each(self, n):
        self.test_total()


class TestHeir(TestCart):
    def test_own(self):
        assert 1


class TestCase(unittest.TestCase):
    def test_case(self):
        assert self


class TestPlain:
    def test_plain(self):
        assert 2


def test_alone():
    assert "TestCart"
"""


def renamed(**names: str) -> str:
    return (
        renaming._any_of([name.encode() for name in names])
        .sub(lambda word: names[word[0].decode()].encode(), SHOP.encode())
        .decode()
    )


HEIR = renamed(TestCart="CartTests", TestHeir="HeirTests")
CHANGES = {
    "a class": renamed(TestPlain="PlainTests"),
    "a class whose tests run through its heir": renamed(TestCart="CartTests"),
    "a class and its heir": HEIR,
    "a class that is known by its base": SHOP.replace("class TestCase", "class CaseTests"),
    "a class that is still collected": renamed(TestPlain="TestSimple"),
    "a method": renamed(test_plain="check_plain"),
    "a method that others call": renamed(test_total="verify_total"),
    "a function": renamed(test_alone="check_alone"),
    "two that change places": renamed(TestPlain="TestHeir", TestHeir="TestPlain"),
    "a class that a new name shadows": renamed(TestPlain="TestCart"),
    "a class that is still mentioned": SHOP.replace("class TestPlain", "class PlainTests  # was TestPlain: "),
    "a class, and a line more": renamed(TestPlain="PlainTests") + "\n",
    "a class, and a parameter less": renamed(TestPlain="PlainTests").replace("[1, 2])\n    def", "[1])\n    def"),
}


@pytest.mark.parametrize(
    ("change", "is_blocked"),
    [
        (change, is_blocked)
        for change in CHANGES
        for is_blocked in (False, True)
        if CHANGES[change] != HEIR or not is_blocked
    ],
)
def test_the_lines_tell_the_same_as_the_sources(change: str, is_blocked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    start = "import no_such_module\n" if is_blocked else ""
    before, after = {"test_shop.py": start + SHOP}, {"test_shop.py": start + CHANGES[change]}
    by_lines = told(compared(before, after))
    monkeypatch.setattr(renaming, "renamed_definitions", lambda old, new: {})
    assert by_lines == told(compared(before, after))


def test_inherited_tests_in_a_blocked_file_are_lost_with_their_renamed_class_and_base() -> None:
    start = "import no_such_module\n"
    report = compared({"test_shop.py": start + SHOP}, {"test_shop.py": start + HEIR})
    assert report.baseline is not None
    assert {loss.nodeid.partition("::")[2] for loss in report.baseline.lost} == {
        "TestCart::test_total", "TestCart::test_each", "TestHeir::test_total", "TestHeir::test_each", "TestHeir::test_own",
    }  # fmt: skip


def told(report: Report) -> tuple[object, ...]:
    assert report.baseline is not None
    lost = [(loss.nodeid, report.causes[(loss.cause or 0) - 1].message) for loss in report.baseline.lost]
    return (
        sorted(lost), sorted(report.baseline.deleted), sorted(report.baseline.gained),
        sorted((each.before, each.after) for each in report.baseline.renamed),
    )  # fmt: skip


def test_a_file_in_which_only_names_changed_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "read_blocks", lambda source: pytest.fail("it was"))
    report = compared({"test_shop.py": SHOP}, {"test_shop.py": CHANGES["a class"]})
    assert [(cause.code, cause.lost) for cause in report.causes] == [("M403", ("test_shop.py::TestPlain::test_plain",))]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("class A: pass", "class B: pass", {"A": ("B", 1)}),
        ("\n\nasync def a():\n    a()", "\n\nasync def b():\n    b()", {"a": ("b", 3)}),
        ("class A(X): pass", "class B(Y): pass", {}),
        ("class A: pass\nA", "class B: pass\nA", {}),
        ("class A: pass\nB", "class B: pass\nB", {}),
        ("class A: pass\nclass C: pass", "class B: pass\nclass B: pass", {}),
        ("class A:\n  def a(): pass\n  def a(): pass", "class A:\n  def b(): pass\n  def b(): pass", {}),
        ("class A: pass\n", "class B: pass", {}),
        ("class Ä: pass", "class Ö: pass", {}),
    ],
)
def test_which_names_changed(old: str, new: str, names: dict[str, tuple[str, int]]) -> None:
    assert dict(renamed_definitions(old.encode(), new.encode())) == names
