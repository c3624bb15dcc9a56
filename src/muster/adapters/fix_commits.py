"""Commits of fixes in the user's own repository: only the files of the fix, and nothing of the repository is executed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from muster.adapters.child_environment import inherited_environment
from muster.adapters.git_objects import blob_id
from muster.errors import MusterError, UsageError
from muster.model.fix import FileChange

_QUIET = (
    "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "commit.gpgSign=false",
    "-c", "core.quotePath=false", "--literal-pathspecs",
)  # fmt: skip


class ProjectCommits:
    """`ports.FixCommits` in the repository that holds `root`. Raises `UsageError` where there is none."""

    def __init__(self, root: str) -> None:
        self._root = root
        if self._git("rev-parse", "--is-inside-work-tree").strip() != "true":
            raise UsageError(f"--commit: {root} is in no git repository")

    def refuse_unclean(self, changes: Sequence[FileChange]) -> None:
        """Raise `UsageError` where HEAD has other bytes of a file than those that are changed."""
        for change in changes:
            name = os.path.relpath(change.path, self._root)
            committed = self._git("rev-parse", "--verify", "--quiet", f"HEAD:./{name}", fails=True).strip()
            if committed != ("" if change.before is None else blob_id(change.before, len(committed))):
                raise UsageError(f"--commit: {name} has changes that are not committed; commit or stash them first")

    def commit(self, paths: Sequence[str], message: str) -> str:
        """Commit `paths` as they lie, whatever else is staged; the new commit's id."""
        names = [os.path.relpath(path, self._root) for path in paths]
        self._git("add", "--all", "--", *names)
        self._git("commit", "--quiet", "--no-verify", "--only", "--message", message, "--", *names)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str, fails: bool = False) -> str:
        environ = {
            **inherited_environment(),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_EDITOR": "true",
            "GIT_NO_LAZY_FETCH": "1",
        }
        try:
            done = subprocess.run(
                ["git", *_QUIET, *arguments], cwd=self._root, env=environ, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=60, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise UsageError("--commit: git is not installed, or not on PATH") from error
        except subprocess.TimeoutExpired as error:
            raise MusterError(f"git {arguments[0]} did not end within a minute") from error
        if done.returncode and not fails:
            told = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            raise UsageError(f"--commit: git {arguments[0]} failed: {told}")
        return done.stdout.decode("utf-8", "replace")
