"""Trees that no one would write by hand: every file gets an answer, no answer takes long, none is a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.hostile.booby_traps import SOURCE

from muster.adapters.disk_tree import DiskTree
from muster.ports import EntryKind, ReadFailure

ODD_NAMES = (
    b"test_\xff.py",
    b"test_\x1b[31mred\x1b[0m.py",
    b"test_new\nline.py",
    b"test_tab\t.py",
    b"test_\r.py",
    "test_\u202egnp.py".encode(),
    b"test_a::b.py",
    b"test_[x].py",
    b"-test.py",
    b"test_ .py",
    b"test_'\"`$(touch x).py",
    b"test_%0A::error::x.py",
    b"test_" + b"n" * 247 + b".py",
    "test_\u00e9.py".encode(),
    "test_e\u0301.py".encode(),
    b"test_x.py.",
    b"con.py",
    b"test_TAB\\x.py",
    "test_\U0001f40d.py".encode(),
    b"test_\x7f.py",
    b"test_<script>.py",
    b"#test.py",
    b"~",
)


def test_odd_names_survive_listing_and_reading(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 come back as the same bytes."""
    for number, name in enumerate(ODD_NAMES):
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(b"%d" % number)
    tree = DiskTree()
    listed = tree.listing(str(tmp_path))
    assert {os.fsencode(name) for name in listed} == set(ODD_NAMES)
    for number, name in enumerate(ODD_NAMES):
        path = f"{tmp_path}/{os.fsdecode(name)}"
        assert tree.read(path) == b"%d" % number
        assert tree.kind(path) is EntryKind.FILE
        assert tree.real_path(path) == os.path.realpath(path)


def test_what_no_path_can_be_is_not_there(tmp_path: Path) -> None:
    """NULs, unpaired surrogates, names and paths that are too long."""
    tree = DiskTree()
    for path in ("/a\0b", f"{tmp_path}/\ud800", f"{tmp_path}/{'n' * 300}", f"{tmp_path}{'/d' * 3000}", "", "relative"):
        assert tree.kind(path) is None, path
        assert tree.listing(path) == {}, path
        assert tree.stamp(path) is None
        assert not tree.is_symlink(path)
        tree.real_path(path)
        with pytest.raises(ReadFailure):
            tree.read(path)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """FIFOs block, sockets refuse and devices act: they are named, and left alone."""
    os.mkfifo(tmp_path / "test_fifo.py")
    os.symlink("test_fifo.py", tmp_path / "test_link.py")
    os.mkdir(tmp_path / "test_folder.py")
    os.symlink("/dev/zero", tmp_path / "test_zero.py")
    os.symlink("/dev/tty", tmp_path / "test_tty.py")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "test_socket.py"))
    tree = DiskTree()
    began = time.monotonic()
    kinds = tree.listing(str(tmp_path))
    other = {"test_fifo.py", "test_link.py", "test_socket.py", "test_zero.py", "test_tty.py"}
    assert {name for name, kind in kinds.items() if kind is EntryKind.OTHER} == other
    assert kinds["test_folder.py"] is EntryKind.FOLDER
    for name in other:
        with pytest.raises(ReadFailure, match="not a regular file"):
            tree.read(f"{tmp_path}/{name}")
        assert tree.stamp(f"{tmp_path}/{name}") is None
    with pytest.raises(ReadFailure, match="is a folder"):
        tree.read(f"{tmp_path}/test_folder.py")
    assert time.monotonic() - began < 2


def test_huge_files_are_not_read(tmp_path: Path) -> None:
    """A sparse file of 10 GB is refused by its size, a file at the limit is read."""
    with (tmp_path / "huge.py").open("wb") as file:
        file.truncate(10 << 30)
    (tmp_path / "full.py").write_bytes(b"x" * 1000)
    tree = DiskTree(size_limit_bytes=1000)
    with pytest.raises(ReadFailure, match="larger than the limit"):
        tree.read(f"{tmp_path}/huge.py")
    assert len(tree.read(f"{tmp_path}/full.py")) == 1000
    with pytest.raises(ReadFailure, match="larger than the limit of 5 MiB"):
        DiskTree().read(f"{tmp_path}/huge.py")


