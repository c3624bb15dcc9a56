"""The cache of facts for the files of a revision: what the disk remembers of a path is not what a revision has there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from posixpath import basename

from muster.ports import FactCache, FileTree
from muster.usecases.simulate import Ports

_KIND = "blob"


def at_revision(ports: Ports, name: str, tree: FileTree, stamps: Mapping[str, str]) -> Ports:
    """`ports` for the revision `name`, whose world is `tree`: its sessions are kept apart from those of the work tree."""
    facts = RevisionFacts(ports.cache, stamps, ports.environment.describe().version[:2]) if stamps else ports.cache
    edition = ports.edition and f"{ports.edition} {name}"
    return replace(ports, tree=tree, cache=facts, history=None, working_copy=None, edition=edition)


class RevisionFacts:
    """A `FactCache` in front of `behind`, for a tree whose files have the `stamps`: names of contents, never of places.

    The key of a content depends on the file's base name and on the `target` Python as well, and so does what is remembered.
    """

    def __init__(self, behind: FactCache, stamps: Mapping[str, str], target: tuple[int, int]) -> None:
        self._behind = behind
        self._stamps = stamps
        self._suffix = f"{target[0]}.{target[1]}"

    def load(self, kind: str, key: str) -> bytes | None:
        """As the cache behind."""
        return self._behind.load(kind, key)

    def load_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """As the cache behind."""
        return self._behind.load_many(kind, keys)

    def store(self, kind: str, key: str, record: bytes) -> None:
        """As the cache behind."""
        self._behind.store(kind, key, record)

    def content_keys(self, folder: str) -> dict[str, tuple[str, str]]:
        """The files of the revision below `folder` whose contents are known, and those of the disk that are not its own."""
        prefix = folder.rstrip("/") + "/"
        names = {
            path: self._name(path, stamp)
            for path, stamp in self._stamps.items()
            if path.startswith(prefix) and path.endswith(".py")
        }
        known = self._behind.load_many(_KIND, list(dict.fromkeys(names.values())))
        own = {path: (self._stamps[path], known[name].decode()) for path, name in names.items() if name in known}
        return {path: entry for path, entry in self._behind.content_keys(folder).items() if path not in names} | own

    def remember(self, path: str, stamp: str, key: str) -> None:
        """Keep the content `key` under the name of the content."""
        if self._stamps.get(path) == stamp:
            self._behind.store(_KIND, self._name(path, stamp), key.encode())
        else:
            self._behind.remember(path, stamp, key)

    def flush(self) -> None:
        """As the cache behind."""
        self._behind.flush()

    def _name(self, path: str, stamp: str) -> str:
        return f"{stamp} {basename(path)} {self._suffix}"
