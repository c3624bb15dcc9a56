"""The scenario end to end: the example's suite is whole; one character takes a file of it down; Muster says which."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.golden_path import (
    CULPRIT,
    EXAMPLE,
    VICTIM,
    Ran,
    break_example,
    copy_example,
    heal_example,
    run_python,
)

from muster.api import Report, check, collect

RUNNER = "tests/unified_test_runner.py"
LEAST = {"unit": 80, "integration": 100, "mission_critical": 60}
COLLECTION_BUDGET_S = 5.0


@pytest.fixture
def broken(tmp_path: Path) -> tuple[Path, int]:
    """A copy of the example with the fault in it, and the fault's line."""
    copy = copy_example(tmp_path)
    return copy, break_example(copy)


def check_mission_critical(project: Path) -> Report:
    return check(root=str(project), categories=["mission_critical"])


@pytest.mark.slow
@pytest.mark.parametrize("category", LEAST)
def test_a_category_of_the_example_passes(category: str) -> None:
    """`python tests/unified_test_runner.py --category NAME` in the example: nothing fails, nothing is skipped."""
    ran = run_python(EXAMPLE, RUNNER, "--category", category)
    assert ran.code == 0, ran.output
    assert ran.count("passed") >= LEAST[category], ran.output
    assert not any(map(ran.count, ("failed", "error", "skipped", "xfailed", "deselected"))), ran.output


def test_the_mission_critical_suite_is_collected_in_time_without_an_error() -> None:
    """`python tests/unified_test_runner.py --category mission_critical --collect-only` in the example."""
    before = os.times()
    ran = run_python(EXAMPLE, RUNNER, "--category", "mission_critical", "--collect-only")
    after = os.times()
    # In processor time, which other work on the machine does not change; its own health test holds it to the clock.
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < COLLECTION_BUDGET_S
    assert ran.code == 0, ran.output
    assert ran.count("error") == 0
    assert ran.count("tests collected") >= LEAST["mission_critical"], ran.output


def test_muster_finds_every_test_of_the_example() -> None:
    """The simulation holds against the real collection, on a system of the size that people write."""
    report = check(root=str(EXAMPLE), confirm="whole")
    assert report.differences == ()
    assert report.causes == ()
    assert report.totals.tests >= 150


@pytest.mark.oracle
def test_one_character_takes_down_a_file_that_nobody_touched(broken: tuple[Path, int]) -> None:
    """What the team saw: a module that is there is not found, and alone its test passes."""
    copy, _ = broken
    together = run_python(copy, "-m", "pytest", "--collect-only", "-q", "tests/mission_critical")
    alone = run_python(copy, "-m", "pytest", "-q", VICTIM)
    assert together.code == 2
    assert "ModuleNotFoundError: No module named 'infrastructure.vpc_connectivity_fix'" in together.output
    assert together.count("error") == 1
    assert alone.code == 0, alone.output


def test_muster_names_the_culprit(broken: tuple[Path, int]) -> None:
    copy, line = broken
    [cause] = check_mission_critical(copy).causes
    assert (cause.code, cause.victims, cause.blocked_tests) == ("M105", (VICTIM,), 3)
    assert str(cause.culprit) == f"{CULPRIT}:{line}"


def test_a_healed_example_is_whole_again(broken: tuple[Path, int]) -> None:
    copy, _ = broken
    heal_example(copy)
    assert check_mission_critical(copy).causes == ()
    whole = collect(root=str(EXAMPLE), categories=["mission_critical"]).nodeids
    assert collect(root=str(copy), categories=["mission_critical"]).nodeids == whole


@pytest.mark.oracle
def test_the_example_notices_its_own_loss(broken: tuple[Path, int]) -> None:
    """Its health test observes a real collection, and fails with the file that is lost."""
    copy, _ = broken
    ran = health(copy)
    assert ran.code == 1
    assert f"{VICTIM}  ModuleNotFoundError" in ran.output


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('min_tests = 90\nbudget = "10s"', 'min_tests = 9000\nbudget = "10s"', "test_a_category_is_whole[unit]"),
        ('min_tests = 90\nbudget = "10s"', 'min_tests = 90\nbudget = "0.01s"', "within_its_budget[unit]"),
    ],
    ids=["floor", "budget"],
)
def test_the_example_notices_a_category_that_is_too_small_or_too_slow(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    copy = copy_example(tmp_path)
    settings = copy / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    assert old in text
    settings.write_text(text.replace(old, new), encoding="utf-8")
    ran = health(copy)
    assert ran.code == 1
    assert complaint in ran.output


def health(copy: Path) -> Ran:
    return run_python(copy, "-m", "pytest", "-q", "tests/mission_critical/test_suite_health.py")
