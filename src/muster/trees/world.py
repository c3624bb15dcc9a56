"""The world as the examined code sees it: its own tree beside the environment's, and what `os` and `pathlib` answer.

Nothing here asks the host. Where the real answer depends on the order of the disk (`os.listdir`, `Path.glob`), the
answer is sorted and the caller must treat its order as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import dirname, join, normpath
from types import MappingProxyType

from muster.ports import EntryKind, FileTree
from muster.trees.globbing import glob_below, glob_paths

_VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}]*)\})", re.ASCII)
_NO_TREES: Mapping[str, FileTree] = MappingProxyType({})
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class World:
    """A `FileTree` that sends each path to the tree mounted nearest above it.

    `root` is where the project's tree is mounted; `environment` maps other folders (site-packages, the standard
    library, `/` for all else) to theirs. Folders above a mount exist and hold at least the way down to it.
    """

    def __init__(
        self,
        project: FileTree,
        root: str,
        environment: Mapping[str, FileTree] = _NO_TREES,
        *,
        environ: Mapping[str, str] = _NO_VARIABLES,
        cwd: str | None = None,
        home: str = "",
        python: tuple[int, int] = (3, 13),
    ) -> None:
        self.root = normpath(root)
        self.environ = environ
        self.cwd = cwd if cwd is not None else self.root
        self.home = home
        self.python = python
        mounts = {normpath(folder): tree for folder, tree in environment.items()} | {self.root: project}
        self._mounts = sorted(mounts.items(), key=lambda mount: -len(mount[0]))
        self._ways = _ways_to(mounts)
        self._trees: dict[str, FileTree | None] = {}
        self._listings: dict[str, Mapping[str, EntryKind]] = {}
        self._real_folders: dict[str, str] = {}

    # A tree ---------------------------------------------------------------------------------------------------------

    def tree_for(self, folder: str) -> FileTree | None:
        """The tree that holds `folder`, or None where nothing is mounted."""
        try:
            return self._trees[folder]
        except KeyError:
            tree = next((tree for mount, tree in self._mounts if _is_within(folder, mount)), None)
            self._trees[folder] = tree
            return tree

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in `folder` to their kinds; cached, as the import system's finders ask again and again."""
        found = self._listings.get(folder)
        if found is None:
            found = self._listings[folder] = self._list(folder)
        return found

    def _list(self, folder: str) -> Mapping[str, EntryKind]:
        tree = self.tree_for(folder)
        entries = tree.listing(folder) if tree else {}
        if not entries:
            # A link may lead from one tree into another, which neither of them can follow alone.
            real = self.real_path(folder)
            other = self.tree_for(real)
            if other is not None and other is not tree:
                entries = other.listing(real)
        way = self._ways.get(normpath(folder))
        return {**entries, **dict.fromkeys(way, EntryKind.FOLDER)} if way else entries

    def kind(self, path: str) -> EntryKind | None:
        """The kind of `path`, symlinks followed, from the listing of its folder."""
        folder, slash, name = path.rpartition("/")
        if not slash or name in ("", ".", ".."):
            clean = self.real_path(path)
            return EntryKind.FOLDER if clean == "/" else self.kind(clean)
        found = self.listing(folder or "/").get(name)
        if found is not None or self.listing(folder or "/"):
            return found
        # An unreadable folder has no listing, yet what lies in it may still be reached by name.
        tree = self.tree_for(path)
        return tree.kind(path) if tree else None

    def read(self, path: str) -> bytes:
        """The content of the file at `path`. Raises `ReadFailure`."""
        real, tree = self._place(path)
        return tree.read(real)

    def stamp(self, path: str) -> str | None:
        """The stamp that the file's own tree gives."""
        real, tree = self._place(path)
        return tree.stamp(real)

    def _place(self, path: str) -> tuple[str, FileTree]:
        """The path to ask for, and the tree to ask: the nearest one, unless a link leads out of it."""
        tree = self.tree_for(dirname(path))
        if tree is None or len(self._mounts) > 1:
            real = self.real_path(path)
            other = self.tree_for(dirname(real))
            if other is not None and other is not tree:
                return real, other
        return path, tree or self._mounts[0][1]

    def real_path(self, path: str) -> str:
        """`path` with every symlink resolved, across trees."""
        for _ in range(8):  # each round crosses from one tree into another; a longer chain is a loop
            tree = self.tree_for(path)
            real = tree.real_path(path) if tree else normpath(path)
            if real == path or self.tree_for(real) is tree:
                return real
            path = real
        return path

    def is_symlink(self, path: str) -> bool:
        """Whether the last part of `path` is a symlink."""
        tree = self.tree_for(dirname(path))
        return tree.is_symlink(path) if tree else False

    # What os, os.path and pathlib answer ----------------------------------------------------------------------------

    def absolute(self, path: str) -> str:
        """`path` joined to the working directory; not normalised."""
        return join(self.cwd, path)

    def abspath(self, path: str) -> str:
        """`os.path.abspath`."""
        return normpath(join(self.cwd, path))

    def resolve(self, path: str) -> str:
        """`Path.resolve()`, not strict."""
        return self.real_path(join(self.cwd, path))

    def exists(self, path: str) -> bool:
        """`os.path.exists`."""
        return self.kind(join(self.cwd, path)) is not None

    def lexists(self, path: str) -> bool:
        """`os.path.lexists`: dangling symlinks exist."""
        return self.exists(path) or self.is_symlink(self.abspath(path))

    def is_file(self, path: str) -> bool:
        """`os.path.isfile`."""
        return self.kind(join(self.cwd, path)) is EntryKind.FILE

    def is_dir(self, path: str) -> bool:
        """`os.path.isdir`."""
        return self.kind(join(self.cwd, path)) is EntryKind.FOLDER

    def listdir(self, path: str = ".") -> list[str] | None:
        """`os.listdir`, sorted (the real order is the disk's); None where `path` is no folder."""
        return sorted(self.listing(self.abspath(path))) if self.is_dir(self.abspath(path)) else None

    def glob(self, folder: str, pattern: str) -> list[str]:
        """`Path(folder).glob(pattern)` as absolute paths, sorted (the real order is the disk's). Raises as it does."""
        return glob_below(self, self.abspath(folder), pattern, self.python)

    def rglob(self, folder: str, pattern: str) -> list[str]:
        """`Path(folder).rglob(pattern)` as absolute paths, sorted. Raises as pathlib does."""
        if pattern.startswith("/"):
            raise NotImplementedError("Non-relative patterns are unsupported")
        return glob_below(self, self.abspath(folder), f"**/{pattern}", self.python)

    def glob_paths(self, pattern: str, recursive: bool = False, include_hidden: bool = False) -> list[str]:
        """`glob.glob(pattern)`, sorted; spelled relative to the working directory where the pattern is."""
        return glob_paths(self, pattern, self.cwd, recursive, include_hidden)

    def expanduser(self, path: str) -> str:
        """`os.path.expanduser` for `~` alone; `~name` stays, as other homes are not known."""
        if self.home and (path == "~" or path.startswith("~/")):
            return (self.home.rstrip("/") + path[1:]) or "/"
        return path

    def expandvars(self, path: str) -> str:
        """`os.path.expandvars`: unknown variables stay as they are."""
        return _VARIABLE.sub(lambda found: self.environ.get(found[1] or found[2], found[0]), path)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or folder == "/" or path.startswith(folder + "/")


def _ways_to(mounts: Mapping[str, FileTree]) -> dict[str, set[str]]:
    """Every folder above a mount to the names in it that lead there."""
    ways: dict[str, set[str]] = {}
    for mount in mounts:
        while mount != "/":
            folder = dirname(mount)
            ways.setdefault(folder, set()).add(mount.rpartition("/")[2])
            mount = folder
    return ways
