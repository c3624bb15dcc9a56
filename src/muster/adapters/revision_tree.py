"""The whole world as it is today, but for a repository, which is as it was in one revision.

What git ignores (built modules, environments) is today's in every revision, as it would be after a checkout. A submodule is
as the revision names it, where its own repository lies in the work tree.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.adapters.git_objects import Objects, Repository
from muster.errors import UsageError
from muster.ports import EntryKind, FileTree, ReadFailure
from muster.trees.memory import MemoryTree
from muster.trees.world import World

_LINK, _SUBMODULE = "120000", "160000"
_UNINTERESTING = frozenset(("__pycache__",))
_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:(?P<oid>[0-9a-f]{64})\n")
_LFS_MOST_BYTES = 1024

LISTING_S = 60.0


@dataclass(slots=True)
class Gaps:
    """What a revision names and this clone has not: paths as the project spells them."""

    contents: dict[str, None] = field(default_factory=dict)
    pointers: dict[str, None] = field(default_factory=dict)
    submodules: dict[str, str] = field(default_factory=dict)


class RevisionTree:
    """A `FileTree`: `disk`, with the work tree of `repository` as of the commit `revision`. `close` ends its readers.

    `repository` is opened at its top. `absent` are tracked files that the work tree leaves out (a sparse checkout): they
    are left out here too. What could not be read for want of objects is in `gaps`; whoever relies on the tree looks there.
    """

    def __init__(
        self, repository: Repository, revision: str, disk: FileTree, *, absent: frozenset[str] = frozenset()
    ) -> None:
        self.gaps = Gaps()
        self._disk = disk
        self._readers: list[_Files] = []
        self._top = repository.top.rstrip("/") or "/"
        # What the disk reaches through a link it reaches by the real path as well: that is where the files are mounted.
        self._real_top = disk.real_path(self._top)
        mounts: dict[str, FileTree] = {"/": disk}
        self._mount(repository, revision, self._real_top, mounts, absent)
        self._world = World(mounts.pop(self._real_top), self._real_top, mounts)

    def _mount(
        self, repository: Repository, revision: str, top: str, mounts: dict[str, FileTree], absent: frozenset[str]
    ) -> None:
        folders, files = _ignored(repository, top)
        reader = _Files(repository, revision, top, self._disk, files, absent, self.gaps)
        self._readers.append(reader)
        # A folder of which only ignored files are left today may have held others then.
        mounts.update((folder, self._disk) for folder in folders if reader.kind(folder) is None)
        mounts[top] = reader
        for folder, commit in reader.submodules.items():
            if self._disk.kind(f"{folder}/.git") is None:
                self.gaps.submodules[folder] = ""
                continue
            inner = Repository(folder, commit)
            if inner:
                self._mount(inner, commit, folder, mounts, frozenset())
            else:
                self.gaps.submodules[folder] = commit

    def close(self) -> None:
        """End the readers of objects."""
        for reader in self._readers:
            reader.close()

    def _here(self, path: str) -> str:
        """`path` below the real place of the repository."""
        if self._top == self._real_top or not (path == self._top or path.startswith(self._top + "/")):
            return path
        return self._real_top + path[len(self._top) :]

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in `folder` to their kinds."""
        return self._world.listing(self._here(folder))

    def kind(self, path: str) -> EntryKind | None:
        """The kind of `path`, symlinks followed."""
        return self._world.kind(self._here(path))

    def read(self, path: str) -> bytes:
        """The content of the file at `path`. Raises `ReadFailure`."""
        return self._world.read(self._here(path))

    def stamp(self, path: str) -> str | None:
        """The disk's stamp of what is not the revision's, and the object's name of what is."""
        return self._world.stamp(self._here(path))

    def real_path(self, path: str) -> str:
        """`path` with every symlink resolved."""
        return self._world.real_path(self._here(path))

    def is_symlink(self, path: str) -> bool:
        """Whether the last part of `path` is a symlink."""
        return self._world.is_symlink(self._here(path))

    def blobs(self) -> dict[str, str]:
        """Every file that is the revision's, as the project spells it, to the stamp that it has here."""
        found: dict[str, str] = {}
        for reader in self._readers:
            for path, name in reader.objects_by_path.items():
                spelled = self._top + path[len(self._real_top) :] if path.startswith(self._real_top + "/") else path
                found[spelled] = BLOB + name
        return found


BLOB = "git:"
"""What the stamp of a revision's file begins with; the name of its content follows."""


