"""The suite watches itself: in one real collection every category imports, is whole, and stays within its budget."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from muster.api import Report, check

PROJECT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
CATEGORIES: dict[str, dict[str, Any]] = PYPROJECT["tool"]["muster"]["categories"]

of_each_category = pytest.mark.parametrize("category", list(CATEGORIES))


@pytest.fixture(scope="module")
def observed() -> Report:
    """What real pytest collects of all categories, in a process of its own, beside what Muster says of them."""
    return check(root=str(PROJECT), categories=tuple(CATEGORIES), confirm=True)


def test_the_collection_is_what_muster_says(observed: Report) -> None:
    """Every number below is then that of the real collection."""
    assert observed.differences == ()
    assert observed.session.pytest_exit == 0


@of_each_category
def test_a_category_has_no_import_error(observed: Report, category: str) -> None:
    files = files_of(observed, category)
    assert files
    assert [f"{file.path}: {file.exception}" for file in files if file.outcome != "collected"] == []


@of_each_category
def test_a_category_is_whole(observed: Report, category: str) -> None:
    assert sum(file.nodes for file in files_of(observed, category)) >= CATEGORIES[category]["min_tests"]


@of_each_category
def test_a_category_is_collected_within_its_budget(observed: Report, category: str) -> None:
    """All of them together took less than each of them may."""
    seconds = observed.seconds.observed
    assert seconds is not None
    assert seconds <= float(CATEGORIES[category]["budget"].removesuffix("s"))


def files_of(report: Report, category: str) -> list[Any]:
    folders = tuple(f"{path}/" for path in CATEGORIES[category]["paths"])
    return [file for file in report.files if file.path.startswith(folders)]
