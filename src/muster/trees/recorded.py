"""A tree that notes what it is asked and what it answers, so that a later look tells whether all would be the same."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from muster.ports import EntryKind, FileTree, ReadFailure

BY_PRODUCTS = frozenset({"__pycache__", ".pytest_cache"})
"""What Python and pytest put into the folders of a project themselves: nothing imports or collects them."""


class Answers(msgspec.Struct, frozen=True, array_like=True):
    """What a tree was asked, with digests of what it said.

    `by_products_count` where the names in folders were given to somebody who may mind those of `BY_PRODUCTS` too.
    """

    listings: dict[str, bytes]
    kinds: dict[str, str]
    real_paths: dict[str, str]
    links: dict[str, bool]
    contents: dict[str, bytes]
    by_products_count: bool = False

    def hold(self, tree: FileTree) -> bool:
        """Whether `tree` answers the same today."""
        return (
            all(_listing_digest(tree, path, self.by_products_count) == old for path, old in self.listings.items())
            and all(_kind(tree, path) == old for path, old in self.kinds.items())
            and all(tree.real_path(path) == old for path, old in self.real_paths.items())
            and all(tree.is_symlink(path) == old for path, old in self.links.items())
            and all(_content_digest(tree, path) == old for path, old in self.contents.items())
        )


class RecordedTree:
    """A `FileTree` in front of `base` that keeps every answer. Stamps are passed through: they only save reading."""

    def __init__(self, base: FileTree) -> None:
        self._base = base
        self._listings: dict[str, Mapping[str, EntryKind]] = {}
        self._kinds: dict[str, EntryKind | None] = {}
        self._real_paths: dict[str, str] = {}
        self._links: dict[str, bool] = {}
        self._contents: dict[str, bytes] = {}

    def answers(self, *, by_products_count: bool) -> Answers:
        """All that was asked so far."""
        return Answers(
            {path: _digest_of(listing, by_products_count) for path, listing in self._listings.items()},
            {path: kind.value if kind else "" for path, kind in self._kinds.items()},
            dict(self._real_paths),
            dict(self._links),
            dict(self._contents),
            by_products_count,
        )

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """As the tree behind."""
        found = self._listings.get(folder)
        if found is None:
            found = self._listings[folder] = self._base.listing(folder)
        return found

    def kind(self, path: str) -> EntryKind | None:
        """As the tree behind."""
        if path not in self._kinds:
            self._kinds[path] = self._base.kind(path)
        return self._kinds[path]

    def read(self, path: str) -> bytes:
        """As the tree behind."""
        try:
            content = self._base.read(path)
        except ReadFailure:
            self._contents[path] = b""
            raise
        self._contents[path] = _digest(content)
        return content

    def stamp(self, path: str) -> str | None:
        """As the tree behind."""
        return self._base.stamp(path)

    def real_path(self, path: str) -> str:
        """As the tree behind."""
        found = self._real_paths.get(path)
        if found is None:
            found = self._real_paths[path] = self._base.real_path(path)
        return found

    def is_symlink(self, path: str) -> bool:
        """As the tree behind."""
        found = self._links.get(path)
        if found is None:
            found = self._links[path] = self._base.is_symlink(path)
        return found


def _kind(tree: FileTree, path: str) -> str:
    kind = tree.kind(path)
    return kind.value if kind else ""


def _listing_digest(tree: FileTree, folder: str, by_products_count: bool) -> bytes:
    return _digest_of(tree.listing(folder), by_products_count)


def _digest_of(listing: Mapping[str, EntryKind], by_products_count: bool) -> bytes:
    names = listing if by_products_count else listing.keys() - BY_PRODUCTS
    # A name holds neither "/" nor NUL. The order of a disk changes without any change of a folder: nothing may depend on it.
    told = "/".join(f"{name}\0{listing[name].value}" for name in sorted(names))
    return _digest(told.encode("utf-8", "surrogateescape"))


def _content_digest(tree: FileTree, path: str) -> bytes:
    try:
        return _digest(tree.read(path))
    except ReadFailure:
        return b""


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()
