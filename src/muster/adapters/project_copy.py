"""A plain copy of the project with fixes made in it, and one real collection there. This runs the project's code."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from muster.errors import MusterError
from muster.model.collection import Collection, CollectorReport
from muster.model.environment import Environment
from muster.model.fix import FileChange
from muster.ports import ObservedPytest, TimedRun

_LEFT_OUT = frozenset(
    (".git", ".hg", ".svn", ".muster", "__pycache__", ".pytest_cache", ".mypy_cache", ".tox", ".nox", "node_modules")
)


class CopiedProject:
    """`ports.ProjectCopy` of the folder `root`; virtual environments, caches and the history stay behind.

    `observe` gives a real pytest that runs with other variables than `environ`. What `environment` imports from the project
    itself (an editable install) is put first on the path as it lies in the copy: else the copy's tests would import the
    project's unchanged files.
    """

    def __init__(
        self,
        root: str,
        environment: Environment,
        environ: Mapping[str, str],
        observe: Callable[[Mapping[str, str]], ObservedPytest],
    ) -> None:
        self._root = root.rstrip("/")
        self._environment = environment
        self._environ = environ
        self._observe = observe

    def collect(self, changes: Sequence[FileChange], argv: Sequence[str], cwd: str) -> Collection:
        """What `argv` collects in the copy, run in the folder that stands for `cwd`."""
        with self._copied(changes) as (copy, entries):
            return self._collected(copy, entries, argv, cwd)

    def alternate(
        self, before: Sequence[FileChange], after: Sequence[FileChange], argv: Sequence[str], cwd: str, rounds: int
    ) -> list[tuple[TimedRun, TimedRun]]:
        """`ports.PairedRuns`: a first pair writes what Python and pytest compile, and is not counted."""
        with self._copied(before) as (one, own), self._copied(after) as (other, its):
            pairs = [
                (self._timed(one, own, argv, cwd), self._timed(other, its, argv, cwd)) for _ in range(rounds + 1)
            ]  # fmt: skip
        return pairs[1:]

    def _timed(self, copy: str, entries: Sequence[str], argv: Sequence[str], cwd: str) -> TimedRun:
        began = os.times()
        collection = self._collected(copy, entries, argv, cwd)
        ended = os.times()
        spent = ended.children_user + ended.children_system - began.children_user - began.children_system
        return TimedRun(self._as_original(collection, copy), spent)

    def _as_original(self, collection: Collection, copy: str) -> Collection:
        """`collection` with the words of its failures as they would be in the project: the two copies are then alike."""

        def spelled(report: CollectorReport) -> CollectorReport:
            if report.exception is None:
                return report
            exception = replace(report.exception, message=report.exception.message.replace(copy, self._root))
            return replace(report, exception=exception)

        return replace(collection, reports=tuple(map(spelled, collection.reports)))

    def _collected(self, copy: str, entries: Sequence[str], argv: Sequence[str], cwd: str) -> Collection:
        words = [word.replace(self._root + "/", copy + "/") for word in argv]
        return self._observe(self._variables(entries, copy)).collect(words, self._place(cwd, copy))

    @contextmanager
    def _copied(self, changes: Sequence[FileChange]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """A copy with `changes` made, and the folders that stand for what the environment imports from the project."""
        entries = tuple(dict.fromkeys(self._own_entries()))
        if entries and any(change.after is None for change in changes):
            raise MusterError(
                "--confirm: this environment imports the project itself (an editable install), where a copy's tests would "
                "still find what the fix deletes"
            )
        with tempfile.TemporaryDirectory(prefix="muster-copy-") as folder:
            copy = os.path.join(os.path.realpath(folder), os.path.basename(self._root) or "project")
            try:
                shutil.copytree(self._root, copy, symlinks=True, ignore=self._left_out)
                for change in changes:
                    _make(self._place(change.path, copy), change.after)
            except (OSError, shutil.Error) as error:
                raise MusterError(f"the project cannot be copied: {error}") from error
            yield copy, entries

    def _own_entries(self) -> Iterator[str]:
        """The folders of the project that the environment itself puts on the path, or imports from with a finder."""
        for entry in self._environment.search_path:
            if self._is_own(entry) and entry not in self._typed and not self._is_in_environment(entry):
                yield entry
        for name, place in self._environment.editable_finders.items():
            if not self._is_own(place):
                continue
            if os.path.basename(place).removesuffix(".py") != name:
                raise MusterError(f"--confirm: an editable install calls {place} '{name}', and a copy of it cannot be")
            yield os.path.dirname(place)

    @property
    def _typed(self) -> list[str]:
        """The user's own PYTHONPATH."""
        return [entry for entry in self._environ.get("PYTHONPATH", "").split(os.pathsep) if entry]

    def _is_own(self, path: str) -> bool:
        return path == self._root or path.startswith(self._root + "/")

    def _is_in_environment(self, entry: str) -> bool:
        below = os.path.relpath(entry, self._root).split(os.sep)
        folders = (os.path.join(self._root, *below[:length]) for length in range(1, len(below) + 1))
        return any(os.path.isfile(os.path.join(folder, "pyvenv.cfg")) for folder in folders)

    def _variables(self, entries: Sequence[str], copy: str) -> Mapping[str, str]:
        path = [self._place(entry, copy) for entry in (*entries, *self._typed)]
        return {**self._environ, "PYTHONPATH": os.pathsep.join(path)} if path else self._environ

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
