"""`muster check --gate`: each rule, and what it does not hold against a change."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.repositories import Work
from tests.unit.cli.conftest import Muster

from muster.adapters.observations import ProjectObservations
from muster.model.observation import Observation
from muster.usecases.observe import selection_of
from muster.usecases.simulate import prepare
from muster.wiring import Choices, open_workspace


def gate(muster: Muster, *words: str) -> tuple[int, dict[str, str]]:
    """The exit code, and the state of every rule."""
    ended = muster("check", "--gate", "--format", "json", *words)
    verdict: dict[str, Any] = json.loads(ended.out)["gate"]
    assert verdict["exit_code"] == ended.code
    assert verdict["passed"] == (ended.code == 0)
    return ended.code, {rule["rule"]: rule["state"] for rule in verdict["rules"]}


@pytest.fixture
def healthy(project: Path) -> Path:
    """The project without its broken file and its empty category."""
    (project / "tests/bad/test_gone.py").unlink()
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().partition("[tool.muster.categories.empty]")[0])
    return project


def test_a_healthy_suite_passes(muster: Muster, healthy: Path) -> None:
    rules = {"causes": "passed", "tests": "passed", "categories": "passed", "budget": "unjudged"}
    assert gate(muster) == (0, rules)
    assert muster("check", "--gate").out.endswith("gate: passed\n")


def test_an_open_cause_of_severity_error_fails(muster: Muster) -> None:
    code, rules = gate(muster, "tests/bad")
    assert (code, rules["causes"]) == (1, "failed")
    out = muster("check", "--gate", "tests/bad").out
    assert "1 root cause is open: 1 M204 app.core:subtract" in out
    assert "muster accept N" in out


def test_an_accepted_cause_passes_and_is_counted(muster: Muster, healthy: Path) -> None:
    (healthy / "tests/good/test_gone.py").write_text("import app.nowhere\n")
    assert gate(muster)[0] == 1
    muster("accept", "1", "--reason", "PROJ-12", "--expires", "9999-12-31")
    assert gate(muster)[0] == 0
    assert "no root cause is open, 1 accepted" in muster("check", "--gate", "-v").out


def test_a_warning_passes(muster: Muster, healthy: Path) -> None:
    test = healthy / "tests/good/test_add.py"
    test.write_text(test.read_text() + "\n\ndef test_add():\n    pass\n")
    assert gate(muster)[0] == 0


def test_a_category_below_its_least_fails_where_everything_is_checked(muster: Muster, healthy: Path) -> None:
    settings = healthy / "pyproject.toml"
    settings.write_text(settings.read_text().replace("min_tests = 2", "min_tests = 4"))
    code, rules = gate(muster)
    assert (code, rules["categories"], rules["causes"]) == (1, "failed", "passed")
    assert "the category 'good' collects 3 of at least 4 tests (pyproject.toml:" in muster("check", "--gate").out
    assert gate(muster, "tests/good")[0] == 0, "only what was asked for is judged"


@pytest.mark.parametrize("severity", ["error", "warning"])
def test_a_category_that_was_asked_for_fails_whatever_the_severity(
    muster: Muster, project: Path, severity: str
) -> None:
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text() + f'\n[tool.muster.severity]\nM405 = "{severity}"\n')
    code, rules = gate(muster, "-c", "good", "-c", "empty")
    assert (code, rules["categories"], rules["causes"]) == (1, "failed", "passed")


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
        assert gate(muster)[0] == code, least


def test_nothing_collected_stays_five(muster: Muster) -> None:
    code, rules = gate(muster, "tests/empty")
    assert (code, rules["tests"]) == (5, "failed")


def test_nothing_collected_beside_another_failure_is_one(muster: Muster) -> None:
    code, rules = gate(muster, "tests/bad")
    assert (code, rules["tests"], rules["causes"]) == (1, "failed", "failed")


def test_a_refused_configuration_fails(muster: Muster, healthy: Path) -> None:
    code, rules = gate(muster, "--", "--no-such-option")
    assert (code, rules["causes"]) == (1, "failed")


def test_undecided_files_are_told_and_not_held_against_it(muster: Muster, healthy: Path) -> None:
    text = "exec(open(__file__).read()[-3:])\nvalue\n\n\ndef test_a():\n    pass\n\n# 1\n"
    (healthy / "tests/good/test_open.py").write_text(text)
    assert gate(muster)[0] == 0
    assert "1 file is undecided and not held against it" in muster("check", "--gate").out


@pytest.mark.parametrize(("budget", "code", "state"), [("10m", 0, "passed"), ("1ms", 1, "failed")])
@pytest.mark.oracle
def test_only_an_observed_time_meets_or_breaks_the_budget(
    muster: Muster, healthy: Path, budget: str, code: int, state: str
) -> None:
    settings = healthy / "pyproject.toml"
    settings.write_text(settings.read_text().replace("[tool.muster]\n", f'[tool.muster]\nbudget = "{budget}"\n'))
    assert gate(muster)[1]["budget"] == "unjudged"
    ended, rules = gate(muster, "--confirm")
    assert (ended, rules["budget"], rules["causes"]) == (code, state, "passed")


def test_a_time_that_was_seen_earlier_is_shown_and_not_held_against_it(muster: Muster, healthy: Path) -> None:
    settings = healthy / "pyproject.toml"
    settings.write_text(settings.read_text().replace("[tool.muster]\n", '[tool.muster]\nbudget = "1s"\n'))
    muster("check", "tests/good")
    selection = _selection(muster, "tests/good")
    kept = Observation(selection, "2020-02-02T10:00:00Z", 29.8, "pytest", "3.11.0", "9.0.0")
    ProjectObservations(str(healthy)).save(kept)
    ended = muster("check", "--gate", "tests/good")
    assert "pytest needs 29.8 s to collect it (observed " in ended.out
    assert " days ago), budget 1.0 s" in ended.out
    assert "M501" in ended.out
    told = " ".join(ended.out.split())
    assert "on 2020-02-02 pytest needs 29.8 s to collect, of 1 s, which is not held against this change" in told
    assert ended.code == 0
    assert "M501" not in muster("check", "tests/good/test_add.py").out, "that is another selection"


@pytest.fixture
def work(healthy: Path) -> Work:
    """The healthy project as the first commit of a repository."""
    work = Work(healthy)
    work.commit("first")
    return work


def rename_the_class_away(work: Work) -> None:
    """One test is lost without a word."""
    text = "class {}:\n    def test_kept(self): ...\n    def test_also_kept(self): ...\n"
    work.write("tests/good/test_classes.py", text.format("TestThings")).commit("second")
    work.write("tests/good/test_classes.py", text.format("ThingsTests"))


def test_a_silent_loss_against_the_base_fails(muster: Muster, work: Work) -> None:
    rename_the_class_away(work)
    assert gate(muster)[0] == 0
    code, rules = gate(muster, "--base", "main")
    assert (code, rules["losses"], rules["causes"]) == (1, "failed", "passed")
    told = " ".join(muster("check", "--gate", "--base", "main").out.split())
    assert re.search(r"2 tests are silently lost since [0-9a-f]{10}: .*ThingsTests", told)


def test_a_deliberate_deletion_and_a_rename_pass(muster: Muster, work: Work) -> None:
    work.move("tests/good/test_add.py", "tests/good/test_sum.py")
    assert gate(muster, "--base", "main") == (
        0,
        {"causes": "passed", "tests": "passed", "categories": "passed", "budget": "unjudged", "losses": "passed"},
    )


def test_a_silent_loss_can_be_accepted_for_a_time(muster: Muster, work: Work) -> None:
    rename_the_class_away(work)
    accepted = muster("accept", "1", "--base", "main", "--reason", "PROJ-12", "--expires", "9999-12-31")
    assert accepted.code == 0, accepted.err
    assert gate(muster, "--base", "main")[1]["losses"] == "passed"
    assert "M000" not in muster("check").out, "only a comparison can tell whether it still occurs"
    assert "1 failure not judged" in muster("accept", "--prune").out
    work.write(
        "tests/good/test_classes.py",
        "class TestThings:\n    def test_kept(self): ...\n    def test_also_kept(self): ...\n",
    )
    assert "1 failure removed" in muster("accept", "--prune", "--base", "main").out


def test_a_base_that_does_not_exist_is_an_error(muster: Muster, work: Work) -> None:
    assert muster("check", "--gate", "--base", "nowhere").code == 4


def _selection(muster: Muster, path: str) -> str:
    with open_workspace(Choices(paths=(path,))) as workspace:
        return selection_of(prepare(workspace.ports, workspace.plan.request).invocation)
