"""A tree of files held in memory, with symlinks: the tree of tests and of generated projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import dirname, normpath
from types import MappingProxyType

from muster.ports import EntryKind, ReadFailure

SYMLINK_LIMIT = 40
"""As many links as Linux follows before it answers ELOOP."""

_NOTHING: Mapping[str, EntryKind] = MappingProxyType({})


class MemoryTree:
    """A `FileTree` of absolute paths to contents; a folder exists where something lies in it or where it is named."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        symlinks: Mapping[str, str] = MappingProxyType({}),
        folders: Iterable[str] = (),
    ) -> None:
        self._files = {normpath(path): content for path, content in files.items()}
        self._links = {normpath(path): target for path, target in symlinks.items()}
        self._children: dict[str, set[str]] = {"/": set()}
        self._listings: dict[str, Mapping[str, EntryKind]] = {}
        for path in (*self._files, *self._links):
            self._add_child(path)
        for folder in map(normpath, folders):
            self._children.setdefault(folder, set())
            self._add_child(folder)
        clash = self._files.keys() & self._children.keys()
        if clash:
            raise ValueError(f"both a file and a folder: {sorted(clash)}")

    def _add_child(self, path: str) -> None:
        while path != "/":
            folder, name = dirname(path), path.rpartition("/")[2]
            names = self._children.setdefault(folder, set())
            if name in names:
                return
            names.add(name)
            path = folder

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in `folder` to their kinds; dangling links are left out."""
        found = self._listings.get(folder)
        if found is None:
            found = self._listings[folder] = self._list(self._find(folder))
        return found

    def _list(self, folder: str | None) -> Mapping[str, EntryKind]:
        names = self._children.get(folder) if folder is not None else None
        if names is None:
            return _NOTHING
        assert folder is not None
        kinds = {name: self.kind(f"{folder.rstrip('/')}/{name}") for name in sorted(names)}
        return {name: kind for name, kind in kinds.items() if kind is not None}

    def kind(self, path: str) -> EntryKind | None:
        """The kind of `path`, symlinks followed."""
        found = self._find(path)
        if found is None:
            return None
        return EntryKind.FILE if found in self._files else EntryKind.FOLDER

    def read(self, path: str) -> bytes:
        """The content of the file at `path`. Raises `ReadFailure`."""
        found = self._find(path)
        if found in self._files:
            return self._files[found]
        raise ReadFailure(path, "no such file" if found is None else "is a folder")

    def stamp(self, path: str) -> str | None:
        """None: only the content tells."""
        return None

    def real_path(self, path: str) -> str:
        """`path` with every symlink resolved; from a loop onwards the rest is kept as it is."""
        return self._follow(path)[0] if self._links else normpath(path)

    def is_symlink(self, path: str) -> bool:
        """Whether the last part of `path` is a symlink."""
        folder, _, name = path.rpartition("/")
        found = self._find(folder or "/")
        return found is not None and f"{found.rstrip('/')}/{name}" in self._links

    def _find(self, path: str) -> str | None:
        """The real path of the file or folder at `path`, or None where nothing is there."""
        if path in self._files or path in self._children:
            return path
        real, is_reachable = self._follow(path)
        return real if is_reachable and (real in self._files or real in self._children) else None

    def _follow(self, path: str) -> tuple[str, bool]:
        """The real path, and whether all that it leads through are folders."""
        rest = path.split("/")[::-1]
        resolved, is_reachable = "/", True
        links_left = SYMLINK_LIMIT
        while rest:
            part = rest.pop()
            is_reachable = is_reachable and resolved in self._children
            if part in ("", "."):
                continue
            if part == "..":
                resolved = dirname(resolved)
                continue
            candidate = f"{resolved.rstrip('/')}/{part}"
            target = self._links.get(candidate)
            if target is None or links_left == 0:
                resolved = candidate
                continue
            links_left -= 1
            if target.startswith("/"):
                resolved = "/"
            rest.extend(target.split("/")[::-1])
        return resolved, is_reachable
