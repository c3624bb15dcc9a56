"""`muster check` from the command line to the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from tests.unit.cli.conftest import Muster

from muster.render.schema import report_schema


def test_a_broken_file_is_an_error_with_its_root_cause(muster: Muster) -> None:
    ended = muster("check")
    assert ended.code == 1
    assert "M204" in ended.out
    assert "subtract" in ended.out
    assert "tests/bad/test_gone.py" in ended.out


def test_what_collects_is_no_error(muster: Muster) -> None:
    ended = muster("check", "tests/good")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("every file collects\n")


def test_a_category_is_checked_alone(muster: Muster) -> None:
    assert muster("check", "-c", "good").out.startswith("good   1 file   3 tests   checked in ")


def test_an_empty_category_is_a_cause(muster: Muster) -> None:
    ended = muster("check", "-c", "empty")
    assert ended.code == 1
    assert "M405" in ended.out


def test_no_tests_and_no_cause_is_five(muster: Muster) -> None:
    assert muster("check", "tests/empty").code == 5


def test_the_json_report_satisfies_its_schema(muster: Muster, project: Path) -> None:
    ended = muster("check", "--format", "json")
    report = json.loads(ended.out)
    jsonschema.validate(report, report_schema())
    assert ended.code == 1
    assert report["root"] == str(project)
    assert report["invocation"]["command"] == "python -m pytest"
    assert report["invocation"]["why"] == "[tool.muster] invocation"
    assert report["totals"]["files"] == 3
    assert report["totals"]["files_blocked"] == 1
    assert report["totals"]["tests"] == 3
    (cause,) = report["causes"]
    assert cause["victims"] == ["tests/bad/test_gone.py"]
    assert cause["blocked_tests"] == 1
    failed = [file for file in report["files"] if file["outcome"] == "failed"]
    assert [file["exception"]["type"] for file in failed] == ["ImportError"]
    assert failed[0]["causes"] == [cause["id"]]


def test_one_simulation_serves_every_report(muster: Muster, project: Path) -> None:
    ended = muster("check", "--report", "json=out.json", "--report", "text=out.txt", "-v")
    assert "M204" in ended.out
    assert json.loads((project / "out.json").read_text())["causes"][0]["code"] == "M204"
    assert "M204" in (project / "out.txt").read_text()


def test_output_goes_to_the_file_instead_of_the_terminal(muster: Muster, project: Path) -> None:
    ended = muster("check", "--format", "json", "-o", "out.json")
    assert ended.out == ""
    assert json.loads((project / "out.json").read_text())["schema"] == "muster.report/1"


def test_options_of_pytest_are_passed_on(muster: Muster) -> None:
    assert "2 tests   1 deselected" in muster("check", "tests/good", "-k", "zero").out
    assert muster("check", "--", "--ignore=tests/bad").code == 0
    assert muster("check", "--", "tests/good").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "--nonsense"], "options of pytest's own go behind '--'"),
        (["nonsense"], "nonsense"),
        (["check", "-c", "nope"], "there are: empty, good"),
        (["check", "-c", "pytest.ini"], "behind '--'"),
        (["collect", "--format", "sarif"], "unknown format 'sarif'; there are: text, json"),
        (["check", "--format", "yaml"], "unknown format 'yaml'"),
        (["check", "--report", "json="], "file name is missing"),
        (["check", "--report", "json", "--report", "text"], "both json and text"),
        (["check", "--invocation", "make test"], "--invocation"),
        (["check", "--python", "no/such/python"], "--python"),
        (["check", "--root", "no/such/folder"], "no such folder"),
        (["explain", "no-such-thing"], "no-such-thing"),
        (["explain", "M999"], "M999"),
    ],
)
def test_what_cannot_be_understood_is_four(muster: Muster, arguments: list[str], words: str) -> None:
    ended = muster(*arguments)
    assert (ended.code, ended.out) == (4, "")
    assert words in ended.err


def test_a_bad_setting_is_four_with_file_and_line(muster: Muster, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.muster]\ninvokation = "pytest"\n')
    ended = muster("check")
    assert ended.code == 4
    assert "pyproject.toml:2" in ended.err
    assert "did you mean 'invocation'" in ended.err


def test_a_file_that_cannot_be_written_is_four(muster: Muster) -> None:
    ended = muster("check", "-o", "no/such/folder/out.txt")
    assert ended.code == 4
    assert "cannot be written" in ended.err


def test_confirm_marks_what_the_real_run_saw(muster: Muster) -> None:
    ended = muster("check", "--confirm", "--format", "json")
    report = json.loads(ended.out)
    assert [cause["seen"] for cause in report["causes"]] == ["confirmed"]
    assert report["differences"] == []
    assert report["confirmation"] == {"extent": "doubtful", "files": 1}
    assert {file["path"]: file["seen"] for file in report["files"]} == {
        "tests/bad/test_gone.py": "confirmed",
        "tests/empty/test_nothing.py": "simulated",
        "tests/good/test_add.py": "simulated",
    }
    assert "really collected: 1 of 3 files, those in doubt" in muster("check", "--confirm").out
    assert "nothing is in doubt: no file was really collected" in muster("check", "tests/good", "--confirm").out


def test_over_budget_is_said_only_of_an_observed_time(muster: Muster, project: Path) -> None:
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace("[tool.muster]\n", '[tool.muster]\nbudget = "1ms"\n'))
    assert "not measured" in muster("check", "tests/good").out
    assert "M501" in muster("check", "tests/good", "--confirm").out


def test_without_the_cache_the_answer_is_the_same(muster: Muster) -> None:
    first, second = muster("check", "--no-cache"), muster("check")
    assert [line for line in first.out.splitlines() if "checked in" not in line] == [
        line for line in second.out.splitlines() if "checked in" not in line
    ]
