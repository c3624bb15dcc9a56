"""The suite watches itself: really collected, every category imports, is whole, and stays within its budget."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from muster.api import ObservedListing

PROJECT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
CATEGORIES: dict[str, dict[str, Any]] = PYPROJECT["tool"]["muster"]["categories"]


@pytest.fixture(scope="module", params=["unit", "integration", "mission_critical"])
def category(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def observed(category: str) -> ObservedListing:
    """What real pytest collects of this category, in a process of its own.

    Each alone, as the runner collects it: what one category imports can hide that another cannot.
    """
    # Loaded here: it would be half of the time that collecting this file takes.
    from muster.api import collect_observed

    return collect_observed(categories=[category], root=str(PROJECT))


def test_every_category_is_watched() -> None:
    assert set(CATEGORIES) == {"unit", "integration", "mission_critical"}


def test_a_category_has_no_import_error(observed: ObservedListing) -> None:
    assert observed.errors == ()
    assert observed.pytest_exit == 0


def test_a_category_is_whole(observed: ObservedListing, category: str) -> None:
    assert len(observed.nodeids) >= CATEGORIES[category]["min_tests"]


def test_a_category_is_collected_within_its_budget(observed: ObservedListing, category: str) -> None:
    assert observed.budget_s == float(CATEGORIES[category]["budget"].removesuffix("s"))
    assert not observed.is_over_budget
