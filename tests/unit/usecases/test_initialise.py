"""The first `[tool.muster]`."""

from __future__ import annotations

import pytest

from muster.errors import UsageError
from muster.settings import load_settings
from muster.trees.memory import MemoryTree
from muster.usecases.initialise import plan_initialisation

ROOT = "/project"


def project(**files: str) -> MemoryTree:
    return MemoryTree({f"{ROOT}/{path.replace('__', '/')}": text.encode() for path, text in files.items()})


def test_a_project_without_pyproject_gets_a_muster_toml() -> None:
    (planned,) = plan_initialisation(MemoryTree({f"{ROOT}/tests/unit/test_a.py": b""}), ROOT)
    assert planned.path == f"{ROOT}/muster.toml"
    assert planned.content.decode() == (
        "[tool.muster]\n"
        "# The command that the team runs. "
        "Its options, and whether it is `python -m pytest`, decide what is collected.\n"
        '# invocation = "python -m pytest"\n'
        "\n"
        "# What real pytest may need to collect, as a whole process; `muster check --confirm` measures it.\n"
        '# budget = "30s"\n'
        "\n"
        "[tool.muster.categories.unit]  # the folder tests/unit holds test files\n"
        'paths = ["tests/unit"]\n'
        "min_tests = 1\n"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_pyproject_keeps_every_byte_and_gains_a_table(newline: str) -> None:
    before = f'[project]{newline}name = "x"  # kept{newline}'.encode()
    tree = MemoryTree({f"{ROOT}/pyproject.toml": before, f"{ROOT}/tests/e2e/test_a.py": b""})
    (planned,) = plan_initialisation(tree, ROOT)
    assert planned.content.startswith(before)
    assert (b"\r\n" in planned.content) == (newline == "\r\n")
    settings = load_settings(MemoryTree({planned.path: planned.content}), ROOT)
    assert settings.categories["e2e"].paths == ("tests/e2e",)


def test_what_is_written_can_be_read_whatever_the_commands_hold() -> None:
    tree = MemoryTree({f"{ROOT}/Makefile": b"test:\n\tpytest -k 'a \"quoted\" \\\\ word' tests/\xc3\xa9\n"})
    (planned,) = plan_initialisation(tree, ROOT)
    settings = load_settings(MemoryTree({planned.path: planned.content}), ROOT)
    assert settings.invocation == "pytest -k 'a \"quoted\" \\\\ word' tests/é"


@pytest.mark.parametrize(
    "files",
    [
        {"muster.toml": b""},
        {"pyproject.toml": b"[tool.muster]\n"},
        {"pyproject.toml": b"[tool.muster.categories.x]\npaths = ['tests']\n"},
        {"pyproject.toml": b"not toml\n"},
        {"pyproject.toml": b"\xff"},
        {"pyproject.toml": b"tool = {}\n"},
    ],
)
def test_what_is_there_is_never_overwritten(files: dict[str, bytes]) -> None:
    tree = MemoryTree({f"{ROOT}/{path}": content for path, content in files.items()})
    with pytest.raises(UsageError):
        plan_initialisation(tree, ROOT)


def test_the_health_test_is_three_lines_in_the_test_folder() -> None:
    tree = MemoryTree({f"{ROOT}/tests/test_a.py": b""})
    _, planned = plan_initialisation(tree, ROOT, health_test=True)
    assert planned.path == f"{ROOT}/tests/test_collectability.py"
    assert len([line for line in planned.content.splitlines() if line]) == 3


def test_a_health_test_that_is_there_is_kept() -> None:
    tree = MemoryTree({f"{ROOT}/tests/test_collectability.py": b""})
    with pytest.raises(UsageError, match="exists already"):
        plan_initialisation(tree, ROOT, health_test=True)
