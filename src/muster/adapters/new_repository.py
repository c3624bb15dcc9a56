"""A git repository that Muster itself makes in a folder of its own; nothing of the user's git configuration bears on it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from muster.adapters.child_environment import inherited_environment
from muster.errors import UsageError


class GitRepository:
    """A new repository in `folder`, which must not exist or be empty. Raises `UsageError` where git or the folder cannot be used."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_used = any(self._folder.iterdir())
        except OSError as error:
            raise UsageError(f"{folder}: {error.strerror or error}; name another folder") from error
        if is_used:
            raise UsageError(f"{folder} is not empty: name another folder, or remove it first")
        self._git("init", "--quiet", "--template=", "--initial-branch=main")

    def write(self, path: str, content: str) -> None:
        """Write a file of the work tree; `path` is relative."""
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8", newline="\n")

    def delete(self, path: str) -> None:
        """Delete a file of the work tree."""
        (self._folder / path).unlink()

    def commit(self, message: str, *, author: str, date: str) -> None:
        """Commit everything as it stands."""
        self._git("add", "--all")
        email = f"{author.partition(' ')[0].lower()}@example.invalid"
        who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (
            ("NAME", author), ("EMAIL", email), ("DATE", date)
        )}  # fmt: skip
        self._git("commit", "--quiet", "--no-verify", "--message", message, variables=who)

    def _git(self, *arguments: str, variables: dict[str, str] | None = None) -> None:
        environ = {name: value for name, value in inherited_environment().items() if not name.startswith("GIT_")}
        environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
        command = ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "commit.gpgSign=false", *arguments]
        try:
            done = subprocess.run(
                command, cwd=self._folder, env=environ | (variables or {}), stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", timeout=60, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise UsageError("git is not installed, or not on PATH: the demo is a repository with a history") from error
        if done.returncode:
            raise UsageError(
                f"git {arguments[0]} failed in {self._folder}: {done.stderr.strip() or done.stdout.strip()}"
            )
