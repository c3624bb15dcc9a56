"""The memory of a real project: `muster demo`, checked at each of its commits by the commands themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

from muster.cli.main import run


def remember_demo(folder: Path) -> None:
    """Record checks of the demo in `folder`, which is the working directory, as a team's CI would: commit by commit."""
    commits = git(folder, "log", "--reverse", "--format=%H").split()
    for commit, command in (
        (commits[0], ["check", "--fixes"]),
        (commits[0], ["run", "--collect-only", "-c", "mission_critical"]),
        (commits[4], ["check", "--fixes"]),
        (commits[-1], ["check", "--fixes"]),
        (commits[-1], ["probe", "--no-alone", "-c", "mission_critical"]),
        (commits[-1], ["check", "-c", "mission_critical", "--fixes"]),
    ):
        git(folder, "checkout", "-q", "-B", "main", commit)
        assert run(command) in (0, 1)


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True).stdout
