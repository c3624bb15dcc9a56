"""Fixes written into the project: all files or none, each whole, only over what was analysed; and taken back."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import stat
from collections.abc import Sequence
from typing import Any

from muster.adapters.atomic import write_atomically
from muster.adapters.project_folder import FOLDER, open_project_folder
from muster.errors import MusterError
from muster.model.fix import FileChange

RECORDS = "undo"
SCHEMA = "muster.undo/1"


class NotApplied(MusterError):
    """Nothing was written (or everything was taken back), for the reason that the message gives."""

    exit_code = 4


class ProjectFiles:
    """`ports.ProjectWriter` in the folder `root`. What was applied is kept under `.muster/undo`, the last on top."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._shown = root
        self._folder = os.path.join(root, FOLDER)

    def apply(self, changes: Sequence[FileChange]) -> None:
        """Write all `changes`. Raises `NotApplied` where any of them may not be made; then none is."""
        for change in changes:
            self._refuse_unsafe(change)
        modes = {change.path: _mode(change.path) for change in changes}
        folders = _folders_to_make(changes)
        record = self._record(changes, modes, folders)
        done: list[FileChange] = []
        try:
            for change in changes:
                if _content(change.path) != change.before:
                    raise NotApplied(self._changed(change.path))
                _put(change.path, change.after, None)
                done.append(change)
        except BaseException as error:
            for change in reversed(done):
                with contextlib.suppress(OSError):
                    _put(change.path, change.before, modes[change.path])
            _remove_empty(folders)
            os.unlink(record)
            if isinstance(error, OSError):
                raise NotApplied(f"{error.filename or 'a file'} cannot be written: {error.strerror}") from error
            raise

    def undo(self) -> tuple[str, ...]:
        """Restore the bytes that the last `apply` replaced, and take away the folders that it made; the files restored.
        Raises `NotApplied`."""
        records = self._records()
        if not records:
            raise NotApplied("there is nothing to undo: no fix was applied here")
        entries, made = _load(records[-1])
        changes, folders = [self._read_entry(entry) for entry in entries], [self._absolute(each) for each in made]
        for folder in folders:
            self._refuse_outside(folder)
        for change, _ in changes:
            self._refuse_outside(change.path)
            if _content(change.path) not in (change.after, change.before):
                raise NotApplied(f"{self._name(change.path)} was changed after the fix was applied: nothing was undone")
        for change, mode in changes:
            try:
                _put(change.path, change.before, mode)
            except OSError as error:
                raise NotApplied(f"{self._name(change.path)} cannot be written: {error.strerror}") from error
        _remove_empty(folders)
        os.unlink(records[-1])
        return tuple(self._name(change.path) for change, _ in changes)

    def _refuse_unsafe(self, change: FileChange) -> None:
        path = change.path
        self._refuse_outside(path)
        if os.path.islink(path) and change.after is None:
            raise NotApplied(f"{self._name(path)} is a symlink: it is not deleted")
        if _content(path) != change.before:
            raise NotApplied(self._changed(path))
        if change.before is not None:
            mode = os.stat(path).st_mode
            if not stat.S_ISREG(mode):
                raise NotApplied(f"{self._name(path)} is no regular file")
            if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
                raise NotApplied(f"{self._name(path)} is read-only: nothing was written")

    def _refuse_outside(self, path: str) -> None:
        real = os.path.realpath(path)
        if not real.startswith(self._root.rstrip("/") + "/"):
            raise NotApplied(f"{path} lies outside the project: nothing was written")
        parts = os.path.relpath(real, self._root).split(os.sep)
        if ".git" in parts or parts[0] == FOLDER:
            raise NotApplied(f"{self._name(path)} is not the project's own: nothing was written")

    def _record(self, changes: Sequence[FileChange], modes: dict[str, int | None], folders: Sequence[str]) -> str:
        """The record's file, written before anything else so that a crash can be undone."""
        folder = os.path.join(self._folder, RECORDS)
        try:
            open_project_folder(self._root)
            os.makedirs(folder, exist_ok=True)
            records = self._records()
            number = int(os.path.basename(records[-1]).partition(".")[0]) + 1 if records else 1
            path = os.path.join(folder, f"{number:06}.json")
            content = {
                "schema": SCHEMA,
                "files": [
                    {
                        "path": self._relative(change.path),
                        "shown": self._name(change.path).encode("utf-8", "backslashreplace").decode(),
                        "mode": modes[change.path],
                        "before": _encoded(change.before),
                        "after": _encoded(change.after),
                    }
                    for change in changes
                ],
                "folders": [self._relative(folder) for folder in folders],
            }
            write_atomically(path, json.dumps(content, indent=1).encode())
        except OSError as error:
            raise NotApplied(f"{folder} cannot be written: {error.strerror}: nothing was written") from error
        return path

    def _records(self) -> list[str]:
        folder = os.path.join(self._folder, RECORDS)
        with contextlib.suppress(OSError):
            names = [name for name in os.listdir(folder) if name.endswith(".json") and name[:-5].isdecimal()]
            return [os.path.join(folder, name) for name in sorted(names, key=lambda name: int(name[:-5]))]
        return []

    def _read_entry(self, entry: dict[str, Any]) -> tuple[FileChange, int | None]:
        return FileChange(self._absolute(entry["path"]), _decoded(entry["before"]), _decoded(entry["after"])), entry[
            "mode"
        ]

    def _relative(self, path: str) -> str:
        """A path in the record: any bytes, below the project."""
        return os.fsencode(os.path.relpath(path, self._shown)).hex()

    def _absolute(self, recorded: str) -> str:
        return os.path.normpath(os.path.join(self._shown, os.fsdecode(bytes.fromhex(recorded))))

    def _changed(self, path: str) -> str:
        return f"{self._name(path)} changed since it was analysed: nothing was written; run muster fix again"

    def _name(self, path: str) -> str:
        return os.path.relpath(path, self._shown)


