"""An overlay is the tree that applying the changes would leave."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from muster.adapters.disk_tree import DiskTree
from muster.ports import EntryKind, FileTree, ReadFailure
from muster.trees.memory import MemoryTree
from muster.trees.overlay import OverlayTree

BASE = MemoryTree(
    {"/p/a.py": b"a", "/p/pkg/__init__.py": b"", "/p/pkg/m.py": b"m"},
    {"/p/link.py": "a.py", "/p/alias": "pkg"},
)


def test_writes_adds_and_deletes() -> None:
    """What is not mentioned stays."""
    tree = OverlayTree(BASE, {"/p/a.py": b"new", "/p/n/x.py": b"x", "/p/pkg/m.py": None})
    assert tree.read("/p/a.py") == b"new"
    assert tree.read("/p/link.py") == b"new"
    assert tree.listing("/p")["n"] is EntryKind.FOLDER
    assert tree.listing("/p/n") == {"x.py": EntryKind.FILE}
    assert tree.listing("/p/pkg") == {"__init__.py": EntryKind.FILE}
    assert tree.kind("/p/alias/m.py") is None
    with pytest.raises(ReadFailure):
        tree.read("/p/alias/m.py")
    assert BASE.read("/p/a.py") == b"a"


def test_deleting_a_target_leaves_its_link_dangling() -> None:
    """The link is then neither a file nor listed."""
    tree = OverlayTree(BASE, {"/p/a.py": None})
    assert tree.kind("/p/link.py") is None
    assert "link.py" not in tree.listing("/p")


def test_deleting_a_link_leaves_its_target() -> None:
    """`unlink` does not follow."""
    tree = OverlayTree(BASE, {"/p/link.py": None})
    assert tree.kind("/p/link.py") is None
    assert not tree.is_symlink("/p/link.py")
    assert tree.read("/p/a.py") == b"a"


def test_a_deleted_folder_takes_all_below_and_can_be_made_anew() -> None:
    """Only what was written again is in it."""
    tree = OverlayTree(BASE, {"/p/pkg": None, "/p/pkg/new.py": b"n"})
    assert tree.listing("/p/pkg") == {"new.py": EntryKind.FILE}
    assert tree.kind("/p/pkg/m.py") is None
    gone = OverlayTree(BASE, {"/p/pkg": None})
    assert gone.kind("/p/pkg") is None
    assert gone.listing("/p/pkg") == {}
    assert "pkg" not in gone.listing("/p")
    assert "alias" not in gone.listing("/p")


def _walk(tree: FileTree, folder: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, kind in tree.listing(folder).items():
        path = f"{folder}/{name}"
        found[path] = tree.read(path) if kind is EntryKind.FILE else kind
        assert tree.kind(path) is kind
        if kind is EntryKind.FOLDER and not tree.is_symlink(path):
            found |= _walk(tree, path)
    return found


def test_overlay_equals_the_changed_disk(tmp_path: Path) -> None:
    """Overlaying changes and making them on disk give one tree."""
    (tmp_path / "pkg" / "sub").mkdir(parents=True)
    for name in ("a.py", "pkg/__init__.py", "pkg/sub/m.py", "pkg/sub/n.py"):
        (tmp_path / name).write_text(name)
    os.symlink("pkg/sub", tmp_path / "alias")
    os.symlink("a.py", tmp_path / "link.py")
    here = os.path.realpath(tmp_path)
    changes = {
        "alias/m.py": b"1",
        "pkg/sub/n.py": None,
        "link.py": b"2",
        "fresh/deep/f.py": b"3",
        "pkg/__init__.py": None,
    }
    overlaid = _walk(OverlayTree(DiskTree(), {f"{here}/{name}": new for name, new in changes.items()}), here)
    for name, new in changes.items():
        if new is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(new)
    assert overlaid == _walk(DiskTree(), here)
    shutil.rmtree(tmp_path / "fresh")
