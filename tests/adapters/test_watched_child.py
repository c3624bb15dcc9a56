"""A child that runs a project's code ends with what watches it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_WATCHER = """
import sys
from muster.adapters.watched_child import run_watched

here = sys.argv[1]
run_watched(["sh", "-c", f"echo $$ >{here}/new && mv {here}/new {here}/pid && exec sleep 60"], here, None, f"{here}/out", 60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_watcher_that_is_killed_leaves_no_child(tmp_path: Path, end: signal.Signals) -> None:
    """Neither signal lets it clean up: a session of an hour would go on without anybody who reads what it says."""
    with subprocess.Popen([sys.executable, "-c", _WATCHER, str(tmp_path)]) as watcher:
        deadline = time.monotonic() + 30
        while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        child = int((tmp_path / "pid").read_text())
        watcher.send_signal(end)
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(child)


def _is_running(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:  # not our own child
        return Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()