def test_a_file_that_grows_while_it_is_read_stays_within_the_limit(tmp_path: Path) -> None:
    """It is read as it is, or refused; never without end."""
    path = tmp_path / "grows.py"
    path.write_bytes(b"x")
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.is_set() and file.tell() < 1 << 26:
                file.write(b"x" * 65536)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(200):
            try:
                assert len(DiskTree(size_limit_bytes=1 << 20).read(str(path))) <= 1 << 20
            except ReadFailure as failure:
                assert "larger" in str(failure)  # noqa: PT017  # because either outcome is right
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("shape", ["self", "mutual", "up", "root", "two", "dangling", "file"])
def test_symlink_loops_end(tmp_path: Path, shape: str) -> None:
    """No question about a loop takes long, and what is no loop is still followed."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("x")
    links = {
        "self": {"loop": "loop"},
        "mutual": {"one": "two", "two": "one"},
        "up": {"a/up": ".."},
        "root": {"a/root": "/"},
        "two": {"a/b1": ".", "a/b2": "."},
        "dangling": {"gone": "nowhere/at/all"},
        "file": {"y.py": "a/x.py", "through": "a/x.py/below"},
    }[shape]
    for name, target in links.items():
        os.symlink(target, tmp_path / name)
    tree = DiskTree()
    began = time.monotonic()
    for name in (*links, "a", "a/x.py", "a/up/a/up/a/x.py", "a/b1/b2/b1/x.py", "y.py"):
        path = f"{tmp_path}/{name}"
        expected = None
        if os.path.exists(path):
            expected = EntryKind.FOLDER if os.path.isdir(path) else EntryKind.FILE
        assert tree.kind(path) is expected, path
        assert tree.is_symlink(path) is os.path.islink(path), path
        assert tree.real_path(path) == os.path.realpath(path), path
    assert time.monotonic() - began < 1


@contextmanager
def another_user() -> Iterator[None]:
    """Act as a user without rights, where this is root; root itself may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter (pytest's own is its user's alone)."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def test_what_may_not_be_read_is_told(open_folder: Path) -> None:
    """Files and folders without permission; a folder that may be searched though not listed."""
    for name, mode in (("closed", 0), ("searchable", 0o711)):
        (open_folder / name).mkdir()
        (open_folder / name / "inside.py").write_text("1")
        (open_folder / name).chmod(mode)
    (open_folder / "secret.py").write_text("1")
    (open_folder / "secret.py").chmod(0)
    here = str(open_folder)
    tree = DiskTree()
    with another_user():
        with pytest.raises(ReadFailure, match="permission denied"):
            tree.read(f"{here}/secret.py")
        assert tree.kind(f"{here}/secret.py") is EntryKind.FILE
        assert tree.listing(f"{here}/closed") == {}
        assert tree.kind(f"{here}/closed/inside.py") is None
        assert tree.kind(f"{here}/searchable/inside.py") is EntryKind.FILE
        assert tree.read(f"{here}/searchable/inside.py") == b"1"
    (open_folder / "closed").chmod(0o755)


def test_files_that_vanish_meanwhile_are_told(tmp_path: Path) -> None:
    """Between the listing and the read, a thousand times, whatever the moment."""
    folder = tmp_path / "churn"
    folder.mkdir()
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for number in range(20):
                (folder / f"{number}.py").write_bytes(b"x" * 100)
            for number in range(20):
                (folder / f"{number}.py").unlink()

    churning = threading.Thread(target=churn)
    churning.start()
    try:
        for _ in range(1000):
            tree = DiskTree()
            for name in tree.listing(str(folder)):
                try:
                    assert len(tree.read(f"{folder}/{name}")) <= 100
                except ReadFailure as failure:
                    assert str(failure) == "no such file"  # noqa: PT017  # because either outcome is right
                tree.stamp(f"{folder}/{name}")
    finally:
        stop.set()
        churning.join()


