"""The processes of this machine: who descends from whom, and who carries a mark in its environment."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SET_DEATH_SIGNAL, _SET_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its number may be given again once it is gone, together with its start it is not."""

    pid: int
    started: str


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent ends (Linux): none of them gets out of sight."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """In a child, before `exec`: be killed once the process that started it is gone (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def descendants(roots: Iterable[int]) -> set[Process]:
    """All that descend from `roots` now, without these."""
    table = _table()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    found: set[Process] = set()
    waiting = list(roots)
    while waiting:
        for pid in children.get(waiting.pop(), ()):
            process = Process(pid, table[pid][1])
            if process not in found:
                found.add(process)
                waiting.append(pid)
    return found


def marked(assignment: str) -> set[Process]:
    """The processes of ours whose environment holds `NAME=value` (Linux; elsewhere none are found)."""
    sign = b"\0" + os.fsencode(assignment) + b"\0"
    found: set[Process] = set()
    for pid, (_, started) in _table().items():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if sign in b"\0" + file.read():
                found.add(Process(pid, started))
    return found


def end_all(processes: Iterable[Process], grace_s: float) -> None:
    """SIGTERM to those that are still there, SIGKILL after `grace_s` at the latest; returns once they are gone."""
    left = _still_there(processes)
    _signal(left, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = _still_there(left)
    _signal(left, signal.SIGKILL)
    deadline = time.monotonic() + 2.0
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = _still_there(left)


def _still_there(processes: Iterable[Process]) -> set[Process]:
    table = _table()
    left = {process for process in processes if process.pid in table and table[process.pid][1] == process.started}
    for process in list(left):
        # An orphan that we adopted is ours to bury.
        with contextlib.suppress(OSError):
            if os.waitpid(process.pid, os.WNOHANG)[0]:
                left.discard(process)
    return left


def _signal(processes: Iterable[Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(OSError):
            os.kill(process.pid, number)


def _table() -> Mapping[int, tuple[int, str]]:
    """Every process's parent and start."""
    return _proc_table() if os.path.isdir("/proc/self") else _ps_table()


def _proc_table() -> dict[int, tuple[int, str]]:
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
                if fields[0] != b"Z" or int(fields[1]) == os.getpid():
                    table[int(name)] = (int(fields[1]), fields[19].decode("ascii"))
    return table


def _ps_table() -> dict[int, tuple[int, str]]:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid=,lstart="], capture_output=True, text=True, check=False).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    return {int(row[0]): (int(row[1]), row[2]) for row in rows if len(row) == 3}
