"""The world answers as `os`, `pathlib` and `glob` would."""

from __future__ import annotations

import glob
import os
import sys
from pathlib import Path

import pytest

from muster.adapters.disk_tree import DiskTree
from muster.ports import EntryKind
from muster.trees.memory import MemoryTree
from muster.trees.world import World


def test_each_path_goes_to_the_nearest_mount() -> None:
    """An environment inside the root hides what the project's tree says there; ways to mounts exist."""
    project = MemoryTree({"/w/p/a.py": b"a", "/w/p/env/lib/old.py": b"old"})
    env = MemoryTree({"/w/p/env/lib/x.py": b"x"})
    world = World(project, "/w/p", {"/w/p/env/lib": env, "/usr/lib": MemoryTree({"/usr/lib/os.py": b"os"})})
    assert world.listing("/w/p/env/lib") == {"x.py": EntryKind.FILE}
    assert world.listing("/") == {"w": EntryKind.FOLDER, "usr": EntryKind.FOLDER}
    assert world.listing("/w/p") == {"a.py": EntryKind.FILE, "env": EntryKind.FOLDER}
    assert world.read("/usr/lib/os.py") == b"os"
    assert world.kind("/usr/lib/none.py") is None
    assert world.kind("/etc/passwd") is None
    assert world.is_dir("/")
    assert world.is_dir("/usr")


def test_links_lead_from_one_tree_into_another() -> None:
    """A link out of the project is followed where it leads to something mounted."""
    project = MemoryTree({"/p/a.py": b""}, {"/p/data": "/srv/data", "/p/f.py": "/srv/data/f.py"})
    world = World(project, "/p", {"/srv": MemoryTree({"/srv/data/f.py": b"f"})})
    assert world.resolve("data/f.py") == "/srv/data/f.py"
    assert world.listing("/p/data") == {"f.py": EntryKind.FILE}
    assert world.read("/p/data/f.py") == b"f"
    assert world.read("/p/f.py") == b"f"


def test_paths_are_relative_to_the_working_directory_of_the_world() -> None:
    """Never to the host's."""
    world = World(MemoryTree({"/p/t/a.py": b""}), "/p", cwd="/p/t", home="/h", environ={"A": "x"})
    assert world.abspath("../t/a.py") == "/p/t/a.py"
    assert world.is_file("a.py")
    assert world.listdir() == ["a.py"]
    assert world.listdir("nothing") is None
    assert world.expanduser("~/q") == "/h/q"
    assert world.expandvars("$A/${A}/$B") == "x/x/$B"


@pytest.fixture
def project(tmp_path: Path) -> str:
    """A tree with hidden files, nested packages and a link to a folder above."""
    for name in ("a.py", "b.txt", ".hidden.py", "pkg/__init__.py", "pkg/x.py", "pkg/sub/y.py", ".h/z.py", "q/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    os.symlink("../pkg", tmp_path / "q" / "link")
    os.symlink("..", tmp_path / "q" / "up")
    return os.path.realpath(tmp_path)


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.py",
        "**",
        "**/*.py",
        "pkg/*",
        "*/x.py",
        "pkg/**",
        "**/sub",
        "q/link/*.py",
        "[ab].*",
        "nothing/*",
        "**/**/x.py",
        "pkg/../a.py",
        "./a.py",
        "**/",
        "?.py",
        "q/*/y.py",
    ],
)
def test_pathlib_globs(project: str, pattern: str) -> None:
    """`Path.glob` and `Path.rglob`, as sets, are those of this Python."""
    world = World(DiskTree(), project, python=sys.version_info[:2])
    assert set(world.glob(project, pattern)) == {str(path) for path in Path(project).glob(pattern)}
    assert set(world.rglob(project, pattern)) == {str(path) for path in Path(project).rglob(pattern)}


@pytest.mark.parametrize("pattern", ["", "/x", "a**"])
def test_pathlib_refuses_some_patterns(project: str, pattern: str) -> None:
    """With the same exception."""
    with pytest.raises((ValueError, NotImplementedError)) as real:
        list(Path(project).glob(pattern))
    with pytest.raises(type(real.value)):
        World(DiskTree(), project, python=(3, 11)).glob(project, pattern)


@pytest.mark.parametrize(
    "pattern",
    ["*", "*.py", ".*", "pkg/*.py", "*/x.py", "pkg/", "*/", "pkg/**", "**/sub/*.py", "a.py", "no.py", "{here}/pkg/*"],
)
@pytest.mark.parametrize("recursive", [False, True])
def test_glob_module(project: str, pattern: str, recursive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """`glob.glob` is answered too, hidden files left out."""
    monkeypatch.chdir(project)
    os.unlink(os.path.join(project, "q", "up"))
    pattern = pattern.format(here=project)
    world = World(DiskTree(), project)
    assert world.glob_paths(pattern, recursive) == sorted(glob.glob(pattern, recursive=recursive))
