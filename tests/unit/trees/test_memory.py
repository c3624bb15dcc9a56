"""A tree in memory behaves as the same tree would on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from muster.adapters.disk_tree import DiskTree
from muster.ports import EntryKind, ReadFailure
from muster.trees.memory import MemoryTree

FILES = {"/p/a.py": b"a", "/p/pkg/__init__.py": b"", "/p/pkg/deep/m.py": b"m"}
LINKS = {"/p/link.py": "a.py", "/p/alias": "pkg/deep", "/p/dangling": "nowhere", "/p/loop": "loop", "/p/up": "pkg/.."}


def test_listing_holds_kinds_with_links_followed() -> None:
    """Dangling and looping links are left out."""
    tree = MemoryTree(FILES, LINKS, ["/p/empty"])
    assert tree.listing("/p") == {
        "a.py": EntryKind.FILE,
        "alias": EntryKind.FOLDER,
        "empty": EntryKind.FOLDER,
        "link.py": EntryKind.FILE,
        "pkg": EntryKind.FOLDER,
        "up": EntryKind.FOLDER,
    }
    assert tree.listing("/p/empty") == {}
    assert tree.listing("/none") == {}
    assert tree.listing("/") == {"p": EntryKind.FOLDER}


def test_reading_follows_links_and_says_why_not() -> None:
    """A folder and a missing file are told apart."""
    tree = MemoryTree(FILES, LINKS)
    assert tree.read("/p/alias/m.py") == b"m"
    assert tree.read("/p/up/link.py") == b"a"
    with pytest.raises(ReadFailure, match="is a folder"):
        tree.read("/p/pkg")
    with pytest.raises(ReadFailure, match="no such file"):
        tree.read("/p/dangling")


def test_a_file_cannot_be_a_folder_too() -> None:
    """A contradiction in a test's tree is an error at once."""
    with pytest.raises(ValueError, match="both a file and a folder"):
        MemoryTree({"/p": b"", "/p/x": b""})


def test_memory_and_disk_agree(tmp_path: Path) -> None:
    """Every question has one answer, whatever the tree."""
    here = os.path.realpath(tmp_path)
    memory = MemoryTree(
        {here + path: content for path, content in FILES.items()}, {here + path: to for path, to in LINKS.items()}
    )
    for path, content in FILES.items():
        os.makedirs(os.path.dirname(here + path), exist_ok=True)
        Path(here + path).write_bytes(content)
    for path, target in LINKS.items():
        os.symlink(target, here + path)
    disk = DiskTree(here)
    asked = [
        *FILES,
        *LINKS,
        "/p",
        "/p/pkg",
        "/p/alias/m.py",
        "/p/up/a.py",
        "/p/nothing",
        "/p/nothing/x",
        "/p/pkg/../a.py",
    ]
    for path in (here + name for name in asked):
        assert memory.listing(path) == disk.listing(path), path
        assert memory.kind(path) == disk.kind(path), path
        assert memory.is_symlink(path) == disk.is_symlink(path), path
        if "loop" not in path:
            assert memory.real_path(path) == disk.real_path(path), path
