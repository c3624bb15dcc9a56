"""What git ignores: our reading of its rules against git's own answer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from muster.adapters.disk_tree import DiskTree
from muster.adapters.git_working_copy import GitWorkingCopy
from muster.fixes.ignored import IgnoreRules

pytestmark = [pytest.mark.oracle]

FILES = {
    ".gitignore": "*.gen.py\n/only_top.py\nbuild/\n!keep.gen.py\n# note\n\\#odd.py\nsub/**/deep.py\ntrail.py \n",
    "project/.gitignore": "!b.gen.py\nlocal_*.py\n/out\n",
    "project/inner/.gitignore": "*\n!.gitignore\n!allowed.py\n",
}
PATHS = (
    "a.gen.py", "b.gen.py", "keep.gen.py", "only_top.py", "inner/only_top.py", "build/x.py", "inner/allowed.py", "inner/x.py",
    "sub/one/deep.py", "sub/deep.py", "#odd.py", "trail.py", "local_a.py", "out/x.py", "excluded.py", "mine.py", "plain.py",
    "tracked.gen.py", "build/tracked.py", "inner/build/y.py", "deeper/mine.py",
)  # fmt: skip


def test_our_reading_is_gits(tmp_path: Path) -> None:
    top, home = tmp_path / "top", tmp_path / "home"
    project = top / "project"
    for name, text in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    home.mkdir()
    (home / "rules").write_text("mine.py\n")
    (home / ".gitconfig").write_text("[user]\n\tname = x\n[core]\n\texcludesFile = ~/rules\n")
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    for path in PATHS:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("")
    tracked = ["tracked.gen.py", "build/tracked.py"]
    for command in (["init", "-q"], ["add", "-f", *(f"project/{each}" for each in tracked)]):
        subprocess.run(["git", *command], cwd=top, env=environ, check=True, capture_output=True)
    (top / ".git/info").mkdir(exist_ok=True)
    (top / ".git/info/exclude").write_text("excluded.py\n")
    done = subprocess.run(
        ["git", "check-ignore", "--stdin"], cwd=project, env=environ, input="\n".join(PATHS), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    gits = {line.strip('"') for line in done.stdout.splitlines()}
    rules = IgnoreRules(DiskTree(), str(project), environ, GitWorkingCopy(str(project)).tracks)
    assert {path for path in PATHS if rules.ignores(f"{project}/{path}")} == gits
    assert "excluded.py" in gits
    assert "mine.py" in gits
    assert not gits & set(tracked)


def test_a_second_work_tree_has_the_rules_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "first/.git/info").mkdir(parents=True)
    (tmp_path / "first/.git/info/exclude").write_text("a.py\n")
    (tmp_path / "first/.git/worktrees/two").mkdir(parents=True)
    (tmp_path / "first/.git/worktrees/two/commondir").write_text("../..\n")
    (tmp_path / "two").mkdir()
    (tmp_path / "two/.git").write_text("gitdir: ../first/.git/worktrees/two\n")
    rules = IgnoreRules(DiskTree(), str(tmp_path / "two"), {})
    assert rules.ignores(f"{tmp_path}/two/a.py")
    assert not rules.ignores(f"{tmp_path}/two/b.py")
    assert rules.ignores(f"{tmp_path}/two/.git/config")
