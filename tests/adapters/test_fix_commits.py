"""Commits of fixes: git, and no program of the project that bears its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.adapters.repositories import Work

from muster.adapters.fix_commits import ProjectCommits


def test_a_program_of_the_folder_is_not_taken_for_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever `PATH` says of the working directory."""
    work = Work(tmp_path / "repo")
    work.write("a.py", "x = 1\n").commit("begin")
    trap = work.folder / "git"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path / 'sprung'}'\nexit 1\n")
    trap.chmod(0o755)
    (work.folder / "a.py").write_text("x = 2\n")
    work.git("config", "user.name", "Ada")
    work.git("config", "user.email", "ada@example.invalid")
    with monkeypatch.context() as patched:
        patched.setenv("PATH", os.pathsep.join((".", "", os.environ["PATH"])))
        sha = ProjectCommits(str(work.folder)).commit([str(work.folder / "a.py")], "fix")
    assert work.git("rev-parse", "HEAD").strip() == sha
    assert not (tmp_path / "sprung").exists()
