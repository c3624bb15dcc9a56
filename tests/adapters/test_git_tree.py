"""A git revision as a tree: what the disk had when it was committed, and nothing of what it has now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.adapters.repositories import Work

from muster.adapters.disk_tree import DiskTree
from muster.adapters.git_objects import Repository
from muster.adapters.git_tree import GitTree
from muster.ports import EntryKind, FileTree, ReadFailure


@contextmanager
def opened(work: Work, revision: str = "HEAD") -> Iterator[GitTree]:
    with closing(GitTree(Repository(str(work.folder), revision), revision)) as tree:
        yield tree


def everything(tree: FileTree, folder: str) -> dict[str, object]:
    """All below `folder`: contents of files, kinds of the rest, with links followed."""
    found: dict[str, object] = {}
    for name, kind in sorted(tree.listing(folder).items()):
        path = f"{folder}/{name}"
        if name == ".git":
            continue
        found[path] = tree.read(path) if kind is EntryKind.FILE else kind
        if kind is EntryKind.FOLDER and not tree.is_symlink(path):
            found.update(everything(tree, path))
    return found


def test_a_revision_is_what_the_disk_was(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("pkg/__init__.py", "").write("pkg/a.py", "x = 1\n").write("b.py", "y = 2\n")
    (tmp_path / "link.py").symlink_to("b.py")
    (tmp_path / "folder").symlink_to("pkg")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "caf\xe9.py").write_bytes(b"\xff\x00")
    sha = work.commit("begin")
    before = everything(DiskTree(), str(tmp_path))
    work.write("b.py", "changed\n").delete("pkg/a.py").commit("go on")
    work.write("new.py", "uncommitted\n")
    with opened(work, sha) as tree:
        assert everything(tree, str(tmp_path)) == before
        assert tree.real_path(work.path("link.py")) == work.path("b.py")
        assert tree.read(work.path("link.py")) == b"y = 2\n"
        assert tree.kind(work.path("dangling")) is None
    with opened(work) as tree:
        assert tree.kind(work.path("new.py")) is None
        assert tree.read(work.path("b.py")) == b"changed\n"


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", "x = 1\n").commit("begin")
    with opened(work) as tree, pytest.raises(ReadFailure):
        tree.read(work.path("b.py"))
    with pytest.raises(ReadFailure, match="no files for the revision"):
        GitTree(Repository(str(tmp_path), "HEAD"), "0" * 40)


def test_an_object_that_is_missing_is_a_failure_to_read(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.write("a.py", "x = 1\n").write("b.py", "y = 2\n").commit("begin")
    blob = work.git("rev-parse", "HEAD:a.py")
    place = tmp_path / ".git/objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    place.unlink()
    with opened(work) as tree:
        with pytest.raises(ReadFailure):
            tree.read(work.path("a.py"))
        assert tree.read(work.path("b.py")) == b"y = 2\n"