class _Files:
    """The files of one repository in one revision, with today's ignored files."""

    def __init__(
        self, repository: Repository, revision: str, top: str, disk: FileTree, ignored: list[str],
        absent: frozenset[str], gaps: Gaps,
    ) -> None:  # fmt: skip
        entries = _entries(repository, revision)
        self._objects: Objects = repository.objects()
        self._repository, self._disk, self._gaps = repository, disk, gaps
        self._lfs_folder: str | None = None
        placed = [(mode, name, f"{top}/{path}") for mode, name, path in entries if path not in absent]
        self.objects_by_path = {path: name for mode, name, path in placed if mode not in (_LINK, _SUBMODULE)}
        self.submodules = {path: name for mode, name, path in placed if mode == _SUBMODULE}
        links = {path: self._link(path, name) for mode, name, path in placed if mode == _LINK}
        own = {path: name.encode("ascii") for path, name in self.objects_by_path.items()}
        todays = {path: b"" for path in ignored if path not in own and path not in links}
        self._tree = MemoryTree(_without_clashes({**todays, **own}), links, [top or "/", *self.submodules])

    def close(self) -> None:
        self._objects.close()

    def _link(self, path: str, name: str) -> str:
        content = self._objects.read(name)
        if content is None:
            self._gaps.contents[path] = None
            return ""
        return os.fsdecode(content)

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        return self._tree.listing(folder)

    def kind(self, path: str) -> EntryKind | None:
        return self._tree.kind(path)

    def read(self, path: str) -> bytes:
        name = self._tree.read(path).decode("ascii")
        if not name:
            return self._disk.read(path)
        content = self._objects.read(name)
        if content is None:
            self._gaps.contents[path] = None
            raise ReadFailure(path, "git does not have its content, or it is too large")
        pointer = _LFS.match(content) if len(content) <= _LFS_MOST_BYTES else None
        return content if pointer is None else self._pointed(path, pointer["oid"].decode("ascii"))

    def _pointed(self, path: str, oid: str) -> bytes:
        """The content that a pointer of git-lfs stands for: today's where it is the same, else what lfs has stored."""
        try:
            content = self._disk.read(path)
        except ReadFailure:
            content = b""
        if hashlib.sha256(content).hexdigest() == oid:
            return content
        try:
            stored = self._disk.read(f"{self._lfs()}/{oid[:2]}/{oid[2:4]}/{oid}")
        except ReadFailure:
            stored = b""
        if hashlib.sha256(stored).hexdigest() == oid:
            return stored
        self._gaps.pointers[path] = None
        raise ReadFailure(path, "it is stored by git-lfs, which has not fetched it")

    def _lfs(self) -> str:
        if self._lfs_folder is None:
            told = self._repository.run("rev-parse", "--git-common-dir").data.decode("utf-8", "surrogateescape").strip()
            self._lfs_folder = os.path.join(self._repository.top, told, "lfs", "objects")
        return self._lfs_folder

    def stamp(self, path: str) -> str | None:
        try:
            name = self._tree.read(path).decode("ascii")
        except ReadFailure:
            return None
        return BLOB + name if name else self._disk.stamp(path)

    def real_path(self, path: str) -> str:
        return self._tree.real_path(path)

    def is_symlink(self, path: str) -> bool:
        return self._tree.is_symlink(path)


def read_listing(repository: Repository, *arguments: str) -> bytes:
    """What git lists, whole. Raises `UsageError` otherwise: a base with less in it would have fewer tests to miss."""
    told = repository.run(*arguments, timeout_s=LISTING_S)
    if told.failure or not told.is_whole:
        why = told.failure or f"it took more than {LISTING_S:.0f} s"
        raise UsageError(
            f"git cannot list the files of {repository.top}: {why}; where the clone is partial: "
            "git fetch --refetch --no-filter origin"
        )
    return told.data


def _entries(repository: Repository, revision: str) -> list[tuple[str, str, str]]:
    """Every entry of the revision's tree: mode, object and path."""
    listed = read_listing(repository, "ls-tree", "-r", "-z", "--full-tree", revision)
    entries = (entry.partition(b"\t") for entry in listed.split(b"\0") if entry)
    return [(meta[:6].decode("ascii"), meta.split()[2].decode("ascii"), os.fsdecode(path)) for meta, _, path in entries]


def _ignored(repository: Repository, top: str) -> tuple[list[str], list[str]]:
    """The folders and files of the work tree that git ignores.

    Listing them compares nothing with the index's contents: no filter runs, and fsmonitor and the untracked cache are off.
    """
    told = read_listing(repository, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    folders: list[str] = []
    files: list[str] = []
    for raw in told.split(b"\0"):
        path = os.fsdecode(raw)
        if not path or path.rstrip("/").rpartition("/")[2] in _UNINTERESTING or path.endswith((".pyc", ".pyo")):
            continue
        (folders if path.endswith("/") else files).append(f"{top}/{path.rstrip('/')}")
    return folders, files


def _without_clashes(files: dict[str, bytes]) -> dict[str, bytes]:
    """`files` without those that are folders in the revision: an ignored file may stand where a folder was."""
    folders = {path.rpartition("/")[0] for path in files}
    above = set(folders)
    for folder in folders:
        while folder := folder.rpartition("/")[0]:
            above.add(folder)
    return {path: content for path, content in files.items() if path not in above}
