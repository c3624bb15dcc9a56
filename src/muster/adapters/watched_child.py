"""A child that runs a project's code: in a process group of its own, with a bound on its time and on what it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from muster.adapters.process_tree import die_with_parent

TAIL_BYTES = 200_000
OUTPUT_BYTES = 16 << 20
POLL_S = 0.05
GRACE_S = 5.0


def run_watched(
    command: Sequence[str],
    cwd: str,
    environ: Mapping[str, str] | None,
    output_path: str,
    timeout_s: float,
    is_stuck: Callable[[], bool] = lambda: False,
) -> tuple[int | None, str]:
    """The child's exit code and the end of what it printed; None where it took too long, or `is_stuck` said so.

    What it printed before its last megabytes is thrown away while it runs, so that no child fills the disk. Whatever
    it started in its group ends with it; where we are killed ourselves, it is too (Linux). Raises `OSError` where it
    cannot be started.
    """
    with open(output_path, "ab") as output:
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ) if environ is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    deadline = time.monotonic() + timeout_s
    pause = 0.001
    try:
        while (code := child.poll()) is None and time.monotonic() < deadline and not is_stuck():
            _cut(output_path)
            time.sleep(pause)
            pause = min(2 * pause, POLL_S)
    finally:
        # Also after a normal end: what the project's modules started must not outlive the session.
        kill_group(child.pid)
        child.wait(GRACE_S)
    return code, _tail(output_path)


class GrowthWatch:
    """Whether the file at `path`, which a child writes, has stopped to grow for longer than `patience_s`."""

    def __init__(self, path: str, patience_s: float) -> None:
        self._path, self._patience_s = path, patience_s
        self._size, self._since = -1, time.monotonic()

    def is_stuck(self) -> bool:
        """Whether it has grown no more for too long by now; a file that is not there yet does not grow."""
        try:
            size = os.path.getsize(self._path)
        except OSError:
            size = 0
        if size != self._size:
            self._size, self._since = size, time.monotonic()
        return time.monotonic() - self._since > self._patience_s


def kill_group(pid: int) -> None:
    """End every process of the group `pid`."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _cut(path: str) -> None:
    # The child appends: what it writes next stands at the new end.
    if os.path.getsize(path) > OUTPUT_BYTES:
        os.truncate(path, 0)


def _tail(path: str) -> str:
    with open(path, "rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - TAIL_BYTES))
        return stream.read().decode("utf-8", "replace")
