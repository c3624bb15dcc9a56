"""A git revision as a `FileTree`: read from git's objects, nothing checked out."""

from __future__ import annotations

from collections.abc import Mapping

from muster.adapters.git_objects import Objects, Repository
from muster.ports import EntryKind, ReadFailure
from muster.trees.memory import MemoryTree

_LINK, _SUBMODULE = "120000", "160000"


class GitTree:
    """The files of `revision`, below the repository's top as it lies on the disk. `close` ends its reader.

    A submodule is an empty folder, as in a clone without submodules. Raises `ReadFailure` where there is no such revision.
    """

    def __init__(self, repository: Repository, revision: str = "HEAD") -> None:
        entries = repository.paths(revision)
        if not entries:
            raise ReadFailure(repository.top, f"git has no files for the revision '{revision}'")
        self._objects: Objects = repository.objects()
        top = repository.top.rstrip("/")
        placed = [(mode, name, f"{top}/{path}") for mode, name, path in entries]
        links = {path: self._target(name) for mode, name, path in placed if mode == _LINK}
        self._tree = MemoryTree(
            {path: name.encode() for mode, name, path in placed if mode not in (_LINK, _SUBMODULE)},
            links,
            [top or "/", *(path for mode, _, path in placed if mode == _SUBMODULE)],
        )

    def _target(self, name: str) -> str:
        content = self._objects.read(name)
        return content.decode("utf-8", "surrogateescape") if content else ""

    def close(self) -> None:
        """End the reader of objects."""
        self._objects.close()

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in `folder` to their kinds; dangling links are left out."""
        return self._tree.listing(folder)

    def kind(self, path: str) -> EntryKind | None:
        """The kind of `path`, symlinks followed."""
        return self._tree.kind(path)

    def read(self, path: str) -> bytes:
        """The content of the file at `path`. Raises `ReadFailure`."""
        content = self._objects.read(self.object_name(path))
        if content is None:
            raise ReadFailure(path, "git does not have it, or it is too large")
        return content

    def object_name(self, path: str) -> str:
        """git's own name of the content of the file at `path`. Raises `ReadFailure`."""
        return self._tree.read(path).decode("ascii")

    def stamp(self, path: str) -> str | None:
        """None: what the disk remembers of the path is not to be overwritten by another revision's."""
        return None

    def real_path(self, path: str) -> str:
        """`path` with every symlink resolved."""
        return self._tree.real_path(path)

    def is_symlink(self, path: str) -> bool:
        """Whether the last part of `path` is a symlink."""
        return self._tree.is_symlink(path)