def _load(path: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The files and the folders of a record; those of an older Muster name no folders."""
    try:
        with open(path, "rb") as file:
            content = json.load(file)
        files, folders = content["files"], content.get("folders", [])
        assert all(isinstance(each["path"], str) and {"before", "after", "mode"} <= each.keys() for each in files)
        assert all(isinstance(bytes.fromhex(each), bytes) for each in folders)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        raise NotApplied(f"{path} is no record of ours: {error}") from error
    return list(files), list(folders)


def _folders_to_make(changes: Sequence[FileChange]) -> list[str]:
    """The folders that the new files among `changes` need, the outer ones first."""
    found: dict[str, None] = {}
    for change in changes:
        missing, folder = [], os.path.dirname(change.path)
        while change.after is not None and not os.path.lexists(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        found.update(dict.fromkeys(reversed(missing)))
    return list(found)


def _remove_empty(folders: Sequence[str]) -> None:
    """Take away those of `folders`, the inner ones first, that hold nothing but what Python compiled there."""
    for folder in reversed(folders):
        cache = os.path.join(folder, "__pycache__")
        with contextlib.suppress(OSError):
            if os.path.isdir(cache) and not os.path.islink(cache) and os.listdir(folder) == ["__pycache__"]:
                for name in os.listdir(cache):
                    if name.endswith(".pyc"):
                        os.unlink(os.path.join(cache, name))
                os.rmdir(cache)
            os.rmdir(folder)


def _put(path: str, content: bytes | None, mode: int | None) -> None:
    """Make `path` hold `content`, or be gone."""
    if content is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write_atomically(path, content)
    if mode is not None:
        os.chmod(path, mode)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotApplied(f"{path} cannot be read: {error.strerror}") from error


def _mode(path: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None


def _encoded(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode("ascii")


def _decoded(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
