"""What a tree was asked tells whether another one would answer the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from muster.ports import EntryKind, ReadFailure
from muster.trees.memory import MemoryTree
from muster.trees.recorded import RecordedTree, binaries_in

FILES = {"/p/a.py": b"one", "/p/folder/b.py": b"two"}
CHANGES = {
    "a content": {"/p/a.py": b"other"},
    "a file that was not there": {"/p/new.py": b""},
    "a name in a folder": {"/p/folder/c.py": b""},
    "another kind": {"/p/maybe/file.py": b""},
    "a name that was asked for": {"/p/later/file.py": b""},
    "something in a folder that was empty": {"/p/nothing/file.py": b""},
    "an extension module": {"/p/fast.cpython-313.so": b""},
}


def asked() -> RecordedTree:
    """A tree that was asked everything that it can be."""
    tree = RecordedTree(MemoryTree(FILES))
    assert tree.read("/p/a.py") == b"one"
    with pytest.raises(ReadFailure):
        tree.read("/p/new.py")
    assert list(tree.listing("/p/folder")) == ["b.py"]
    assert tree.listing("/p").get("later") is None
    assert tree.listing("/p").get("a.py") is EntryKind.FILE
    assert not tree.listing("/p/nothing")
    assert binaries_in(tree.listing("/p")) == ()
    assert tree.kind("/p/maybe") is None
    assert tree.real_path("/p/a.py") == "/p/a.py"
    assert not tree.is_symlink("/p/a.py")
    return tree


def test_the_same_tree_answers_the_same() -> None:
    """What nobody asked for does not count."""
    answers = asked().answers(by_products_count=False)
    assert answers.hold(MemoryTree(FILES))
    assert answers.hold(MemoryTree({**FILES, "/p/unseen.py": b"", "/p/folder/b.py": b"never read"}))


@pytest.mark.parametrize(
    "look", [list, len, dict, sorted, lambda names: names.keys(), lambda names: names.items(), lambda names: {**names}]
)
def test_whoever_goes_through_a_folder_has_seen_every_name(look: Callable[[Mapping[str, EntryKind]], Any]) -> None:
    """However that is spelled."""
    tree = RecordedTree(MemoryTree(FILES))
    look(tree.listing("/p"))
    assert not tree.answers(by_products_count=False).hold(MemoryTree({**FILES, "/p/unseen.py": b""}))


@pytest.mark.parametrize("change", CHANGES)
def test_another_answer_is_told(change: str) -> None:
    """Each of them alone."""
    assert not asked().answers(by_products_count=False).hold(MemoryTree({**FILES, **CHANGES[change]}))


def test_by_products_count_only_for_who_listed_folders() -> None:
    """`__pycache__` is there after the first run of any suite."""
    tree = asked()
    later = MemoryTree({**FILES, "/p/folder/__pycache__/b.pyc": b""})
    assert tree.answers(by_products_count=False).hold(later)
    assert not tree.answers(by_products_count=True).hold(later)
