"""A file is written whole or not at all."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.hostile.booby_traps import SOURCE

from muster.adapters.atomic import write_atomically


def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    """Executable scripts stay executable."""
    mask = os.umask(0o027)
    try:
        write_atomically(str(tmp_path / "new"), b"1")
    finally:
        os.umask(mask)
    (tmp_path / "old").write_text("0")
    (tmp_path / "old").chmod(0o755)
    write_atomically(str(tmp_path / "old"), b"1")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o755
    assert (tmp_path / "old").read_bytes() == b"1"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is replaced."""
    (tmp_path / "real").write_text("0")
    (tmp_path / "link").symlink_to("real")
    write_atomically(str(tmp_path / "link"), b"1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"1"


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    """Where the folder takes no file, or the target is a folder."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("0")
    with pytest.raises(OSError, match="folder"):
        write_atomically(str(tmp_path / "folder"), b"1")
    with pytest.raises(FileNotFoundError):
        write_atomically(str(tmp_path / "none" / "x"), b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.slow
def test_a_killed_writer_leaves_one_content_or_the_other(tmp_path: Path) -> None:
    """And at most one temporary file for each kill."""
    script = (
        f"import sys; sys.path.insert(0, {SOURCE!r})\nfrom muster.adapters.atomic import write_atomically\n"
        "print('ready', flush=True)\nnumber = 0\n"
        "while True:\n    number += 1\n    write_atomically(sys.argv[1], (str(number % 10) * 50000).encode())\n"
    )
    chance = random.Random(3)
    target = tmp_path / "file"
    target.write_bytes(b"0" * 50000)
    kills = 30
    for _ in range(kills):
        writer = subprocess.Popen([sys.executable, "-I", "-c", script, str(target)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.random() * 0.02)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        content = target.read_bytes()
        assert len(content) == 50000
        assert len(set(content)) == 1
    assert len(list(tmp_path.iterdir())) <= kills + 1
