"""Whatever the tree, memory, overlay and disk give one answer: random trees with links, and random changes to them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from muster.adapters.disk_tree import DiskTree
from muster.ports import EntryKind, FileTree, ReadFailure
from muster.trees.memory import MemoryTree
from muster.trees.overlay import OverlayTree
from muster.trees.world import World

NAMES = "ab"
PATHS = ["/".join(parts) for depth in (1, 2, 3) for parts in product(NAMES, repeat=depth)]
TARGETS = [*PATHS, ".", "..", "../a", "../b/a", "a/../b"]

entries = st.dictionaries(
    st.sampled_from(PATHS),
    st.one_of(st.just("file"), st.just("folder"), st.tuples(st.just("link"), st.sampled_from(TARGETS))),
    max_size=7,
)
changes = st.dictionaries(st.sampled_from(PATHS), st.one_of(st.none(), st.binary(max_size=2)), max_size=4)


def consistent(wanted: Mapping[str, object]) -> dict[str, object]:
    """`wanted` without the entries that lie below a file or a link."""
    solid = {path for path, kind in wanted.items() if kind != "folder"}
    return {path: kind for path, kind in wanted.items() if not any(path.startswith(above + "/") for above in solid)}


def without_folders_that_hold_something(wanted: Mapping[str, object]) -> dict[str, object]:
    """A path that others lie below is a folder, whatever was wanted."""
    return {path: "folder" if any(o.startswith(path + "/") for o in wanted) else kind for path, kind in wanted.items()}


@contextmanager
def a_root() -> Iterator[str]:
    """A folder with nothing beside or above it that links could lead to."""
    with tempfile.TemporaryDirectory() as top:
        root = os.path.join(os.path.realpath(top), "1/2/3/root")
        os.makedirs(root)
        yield root


def build(root: str, wanted: Mapping[str, object]) -> MemoryTree:
    """The same tree on disk below `root` and in memory."""
    files, links, folders = {}, {}, [root]
    for path, kind in wanted.items():
        place = f"{root}/{path}"
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if kind == "file":
            files[place] = path.encode()
            with open(place, "wb") as file:
                file.write(files[place])
        elif kind == "folder":
            folders.append(place)
            os.makedirs(place, exist_ok=True)
        elif isinstance(kind, tuple):
            links[place] = kind[1]
            os.symlink(kind[1], place)
    return MemoryTree(files, links, folders)


def answers(tree: FileTree, root: str) -> dict[str, object]:
    """What `tree` says of every path that could be there, and of some through links and `..`."""
    found: dict[str, object] = {}
    for path in [*PATHS, *(f"{path}/a" for path in PATHS), *(f"{path}/../b" for path in PATHS)]:
        place = f"{root}/{path}"
        content: object = None
        with suppress(ReadFailure):
            content = tree.read(place)
        found[path] = (dict(tree.listing(place)), tree.kind(place), tree.is_symlink(place), content)
    return found


def real_paths(tree: FileTree, root: str) -> dict[str, str]:
    """Where paths that exist really lie."""
    return {path: tree.real_path(f"{root}/{path}") for path in PATHS if tree.kind(f"{root}/{path}") is not None}


@settings(max_examples=60, deadline=None)
@given(entries)
def test_memory_and_world_are_as_the_disk(wanted: dict[str, object]) -> None:
    """Listing, kind, content, links and real paths."""
    with a_root() as root:
        memory = build(root, consistent(without_folders_that_hold_something(wanted)))
        expected = answers(DiskTree(), root)
        assert answers(memory, root) == expected
        assert answers(World(memory, root), root) == expected
        assert answers(World(DiskTree(), root, {"/": DiskTree()}), root) == expected
        assert real_paths(memory, root) == real_paths(DiskTree(), root)


@settings(max_examples=60, deadline=None)
@given(entries, changes)
@example({"a": "file", "b": "file", "a/a": ("link", "..")}, {"a": None})
@example({"a/a": ("link", "../b"), "b/b": "file"}, {"a": None})
def test_an_overlay_is_as_the_changed_disk(wanted: dict[str, object], changed: dict[str, bytes | None]) -> None:
    """Changes that a disk could take one after the other leave the tree that the overlay shows."""
    with a_root() as root:
        memory = build(root, consistent(without_folders_that_hold_something(wanted)))
        taken = {path: new for path, new in changed.items() if is_plain_change(memory, root, path, new, changed)}
        overlay = OverlayTree(memory, {f"{root}/{path}": new for path, new in taken.items()})
        overlaid = answers(overlay, root)
        apply_changes(root, taken)
        assert overlaid == answers(DiskTree(), root)


def is_plain_change(
    tree: FileTree, root: str, path: str, new: bytes | None, changed: Mapping[str, bytes | None]
) -> bool:
    """Whether a patch could hold the change: no links on the way, none that dangle, nothing below another change."""
    place = f"{root}/{path}"
    if any(other != path and (other.startswith(path + "/") or path.startswith(other + "/")) for other in changed):
        return False
    folder = os.path.dirname(place)
    if tree.real_path(folder) != folder or any(
        tree.kind(place[: len(root) + 1 + cut]) is EntryKind.FILE for cut in range(1, len(path), 2)
    ):
        return False
    if any(tree.kind(f"{root}/{other}") is None and tree.is_symlink(f"{root}/{other}") for other in PATHS):
        return False  # a dangling link that comes to life is not listed: no tree tells of dangling links
    if new is None and tree.is_symlink(place) and sum(tree.is_symlink(f"{root}/{other}") for other in PATHS) > 1:
        return False  # another link may lead through this one, and no tree tells
    if new is None:
        return tree.kind(place) is not None
    return tree.kind(place) is EntryKind.FILE or (tree.kind(place) is None and not tree.is_symlink(place))


def apply_changes(root: str, changed: Mapping[str, bytes | None]) -> None:
    """Make the changes on disk, writes first: a link's target may be deleted as well."""
    for path, new in sorted(changed.items(), key=lambda change: change[1] is None):
        place = f"{root}/{path}"
        if new is not None:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(new)
        elif os.path.isdir(place) and not os.path.islink(place):
            shutil.rmtree(place)
        elif os.path.lexists(place):
            os.unlink(place)
