"""A tree that notes what it is asked and what it answers, so that a later look tells whether all would be the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from muster.ports import EntryKind, FileTree, ReadFailure

BINARY_SUFFIXES = (".so", ".pyd")
BY_PRODUCTS = frozenset({"__pycache__", ".pytest_cache"})
"""What Python and pytest put into the folders of a project themselves: nothing imports or collects them."""


class Answers(msgspec.Struct, frozen=True, array_like=True):
    """What a tree was asked, with digests of what it said.

    `listings` are the folders all of whose names were looked at, `entries` the names that others were asked for (""
    stands for whether there is any at all), `binaries` the extension modules in folders where one was looked for.
    `by_products_count` where the names in folders were given to somebody who may mind those of `BY_PRODUCTS` too.
    """

    listings: dict[str, bytes]
    entries: dict[str, dict[str, str]]
    binaries: dict[str, bytes]
    kinds: dict[str, str]
    real_paths: dict[str, str]
    links: dict[str, bool]
    contents: dict[str, bytes]
    by_products_count: bool = False

    def hold(self, tree: FileTree) -> bool:
        """Whether `tree` answers the same today."""
        return (
            all(_digest_of(tree.listing(path), self.by_products_count) == old for path, old in self.listings.items())
            and all(_entries(tree.listing(path), old) == old for path, old in self.entries.items())
            and all(_digest_of_names(binaries_in(tree.listing(path))) == old for path, old in self.binaries.items())
            and all(_kind(tree, path) == old for path, old in self.kinds.items())
            and all(tree.real_path(path) == old for path, old in self.real_paths.items())
            and all(tree.is_symlink(path) == old for path, old in self.links.items())
            and all(_content_digest(tree, path) == old for path, old in self.contents.items())
        )


class SeenListing(dict[str, EntryKind]):
    """The names in a folder, which notes those that are asked for, and whether somebody went through all of them."""

    __slots__ = ("_binaries", "asked", "seen_whole")

    def __init__(self, listing: Mapping[str, EntryKind]) -> None:
        super().__init__(listing)
        self.asked: set[str] = set()
        self.seen_whole = False
        self._binaries: tuple[str, ...] | None = None

    @property
    def binaries(self) -> tuple[str, ...]:
        """The extension modules among them."""
        if self._binaries is None:
            self._binaries = _binaries_among(dict.keys(self))
        return self._binaries

    @property
    def has_told_binaries(self) -> bool:
        """Whether somebody asked for those."""
        return self._binaries is not None

    def content(self) -> dict[str, EntryKind]:
        """All of them, for ourselves: nothing is noted."""
        return dict(dict.items(self))

    # One of them.

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary."""
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> EntryKind:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __bool__(self) -> bool:
        self.asked.add("")
        return super().__len__() > 0

    # All of them.

    def __iter__(self) -> Iterator[str]:
        self.seen_whole = True
        return super().__iter__()

    def __len__(self) -> int:
        self.seen_whole = True
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        self.seen_whole = True
        return super().__eq__(other)

    __hash__ = None

    def keys(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().keys()

    def values(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().values()

    def items(self) -> Any:
        """As of a dictionary."""
        self.seen_whole = True
        return super().items()


def binaries_in(listing: Mapping[str, EntryKind]) -> tuple[str, ...]:
    """The names of extension modules in a folder, sorted."""
    return listing.binaries if isinstance(listing, SeenListing) else _binaries_among(listing)


def _binaries_among(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if name.endswith(BINARY_SUFFIXES)))


class RecordedTree:
    """A `FileTree` in front of `base` that keeps every answer. Stamps are passed through: they only save reading."""

    def __init__(self, base: FileTree) -> None:
        self._base = base
        self._listings: dict[str, SeenListing] = {}
        self._kinds: dict[str, EntryKind | None] = {}
        self._real_paths: dict[str, str] = {}
        self._links: dict[str, bool] = {}
        self._contents: dict[str, bytes] = {}

    def answers(self, *, by_products_count: bool) -> Answers:
        """All that was asked so far."""
        folders = list(self._listings.items())
        return Answers(
            {path: _digest_of(each.content(), by_products_count) for path, each in folders if each.seen_whole},
            {path: _entries(each.content(), each.asked) for path, each in folders if not each.seen_whole},
            {path: _digest_of_names(each.binaries) for path, each in folders if each.has_told_binaries},
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
            found = self._listings[folder] = SeenListing(self._base.listing(folder))
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


def _entries(listing: Mapping[str, EntryKind], names: Iterable[str]) -> dict[str, str]:
    """What `names` are in the folder, "" for nothing; for "" whether it holds anything."""
    return {name: _entry(listing, name) for name in names}


def _entry(listing: Mapping[str, EntryKind], name: str) -> str:
    if not name:
        return "some" if listing else ""
    kind = listing.get(name)
    return kind.value if kind else ""


def _digest_of_names(names: Iterable[str]) -> bytes:
    return _digest("/".join(names).encode("utf-8", "surrogateescape"))


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
