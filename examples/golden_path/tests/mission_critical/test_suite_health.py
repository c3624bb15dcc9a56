"""The suite watches itself: really collected, every category imports, is whole, and stays within its budget."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from muster.api import Report, check

PROJECT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
CATEGORIES: dict[str, dict[str, Any]] = PYPROJECT["tool"]["muster"]["categories"]


@pytest.fixture(scope="module", params=["unit", "integration", "mission_critical"])
def category(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def observed(category: str) -> Report:
    """What real pytest collects of this category, beside what Muster says of it.

    Each alone, as the runner collects it: what one category imports can hide that another cannot.
    """
    return check(root=str(PROJECT), categories=[category], confirm=True)


def test_every_category_is_watched() -> None:
    assert set(CATEGORIES) == {"unit", "integration", "mission_critical"}


def test_the_collection_is_what_muster_says(observed: Report) -> None:
    """Every number below is then that of the real collection."""
    assert observed.differences == ()


def test_a_category_has_no_import_error(observed: Report) -> None:
    assert [f"{file.path}: {file.exception}" for file in observed.files if file.outcome != "collected"] == []
    assert observed.session.pytest_exit == 0


def test_a_category_is_whole(observed: Report, category: str) -> None:
    assert observed.totals.tests >= CATEGORIES[category]["min_tests"]


def test_a_category_is_collected_within_its_budget(observed: Report, category: str) -> None:
    seconds = observed.seconds.observed
    assert seconds is not None
    assert seconds <= float(CATEGORIES[category]["budget"].removesuffix("s"))
