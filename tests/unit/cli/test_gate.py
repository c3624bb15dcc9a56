"""`muster check --gate`: each rule, and what it does not hold against a change."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.repositories import Work
from tests.unit.cli.conftest import Muster

CLASSES = "class {}:\n    def test_kept(self): ...\n    def test_also_kept(self): ...\n"


@dataclass(frozen=True)
class Verdict:
    """The exit code, the state of every rule, and all that was printed, on one line."""

    code: int
    rules: dict[str, str]
    told: str


def gate(muster: Muster, *words: str) -> Verdict:
    ended = muster("check", "--gate", "--report", "text", "--report", "json=report.json", *words)
    verdict: dict[str, Any] = json.loads(Path("report.json").read_text())["gate"]
    assert verdict["exit_code"] == ended.code
    assert verdict["passed"] == (ended.code == 0)
    return Verdict(ended.code, {rule["rule"]: rule["state"] for rule in verdict["rules"]}, " ".join(ended.out.split()))


@pytest.fixture
def healthy(project: Path) -> Path:
    """The project without its broken file and its empty category."""
    (project / "tests/bad/test_gone.py").unlink()
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().partition("[tool.muster.categories.empty]")[0])
    return project


def test_a_healthy_suite_passes(muster: Muster, healthy: Path) -> None:
    verdict = gate(muster)
    rules = {"causes": "passed", "tests": "passed", "categories": "passed", "budget": "unjudged"}
    assert (verdict.code, verdict.rules) == (0, rules)
    assert verdict.told.endswith("every file collects gate: passed")


def test_an_open_cause_of_severity_error_fails(muster: Muster) -> None:
    verdict = gate(muster, "tests/bad")
    assert (verdict.code, verdict.rules["causes"], verdict.rules["tests"]) == (1, "failed", "failed")
    assert "1 root cause is open: 1 M204 app.core:subtract" in verdict.told
    assert "muster accept N" in verdict.told


def test_an_accepted_cause_passes_and_is_counted(muster: Muster, healthy: Path) -> None:
    (healthy / "tests/good/test_gone.py").write_text("import app.nowhere\n")
    muster("accept", "1", "--reason", "PROJ-12", "--expires", "9999-12-31")
    verdict = gate(muster, "-v")
    assert (verdict.code, "no root cause is open, 1 accepted" in verdict.told) == (0, True)


def test_a_warning_passes(muster: Muster, healthy: Path) -> None:
    test = healthy / "tests/good/test_add.py"
    test.write_text(test.read_text() + "\n\ndef test_add():\n    pass\n")
    verdict = gate(muster)
    assert (verdict.code, "M402" in verdict.told) == (0, True)


def test_a_category_below_its_least_fails_where_everything_is_checked(muster: Muster, healthy: Path) -> None:
    settings = healthy / "pyproject.toml"
    settings.write_text(settings.read_text().replace("min_tests = 2", "min_tests = 4"))
    verdict = gate(muster)
    assert (verdict.code, verdict.rules["categories"], verdict.rules["causes"]) == (1, "failed", "passed")
    assert "the category 'good' collects 3 of at least 4 tests (pyproject.toml:" in verdict.told
    assert gate(muster, "tests/good").code == 0, "only what was asked for is judged"


@pytest.mark.parametrize("severity", ["error", "warning"])
def test_a_category_that_was_asked_for_fails_whatever_the_severity(
    muster: Muster, project: Path, severity: str
) -> None:
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text() + f'\n[tool.muster.severity]\nM405 = "{severity}"\n')
    verdict = gate(muster, "-c", "good", "-c", "empty")
    assert (verdict.code, verdict.rules["categories"], verdict.rules["causes"]) == (1, "failed", "passed")


@pytest.mark.parametrize(
    "selection",
    ['paths = ["more"]', 'markers = "slow"', 'paths = ["."]\nmarkers = "slow"'],
    ids=["elsewhere", "marker", "both"],
)
def test_a_category_that_the_session_does_not_show_is_counted_alone(
    muster: Muster, healthy: Path, selection: str
) -> None:
    (healthy / "more").mkdir()
    text = "import pytest\n\n\n@pytest.mark.slow\n@pytest.mark.parametrize('n', [1, 2])\ndef test_more(n):\n    pass\n"
    (healthy / "more/test_more.py").write_text(text)
    settings = healthy / "pyproject.toml"
    base = settings.read_text()
    if "paths" not in selection:
        base = base.replace('testpaths = ["tests"]', 'testpaths = ["tests", "more"]')
    for least, code in ((2, 0), (3, 1)):
        settings.write_text(f"{base}\n[tool.muster.categories.more]\n{selection}\nmin_tests = {least}\n")
        assert gate(muster).code == code, least


def test_nothing_collected_stays_five(muster: Muster) -> None:
    verdict = gate(muster, "tests/empty")
    assert (verdict.code, verdict.rules["tests"]) == (5, "failed")


def test_a_refused_configuration_fails(muster: Muster, healthy: Path) -> None:
    verdict = gate(muster, "--", "--no-such-option")
    assert (verdict.code, verdict.rules["causes"]) == (1, "failed")


def test_undecided_files_are_told_and_not_held_against_it(muster: Muster, healthy: Path) -> None:
    text = "exec(open(__file__).read()[-3:])\nvalue\n\n\ndef test_a():\n    pass\n\n# 1\n"
    (healthy / "tests/good/test_open.py").write_text(text)
    verdict = gate(muster)
    assert (verdict.code, "1 file is undecided and not held against it" in verdict.told) == (0, True)


@pytest.mark.oracle
def test_only_a_time_observed_now_breaks_the_budget(muster: Muster, healthy: Path) -> None:
    settings = healthy / "pyproject.toml"
    settings.write_text(settings.read_text().replace("[tool.muster]\n", '[tool.muster]\nbudget = "1ms"\n'))
    verdict = gate(muster, "--confirm")
    assert (verdict.code, verdict.rules["budget"], verdict.rules["causes"]) == (1, "failed", "passed")
    verdict = gate(muster)
    assert (verdict.code, verdict.rules["budget"]) == (0, "unjudged")
    assert "pytest needs " in verdict.told
    assert " to collect it (observed " in verdict.told
    assert "M501" in verdict.told
    assert "which is not held against this change --confirm measures it now" in verdict.told
    assert "budget 0.00 s: not measured" in gate(muster, "tests/good").told, "that is another selection"


@pytest.fixture
def work(healthy: Path) -> Work:
    """The healthy project as the first commit of a repository."""
    work = Work(healthy)
    work.commit("first")
    return work


def rename_the_class_away(work: Work) -> None:
    """Two tests are lost without a word."""
    work.write("tests/good/test_classes.py", CLASSES.format("TestThings")).commit("second")
    work.write("tests/good/test_classes.py", CLASSES.format("ThingsTests"))


def test_a_silent_loss_against_the_base_fails(muster: Muster, work: Work) -> None:
    rename_the_class_away(work)
    verdict = gate(muster, "--base", "main")
    assert (verdict.code, verdict.rules["losses"], verdict.rules["causes"]) == (1, "failed", "passed")
    assert re.search(r"2 tests are silently lost since [0-9a-f]{10}: .*ThingsTests", verdict.told)


def test_a_deliberate_deletion_and_a_rename_pass(muster: Muster, work: Work) -> None:
    work.move("tests/good/test_add.py", "tests/good/test_sum.py")
    verdict = gate(muster, "--base", "main")
    assert (verdict.code, verdict.rules["losses"]) == (0, "passed")


def test_a_silent_loss_can_be_accepted_for_a_time(muster: Muster, work: Work) -> None:
    rename_the_class_away(work)
    accepted = muster("accept", "1", "--base", "main", "--reason", "PROJ-12", "--expires", "9999-12-31")
    assert accepted.code == 0, accepted.err
    assert gate(muster, "--base", "main").rules["losses"] == "passed"
    assert "M000" not in muster("check").out, "only a comparison can tell whether it still occurs"
    work.write("tests/good/test_classes.py", CLASSES.format("TestThings"))
    assert "1 failure not judged" in muster("accept", "--prune").out
    assert "1 failure removed" in muster("accept", "--prune", "--base", "main").out


def test_a_base_that_does_not_exist_is_an_error(muster: Muster, work: Work) -> None:
    assert muster("check", "--gate", "--base", "nowhere").code == 4
