"""Real git repositories for the tests: files written, moved and deleted, commit by commit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from textwrap import dedent


class Work:
    """A repository in `folder`, and commits in it by one author, one day after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._days = 0
        self.git("init", "--quiet", "--template=", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """What `git ARGUMENTS` prints, untouched by the configuration of whoever runs the tests."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        date = f"2024-01-{self._days + 1:02}T12:00:00+00:00"
        environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        environ |= {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (
            ("NAME", "Ada"), ("EMAIL", "ada@example.invalid"), ("DATE", date)
        )}  # fmt: skip
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def path(self, name: str) -> str:
        """`name` as the diagnosis asks for it."""
        return f"{self.folder}/{name}"

    def write(self, name: str, text: str) -> Work:
        """Write a file."""
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text), encoding="utf-8")
        return self

    def delete(self, *names: str) -> Work:
        """Delete files."""
        for name in names:
            (self.folder / name).unlink()
        return self

    def move(self, old: str, new: str) -> Work:
        """Move a file or folder."""
        target = self.folder / new
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / old).rename(target)
        return self

    def commit(self, subject: str) -> str:
        """Commit everything; returns the commit's name."""
        self._days += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")
