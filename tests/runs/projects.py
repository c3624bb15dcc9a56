"""Small projects that are really run, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MUSTER = [sys.executable, "-m", "muster"]


@dataclass(frozen=True)
class Run:
    """One finished `muster run`: its exit code, what it printed, and its report."""

    code: int
    output: str
    report: Mapping[str, Any]

    @property
    def fates(self) -> dict[str, str]:
        """Each test's outcome."""
        return {test["nodeid"]: test["outcome"] for test in self.report["tests"]}

    @property
    def closing_line(self) -> str:
        """pytest's last line, without its rules and seconds."""
        return self.output.strip().splitlines()[-1].strip("= ").rpartition(" in ")[0]

    def message(self, nodeid: str) -> str:
        """Why a test is not passed."""
        return next(test["message"] for test in self.report["tests"] if test["nodeid"] == nodeid)


def write_project(folder: Path, files: Mapping[str, str]) -> Path:
    """Put `files` into `folder`, with settings of pytest unless they hold some."""
    for name, text in {"pytest.ini": "[pytest]\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """What children get: nothing of the pytest that runs us, and a cache of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MUSTER_RUN", "COV_"))}
    return {**kept, "MUSTER_CACHE_DIR": str(folder / ".cache-of-muster"), "COLUMNS": "100"}


def run_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in `folder` to its end."""
    return subprocess.run(
        words, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120, check=False
    )


def muster_run(folder: Path, *arguments: str, timeout_s: float = 120, python: str = "") -> Run:
    """Run `muster run ARGUMENTS` in `folder`."""
    child = start_run(folder, *arguments, python=python)
    output, _ = child.communicate(timeout=timeout_s)
    return finished(folder, child, output)


def start_run(folder: Path, *arguments: str, python: str = "") -> subprocess.Popen[str]:
    """`muster run ARGUMENTS`, begun."""
    before, dashes, behind = (*arguments,), (), ()
    if "--" in arguments:
        position = arguments.index("--")
        before, dashes, behind = arguments[:position], ("--",), arguments[position + 1 :]
    own = ("--python", python or sys.executable, "--report", f"json={folder / 'run.json'}")
    return subprocess.Popen(
        [*MUSTER, "run", *own, *before, *dashes, *behind],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def finished(folder: Path, child: subprocess.Popen[str], output: str) -> Run:
    """The end of a run."""
    path = folder / "run.json"
    report = json.loads(path.read_text()) if path.exists() else {}
    return Run(child.returncode, output, report)


def wait_for(path: Path, timeout_s: float = 60) -> str:
    """The content of `path` once there is any."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path} was not written")


def is_alive(pid: int) -> bool:
    """Whether the process `pid` runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        pass
    if sys.platform == "linux":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def interrupt(child: subprocess.Popen[str]) -> None:
    """What Ctrl-C does to the process that has the terminal."""
    child.send_signal(signal.SIGINT)
