"""A script that starts one service and sees to it that nothing of it is left behind.

It runs in a process and session of its own, so that Ctrl-C at the terminal does not reach what it keeps. Its first line
of input is what to start (JSON); a further line asks it to stop patiently, and the end of its input is the order to stop,
so that it is given by Muster's death too, however Muster dies. On Linux orphans of the command become its children
(`PR_SET_CHILD_SUBREAPER`): a daemon that forked twice and called `setsid` is found and stopped as well. Elsewhere it is
the command's process group.

Standard library only. Events are JSON lines on standard output; the command's own output is standard error.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36
_TICK_S = 0.05
_STOP_COMMAND_S = 10.0
_HURRIED_S = 1.5
_PATIENT_S = 10.0
_KILLING_S = 3.0
_PATIENCE, _STOP = "patience", "stop"


def main() -> None:
    """Start, wait for the order to stop, stop everything."""
    _adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    spec = json.loads(_read_line())
    try:
        child = _spawn(spec["command"], spec["cwd"])
    except OSError as error:
        _tell(event="refused", reason=error.strerror or str(error))
        return
    _tell(event="started", pid=child.pid)
    ended, grace_s = False, _HURRIED_S
    while (word := _next_word()) != _STOP:
        if word == _PATIENCE:
            grace_s = _PATIENT_S
        _reap(child)
        if child.returncode is not None and not ended:
            ended = True
            _tell(event="ended", code=child.returncode)
    if spec["stop"]:
        _run_stop_command(spec["stop"], spec["cwd"])
    _end_all(child, grace_s)
    _tell(event="stopped")


def _spawn(command: list[str], cwd: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=2, stderr=2, start_new_session=True, close_fds=True,
        preexec_fn=_default_signals,
    )  # fmt: skip


def _default_signals() -> None:
    """In the child: what this script ignores, its command should not."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _run_stop_command(command: list[str], cwd: str) -> None:
    try:
        stopping = _spawn(command, cwd)
        stopping.wait(_STOP_COMMAND_S)
    except (OSError, subprocess.TimeoutExpired):
        return  # what it should have stopped is ended below


def _end_all(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask everything that the command left to end; kill what has not after `grace_s`."""
    asked: set[int] = set()
    deadline = time.monotonic() + grace_s
    while (living := _descendants(child)) and time.monotonic() < deadline:
        for pid in living - asked:
            _signal(pid, signal.SIGTERM)
        asked |= living
        time.sleep(_TICK_S)
        _reap(child)
    # Again and again: what is killed may have had children in the meantime.
    deadline = time.monotonic() + _KILLING_S
    while (living := _descendants(child)) and time.monotonic() < deadline:
        for pid in living:
            _signal(pid, signal.SIGKILL)
        time.sleep(_TICK_S)
        _reap(child)


def _descendants(child: subprocess.Popen[bytes]) -> set[int]:
    """The processes that live below this one; `{-group}` for a process group where they cannot be listed."""
    parents = _parents()
    if parents is None:
        return {-child.pid} if _group_lives(child.pid) else set()
    found: set[int] = set()
    fresh = {os.getpid()}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def _parents() -> dict[int, int] | None:
    """Every living process with its parent, from `/proc`; None where there is none."""
    if not os.path.isdir("/proc/self"):
        return None
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    # The name in parentheses may hold anything: state and parent follow the last one.
                    state, parent = stat.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state != b"Z":
                parents[int(name)] = int(parent)
    return parents


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Collect whoever has ended: the command first, lest its code goes to the wrong place."""
    child.poll()
    while True:
        try:
            info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if info is None or (info.si_pid == child.pid and child.poll() is None):
                return
            if info.si_pid != child.pid:
                os.waitpid(info.si_pid, os.WNOHANG)
        except ChildProcessError:
            return


def _next_word() -> str:
    """What the input says, waiting a moment for it: nothing, to be patient, or by its end to stop."""
    readable, _, _ = select.select([0], [], [], _TICK_S)
    if not readable:
        return ""
    return _PATIENCE if os.read(0, 4096) else _STOP


def _read_line() -> bytes:
    """The first line of the input, and no byte more: what follows must still be seen by `select`."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        line += byte
    return line


def _tell(**event: object) -> None:
    try:
        os.write(1, json.dumps(event).encode() + b"\n")
    except BrokenPipeError:
        return  # Muster is gone; what is kept is stopped all the same


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        except (OSError, AttributeError):
            return


if __name__ == "__main__":
    main()
