"""`muster baseline`, over a real repository with several commits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.repositories import Work
from tests.unit.cli.conftest import Muster

CART = """\
class TestCart:
    def test_total(self):
        assert sum([1, 2]) == 3

    def test_empty(self):
        assert not []
"""


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A branch that renames a class twice, in the end away from the pattern, and excludes a folder."""
    made = Work(tmp_path / "shop")
    made.write("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["."]\n')
    made.write("lib.py", "value = 1\n").write("tests/test_cart.py", CART).write("tests/old/test_old.py", CART)
    made.write("tests/test_lib.py", "from lib import value\n\n\ndef test_lib():\n    assert value\n").commit("begin")
    made.git("checkout", "--quiet", "-b", "change")
    made.write("tests/test_cart.py", CART.replace("TestCart", "TestBasket")).commit("call it a basket")
    made.write("README", "nothing\n").commit("explain")
    made.write("tests/test_cart.py", CART.replace("TestCart", "BasketTests")).commit("name classes anew")
    made.write("tests/conftest.py", 'collect_ignore = ["old"]\n').commit("leave the old ones out")
    return made


def told(muster: Muster, work: Work, *arguments: str) -> tuple[int, Any]:
    ended = muster("baseline", "compare", "--root", str(work.folder), "--format", "json", *arguments)
    return ended.code, json.loads(ended.out) if ended.out else ended.err


def subjects(report: Any) -> dict[str, Sequence[str]]:
    """Each change's commit, with the tests that it lost."""
    since = {cause["id"]: (cause["since"] or {}).get("subject", "") for cause in report["causes"]}
    found: dict[str, list[str]] = {}
    for loss in report["baseline"]["lost"]:
        found.setdefault(since[loss["cause"]], []).append(loss["nodeid"].rpartition("::")[2])
    return found


def test_each_loss_is_the_doing_of_one_commit(work: Work, muster: Muster) -> None:
    code, report = told(muster, work)
    assert code == 1
    assert report["baseline"]["against"] == "the merge base with main"
    assert subjects(report) == {
        "name classes anew": ["test_total", "test_empty"],
        "leave the old ones out": ["test_total", "test_empty"],
    }
    assert [change["tests"] for change in report["baseline"]["changes"]] == [2, 2]


def test_what_is_not_committed_is_compared_and_said_to_be_so(work: Work, muster: Muster) -> None:
    work.write("lib.py", "other = 1\n")
    code, report = told(muster, work, "--base", "HEAD")
    assert (code, report["baseline"]["against"]) == (1, "HEAD")
    assert [(blocked["path"], blocked["tests"]) for blocked in report["baseline"]["blocked"]] == [
        ("tests/test_lib.py", 1)
    ]
    (change,) = report["baseline"]["changes"]
    assert (change["uncommitted"], change["since"]) == (True, None)


def test_a_deleted_test_passes(work: Work, muster: Muster) -> None:
    work.delete("tests/test_lib.py").commit("no more")
    code, report = told(muster, work, "--base", "HEAD~1")
    assert (code, report["baseline"]["deleted"]) == (5, ["tests/test_lib.py::test_lib"])
    code, report = told(muster, work, work.path("tests"), "--base", "main")
    assert (code, report["baseline"]["deleted"]) == (1, ["tests/test_lib.py::test_lib"])


def test_the_base_is_the_session_that_its_own_settings_ask_for(work: Work, muster: Muster) -> None:
    work.write("muster.toml", 'invocation = "pytest --ignore=tests/test_lib.py"\n').commit("ignore a file")
    code, report = told(muster, work, "--base", "HEAD~1")
    assert code == 1
    assert [loss["nodeid"] for loss in report["baseline"]["lost"]] == ["tests/test_lib.py::test_lib"]
    assert report["causes"][0]["code"] == "M404"


def test_a_base_that_is_not_there_is_code_4(work: Work, muster: Muster) -> None:
    code, words = told(muster, work, "--base", "nowhere")
    assert code == 4
    assert "git fetch origin nowhere" in words
    assert told(muster, work, "--base", "main", "--record", "x")[0] == 4


def test_a_record_does_without_git(work: Work, tmp_path: Path, muster: Muster) -> None:
    record = tmp_path / "baseline.json"
    work.git("checkout", "--quiet", "main")
    ended = muster("baseline", "record", "--root", str(work.folder), "-o", str(record))
    assert (ended.code, ended.out) == (0, f"5 tests recorded in {record}\n")
    work.git("checkout", "--quiet", "change")
    work.write("tests/test_lib.py", "def test_other_name():\n    assert 1 + 1\n")
    code, report = told(muster, work, "--record", str(record))
    assert code == 1
    assert {cause["code"] for cause in report["causes"]} == {"M403", "M404"}
    assert len(report["baseline"]["lost"]) == 4
    assert report["baseline"]["deleted"] == ["tests/test_lib.py::test_lib"]
    record.write_text("{}")
    assert told(muster, work, "--record", str(record))[0] == 4
