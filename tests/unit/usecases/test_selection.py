"""From settings and a command line to one session."""

from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.model.invocation import Argument, Invocation
from muster.settings import Category, Settings
from muster.usecases.selection import Selection, budget_of, plan_session, rebase_path

SETTINGS = Settings(
    invocation="python -m pytest tests",
    budget_s=30.0,
    categories={
        "unit": Category("unit", paths=("tests/unit",), budget_s=5.0, min_tests=3),
        "e2e": Category("e2e", paths=("tests/e2e",)),
        "slow": Category("slow", markers="slow"),
        "gpu": Category("gpu", markers="gpu and not cpu"),
    },
)


def command(selection: Selection, *, cwd: str = "/p", typed_in: str = "/p", settings: Settings = SETTINGS) -> str:
    return plan_session(settings, selection, root="/p", cwd=cwd, typed_in=typed_in).command.text


def test_without_a_choice_the_teams_command_is_simulated() -> None:
    assert command(Selection()) == "python -m pytest tests"
    assert command(Selection(), settings=Settings()) == "pytest"


def test_the_users_invocation_beats_the_settings() -> None:
    assert command(Selection(invocation="pytest -q")) == "pytest -q"


def test_categories_give_paths_or_markers() -> None:
    assert command(Selection(categories=("unit", "e2e"))) == "python -m pytest tests/unit tests/e2e"
    assert command(Selection(categories=("slow",))) == "python -m pytest tests -m slow"
    assert command(Selection(categories=("slow", "gpu"))) == "python -m pytest tests -m '(slow) or (gpu and not cpu)'"


def test_categories_that_no_command_selects_are_refused() -> None:
    with pytest.raises(UsageError, match="one at a time"):
        command(Selection(categories=("unit", "slow")))


@pytest.mark.parametrize(("name", "hint"), [("unti", "there are: e2e, gpu, slow, unit"), ("pytest.ini", "behind '--'")])
def test_an_unknown_category_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        command(Selection(categories=(name,)))


def test_paths_typed_below_the_root_are_spelled_from_the_root() -> None:
    assert command(Selection(paths=("test_a.py::test_x",)), typed_in="/p/tests") == (
        "python -m pytest tests/test_a.py::test_x"
    )
    assert rebase_path("/abs/a.py", "/p/tests", "/p") == "/abs/a.py"
    assert rebase_path("../a.py::T::m", "/p/tests", "/p") == "a.py::T::m"


def test_one_categorys_own_budget_beats_the_projects() -> None:
    plan = plan_session(SETTINGS, Selection(categories=("unit",)), root="/p", cwd="/p", typed_in="/p")
    assert plan.budget_s == 5.0
    assert plan_session(SETTINGS, Selection(), root="/p", cwd="/p", typed_in="/p").budget_s == 30.0
    assert [(each.name, each.min_tests, each.paths) for each in plan.standards.expected] == [
        ("unit", 3, ("/p/tests/unit",))
    ]


@pytest.mark.parametrize(
    ("paths", "markers", "budget_s"),
    [
        (("/p/tests",), "", 30.0),
        (("/p/tests/unit",), "", 5.0),
        (("/p/tests/unit", "/p/tests/e2e"), "", 30.0),
        (("/p/tests/unit",), "slow", 2.0),
        (("/p/tests",), "slow", 2.0),
        (("/p/tests",), "not slow", 30.0),
    ],
)
def test_the_budget_of_a_real_session_is_that_of_the_category_that_is_just_this(
    paths: tuple[str, ...], markers: str, budget_s: float
) -> None:
    slow = Category("slow", markers="slow", budget_s=2.0)
    settings = Settings(budget_s=30.0, categories={**SETTINGS.categories, "slow": slow})
    asked = Invocation("pytest", "test", (), "/p", "/p", arguments=tuple(map(Argument, paths)), markexpr=markers)
    assert budget_of(settings, asked, "/p") == budget_s
