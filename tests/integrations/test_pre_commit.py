"""The hook of `.pre-commit-hooks.yaml`, called as pre-commit calls it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.integrations.conftest import BROKEN, ROOT, SOUND, write

from muster.cli.main import run

(HOOK,) = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def call(hook: dict[str, Any], changed: list[str]) -> int:
    """The exit code of the hook's command; pre-commit adds the changed files only where the hook wants them."""
    program, *words = shlex.split(hook["entry"])
    assert program == "muster"
    return run([*words, *hook.get("args", ()), *(changed if hook.get("pass_filenames", True) else ())])


@pytest.mark.parametrize(("files", "code"), [(SOUND, 0), (BROKEN, 1)])
def test_a_commit_that_breaks_collection_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], code: int
) -> None:
    monkeypatch.chdir(write(tmp_path / "project", files))
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert call(HOOK, ["app.py"]) == code


def test_it_runs_though_the_commit_only_deletes() -> None:
    """pre-commit passes over a hook when no changed file is left for it, and a deleted one never is."""
    assert HOOK["always_run"] is True
    assert HOOK["language"] == "python"
