"""A plain copy of the project with fixes made in it, and one real collection there. This runs the project's code."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Sequence

from muster.errors import MusterError
from muster.model.collection import Collection
from muster.model.fix import FileChange
from muster.ports import ObservedPytest

_LEFT_OUT = frozenset(
    (".git", ".hg", ".svn", ".muster", "__pycache__", ".pytest_cache", ".mypy_cache", ".tox", ".nox", "node_modules")
)


class CopiedProject:
    """`ports.ProjectCopy` of the folder `root`; virtual environments, caches and the history stay behind."""

    def __init__(self, root: str, observed: ObservedPytest) -> None:
        self._root = root.rstrip("/")
        self._observed = observed

    def collect(self, changes: Sequence[FileChange], argv: Sequence[str], cwd: str) -> Collection:
        """What `argv` collects in the copy, run in the folder that stands for `cwd`."""
        with tempfile.TemporaryDirectory(prefix="muster-copy-") as folder:
            copy = os.path.join(os.path.realpath(folder), os.path.basename(self._root) or "project")
            try:
                shutil.copytree(self._root, copy, symlinks=True, ignore=self._left_out)
                for change in changes:
                    _make(self._place(change.path, copy), change.after)
            except (OSError, shutil.Error) as error:
                raise MusterError(f"the project cannot be copied: {error}") from error
            words = [word.replace(self._root + "/", copy + "/") for word in argv]
            return self._observed.collect(words, self._place(cwd, copy))

    def _left_out(self, folder: str, names: list[str]) -> set[str]:
        special = {name for name in names if not _is_plain(os.path.join(folder, name))}
        environments = {name for name in names if os.path.isfile(os.path.join(folder, name, "pyvenv.cfg"))}
        return special | environments | (_LEFT_OUT & set(names))

    def _place(self, path: str, copy: str) -> str:
        return copy if path == self._root else path.replace(self._root + "/", copy + "/", 1)


def _is_plain(path: str) -> bool:
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def _make(path: str, content: bytes | None) -> None:
    if content is None:
        os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
