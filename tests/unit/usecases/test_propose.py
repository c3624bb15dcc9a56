"""What a project's own files suggest."""

from __future__ import annotations

import pytest

from muster.trees.memory import MemoryTree
from muster.usecases.propose import find_pytest_command, propose_categories, propose_commands

FILES = {
    "tox.ini": """\
[testenv]
deps =
    pytest
commands =
    python -m pytest --cov=x {posargs:tests/unit}
[pytest]
markers =
    slow: takes long
    gpu(n): needs one
""",
    "noxfile.py": """\
def t(session):
    session.install("pytest")
    session.run("pytest", "-n", "2", *session.posargs)
""",
    "Makefile": "test: install\n\t@PYTHONPATH=src python -m pytest $(ARGS) tests && echo done\npytest: x\n",
    "pyproject.toml": """\
[project]
dependencies = ["pytest"]
[tool.hatch.envs.default.scripts]
test = "pytest -q tests"
""",
    ".github/workflows/ci.yml": """\
name: pytest
jobs:
  test:
    steps:
      - name: Run pytest
        run: |
          pip install pytest
          uv run pytest --maxfail=1 ${{ matrix.more }} tests/unit | tee log
      - run: python -X dev -m pytest  # all of it
""",
    ".gitlab-ci.yml": "test:\n  before_script:\n    - pip install pytest\n  script:\n    - coverage run -m pytest\n",
    "tests/unit/test_a.py": "",
    "tests/e2e/deep/test_b.py": "",
    "tests/data/c.json": "",
}


def project(files: dict[str, str]) -> MemoryTree:
    return MemoryTree({f"/project/{path}": text.encode() for path, text in files.items()})


def test_commands_for_the_whole_suite_come_first_each_with_its_line() -> None:
    found = [(proposal.command, str(proposal)) for proposal in propose_commands(project(FILES), "/project")]
    assert found == [
        ("pytest -n 2", "noxfile.py:3"),
        ("PYTHONPATH=src python -m pytest tests", "Makefile:2"),
        ("pytest -q tests", "pyproject.toml:4"),
        ("python -X dev -m pytest", ".github/workflows/ci.yml:9"),
        ("coverage run -m pytest", ".gitlab-ci.yml:5"),
        ("python -m pytest --cov=x tests/unit", "tox.ini:5"),
        ("uv run pytest --maxfail=1 tests/unit", ".github/workflows/ci.yml:8"),
    ]


def test_categories_are_folders_with_tests_and_registered_markers() -> None:
    found = [
        (category.name, category.paths, category.marker) for category in propose_categories(project(FILES), "/project")
    ]
    assert found == [
        ("e2e", ("tests/e2e",), ""),
        ("unit", ("tests/unit",), ""),
        ("slow", (), "slow"),
        ("gpu", (), "gpu"),
    ]


def test_markers_are_read_from_toml_too() -> None:
    tree = project({"pyproject.toml": '[tool.pytest.ini_options]\nmarkers = ["slow: takes long", "db"]\n'})
    assert [category.name for category in propose_categories(tree, "/project")] == ["slow", "db"]


@pytest.mark.parametrize(
    "text",
    [
        "pip install pytest",
        "echo running pytest",
        "pytest-cov",
        "rm -rf .pytest_cache",
        "docker run x pytest",
        "$(PYTEST)",
    ],
)
def test_what_only_mentions_pytest_is_no_command(text: str) -> None:
    assert find_pytest_command(text) == ""


def test_a_command_behind_another_is_found() -> None:
    assert find_pytest_command("cd x && pytest -q") == "pytest -q"


def test_nothing_is_proposed_where_there_is_nothing() -> None:
    assert propose_commands(project({"a.py": ""}), "/project") == []
    assert propose_categories(project({"a.py": ""}), "/project") == []
