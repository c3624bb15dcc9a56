"""A tree with changes laid over it: proving a fix is collecting the overlay.

Writing through a symlink changes its target; deleting a symlink deletes the link, as `open(path, "w")` and `unlink` do.
A folder whose last file is deleted stays, as it does on disk. A link of the base that dangles is not listed even where a
change makes its target, as no tree tells of dangling links; asked for by name it is there. A link that leads through
another link which is deleted is still followed: a tree does not tell what a link says, only where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import dirname, normpath

from muster.ports import EntryKind, FileTree, ReadFailure

_UPWARDS = re.compile(r"/\.\.(?=/|$)")


class OverlayTree:
    """A `FileTree`: `base`, with each path of `changes` written (bytes) or deleted (None, whole folders too)."""

    def __init__(self, base: FileTree, changes: Mapping[str, bytes | None]) -> None:
        self._base = base
        self._written: dict[str, bytes] = {}
        self._deleted: set[str] = set()
        self._added: dict[str, dict[str, EntryKind]] = {}
        self._listings: dict[str, Mapping[str, EntryKind]] = {}
        for path, content in changes.items():
            if content is None:
                self._deleted.add(self._own_place(normpath(path)))
            else:
                self._written[base.real_path(normpath(path))] = content
        for path in self._written:
            self._add_child(path)

    def _own_place(self, path: str) -> str:
        """`path` with its folder resolved but not its last part."""
        return f"{self._base.real_path(dirname(path)).rstrip('/')}/{path.rpartition('/')[2]}"

    def _add_child(self, path: str) -> None:
        kind = EntryKind.FILE
        while path != "/":
            folder = dirname(path)
            self._added.setdefault(folder, {})[path.rpartition("/")[2]] = kind
            path, kind = folder, EntryKind.FOLDER

    def _is_deleted(self, real: str) -> bool:
        """Whether `real` or a folder above it is deleted (and not written again)."""
        if not self._deleted or real in self._written or real in self._added:
            return False
        while real != "/":
            if real in self._deleted:
                return True
            real = dirname(real)
        return False

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in `folder` to their kinds, as after the changes."""
        found = self._listings.get(folder)
        if found is None:
            found = self._listings[folder] = self._list(folder)
        return found

    def _list(self, folder: str) -> Mapping[str, EntryKind]:
        if self.kind(folder) is not EntryKind.FOLDER:
            return {}
        real = self._base.real_path(folder)
        # A folder above may be deleted and this one made anew: then only what was written is in it.
        above_is_gone = any(real == gone or real.startswith(gone + "/") for gone in self._deleted)
        entries = {} if above_is_gone else dict(self._base.listing(real))
        if self._deleted:
            prefix = real.rstrip("/") + "/"
            entries = {name: kind for name, kind in entries.items() if not self._is_gone(prefix + name)}
        return entries | self._added.get(real, {})

    def _is_gone(self, path: str) -> bool:
        """Whether the entry at `path` (its folder resolved) is deleted, or is a link to something deleted."""
        if path in self._deleted:
            return True
        return self._base.is_symlink(path) and self._is_deleted(self._base.real_path(path))

    def kind(self, path: str) -> EntryKind | None:
        """The kind of `path`, symlinks followed."""
        settled = self._settled(path)
        if settled is None:
            return None
        if self._deleted and self._leads_through_deleted_link(settled):
            return None
        path, real = settled, self._base.real_path(settled)
        if real in self._written:
            return EntryKind.FILE
        if real in self._added:
            return EntryKind.FOLDER
        if self._deleted and (self._is_deleted(real) or self._is_deleted(self._own_place(normpath(path)))):
            return None
        return self._base.kind(path)

    def _leads_through_deleted_link(self, path: str) -> bool:
        """Whether some part of `path` is a link of the base that is deleted: what lies behind it is not reached this way."""
        cuts = (found.start() for found in re.finditer("/", path + "/") if found.start())
        return any(self._base.is_symlink(path[:cut]) and self._is_deleted(self._own_place(path[:cut])) for cut in cuts)

    def _settled(self, path: str) -> str | None:
        """`path` without `..`; None where what stands before one is no folder, as the system then finds nothing."""
        upwards = [found.span() for found in _UPWARDS.finditer(path)] if "/.." in path else []
        if not upwards:
            return path
        if any(self.kind(path[:start] or "/") is not EntryKind.FOLDER for start, _ in upwards):
            return None
        last = upwards[-1][1]
        return self._base.real_path(path[:last]).rstrip("/") + path[last:] or "/"

    def read(self, path: str) -> bytes:
        """The content of `path` after the changes. Raises `ReadFailure`."""
        if self.kind(path) is None:
            raise ReadFailure(path, "no such file")
        written = self._written.get(self._base.real_path(path))
        if written is not None:
            return written
        return self._base.read(self._settled(path) or path)

    def stamp(self, path: str) -> str | None:
        """The base's stamp where the path is untouched."""
        if self._base.real_path(path) in self._written or self.kind(path) is None:
            return None
        return self._base.stamp(path)

    def real_path(self, path: str) -> str:
        """As in the base: changes make no symlinks."""
        return self._base.real_path(path)

    def is_symlink(self, path: str) -> bool:
        """Whether the last part of `path` is a symlink that was not deleted."""
        if not self._base.is_symlink(path) or self._settled(path) is None:
            return False
        if not self._deleted:
            return True
        return not (self._leads_through_deleted_link(path) or self._is_deleted(self._own_place(normpath(path))))