def test_a_stamp_is_trusted_only_once_the_clock_has_moved_on(tmp_path: Path) -> None:
    """An edit within the same tick, with size and time restored, is never missed."""
    path = tmp_path / "a.py"
    path.write_text("1")
    changed_ns = path.stat().st_ctime_ns

    def stamp_after(seconds: float) -> str | None:
        return DiskTree(now_ns=lambda: changed_ns + int(seconds * 1e9)).stamp(str(path))

    assert stamp_after(0.1) is None
    assert stamp_after(1.9) is None
    first = stamp_after(5)
    assert first is not None
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_text("2")
    os.utime(path, ns=times)
    changed_ns = path.stat().st_ctime_ns
    assert stamp_after(5) not in (None, first)
    assert DiskTree().stamp(str(tmp_path)) is None
    assert DiskTree().stamp(str(tmp_path / "none")) is None


def test_a_tree_shows_nothing_outside_its_root(tmp_path: Path) -> None:
    """Not by name; a link out of it is followed, as Python would."""
    (tmp_path / "in").mkdir()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "x.py").write_text("x")
    tree = DiskTree(str(tmp_path / "in"))
    assert tree.kind(f"{tmp_path}/inside/x.py") is None
    assert tree.listing(f"{tmp_path}/inside") == {}
    assert tree.stamp(f"{tmp_path}/inside/x.py") is None
    with pytest.raises(ReadFailure):
        tree.read(f"{tmp_path}/inside/x.py")
    assert tree.kind(f"{tmp_path}/in") is EntryKind.FOLDER


def make_malformed_project(root: Path) -> None:
    """Every shape at once, beside files that are well."""
    tests = root / "tests"
    tests.mkdir()
    (root / "pytest.ini").write_text("[pytest]\n")
    for number, name in enumerate(ODD_NAMES):
        Path(os.fsdecode(os.path.join(os.fsencode(tests), name))).write_text(f"def test_{number}(): pass\n")
    os.mkfifo(tests / "test_fifo.py")
    os.symlink("/dev/zero", tests / "test_zero.py")
    os.symlink("loop", tests / "loop")
    os.symlink("test_loop.py", tests / "test_loop.py")
    os.symlink("..", tests / "up")
    os.symlink("nowhere", tests / "test_dangling.py")
    os.mkdir(tests / "test_folder.py")
    with (tests / "test_sparse.py").open("wb") as file:
        file.truncate(10 << 30)
    for name, content in {
        "nul": b"x = 1\0\n",
        "utf16": "def test_x(): pass\n".encode("utf-16"),
        "cookie": b"# -*- coding: nothing -*-\n",
        "latin": b"# \xe9\xff\n",
        "deep": b"(" * 5000,
        "unary": b"x = " + b"-" * 20000 + b"1\n",
        "line": b"x = '" + b"y" * 2_000_000 + b"'\n",
        "cr": b"def test_cr(): pass\rdef test_cr2(): pass\r",
        "indent": b"def test():\n" + b" " * 5000 + b"pass\n",
        "surrogate": b"x = '\\ud800'\nimport \xed\xa0\x80\n",
    }.items():
        (tests / f"test_{name}.py").write_bytes(content)
    (tests / "test_well.py").write_text("def test_well(): pass\n")


@pytest.mark.parametrize(
    "command", [("check",), ("check", "--format", "json"), ("collect",), ("explain", "tests/test_nul.py")]
)
def test_a_malformed_tree_is_answered(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Within seconds, without a traceback or a control character, and what is well is collected."""
    project = tmp_path / "project"
    project.mkdir()
    make_malformed_project(project)
    script = "import sys\nfrom muster.cli.main import main\nsys.argv[0] = 'muster'\nmain()\n"
    environ = {**os.environ, "PYTHONPATH": SOURCE, "MUSTER_CACHE_DIR": str(tmp_path / "cache"), "NO_COLOR": "1"}
    began = time.monotonic()
    arguments = [sys.executable, "-P", "-c", script, *command]
    done = subprocess.run(arguments, cwd=project, env=environ, capture_output=True, timeout=120, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1, 5), done.stderr
    assert time.monotonic() - began < 60
    assert not {byte for byte in done.stdout + done.stderr if byte < 32} - {10, 9}
    if command[0] == "collect":
        assert b"tests/test_well.py::test_well" in done.stdout
