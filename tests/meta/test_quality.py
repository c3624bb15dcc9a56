"""The linters, as tests: what they hold cannot slip while nobody looks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from muster.adapters.disk_tree import DiskTree
from muster.settings import load_settings

ROOT = Path(__file__).parents[2]


def run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.slow
def test_types_are_strict() -> None:
    done = run("mypy")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_types_of_the_golden_path_are_strict() -> None:
    done = run("mypy", folder=ROOT / "examples/golden_path")
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_is_content() -> None:
    done = run("ruff", "check", "src", "tests", "bench", "examples")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_formatting_is_ruffs() -> None:
    done = run("ruff", "format", "--check", "src", "tests", "bench", "examples")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_test_belongs_to_a_category() -> None:
    """What no category names would only run where everything does."""
    categories = load_settings(DiskTree(), str(ROOT)).categories.values()
    paths = [ROOT / path for category in categories for path in category.paths]
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if "scenarios" not in path.parts]
    assert [path for path in tests if not any(path == each or each in path.parents for each in paths)] == []
