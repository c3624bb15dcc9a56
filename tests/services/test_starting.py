"""Start commands on real processes: what they start is stopped again, whatever it does to stay."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from muster.adapters.services.starting import StartedServices

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@pytest.fixture
def mark(tmp_path: Path) -> str:
    """A word in the command line of every process that a test starts."""
    return f"mark-{tmp_path.name}-{os.getpid()}"


def marked(mark: str) -> list[int]:
    """The living processes with `mark` in their command line; not the keepers, which get it by their input."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes() and b") Z" not in (entry / "stat").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def await_marked(mark: str, number: int) -> None:
    deadline = time.monotonic() + 20
    while len(marked(mark)) != number:
        assert time.monotonic() < deadline, f"{len(marked(mark))} of {number}"
        time.sleep(0.05)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[StartedServices]:
    with StartedServices(str(tmp_path), os.environ) as started:
        yield started


def python(code: str, mark: str) -> str:
    return shlex.join([sys.executable, "-c", code, mark])


SLEEP = "import os, time; open(f'ready-{os.getpid()}', 'w'); time.sleep(300)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
FAMILY = "import subprocess, sys, time; [subprocess.Popen([sys.executable, '-c', {!r}, sys.argv[1]]) for _ in 'ab']; time.sleep(300)"
DAEMON = """
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
open("ready", "w")
time.sleep(300)
"""


@pytest.mark.parametrize(
    ("code", "processes", "ready"),
    [(SLEEP, 1, 1), (STUBBORN, 1, 1), (FAMILY.format(SLEEP), 3, 2), (FAMILY.format(STUBBORN), 3, 2), (DAEMON, 1, 1)],
    ids=["plain", "ignores SIGTERM", "with children", "with stubborn children", "daemon in a session of its own"],
)
def test_what_is_started_is_stopped(
    services: StartedServices, tmp_path: Path, code: str, processes: int, ready: int, mark: str
) -> None:
    assert services.start("it", python(code, mark), "") == ""
    deadline = time.monotonic() + 20
    while len(list(tmp_path.glob("ready*"))) != ready:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    await_marked(mark, processes)
    begun = time.monotonic()
    services.stop_all()
    assert marked(mark) == []
    assert time.monotonic() - begun < 12


def test_a_database_that_takes_its_time_to_end_is_given_it(tmp_path: Path, mark: str) -> None:
    """Where nothing went wrong, nobody is in a hurry."""
    code = (
        "import pathlib, signal, time\n"
        "def save(*_): time.sleep(3); pathlib.Path('saved').touch(); raise SystemExit\n"
        "signal.signal(signal.SIGTERM, save); pathlib.Path('ready').touch(); time.sleep(300)"
    )
    with StartedServices(str(tmp_path), os.environ) as services:
        services.start("it", python(code, mark), "")
        deadline = time.monotonic() + 20
        while not (tmp_path / "ready").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert (tmp_path / "saved").exists()
    assert marked(mark) == []


def test_a_command_that_fails_is_told_with_its_last_words(services: StartedServices, mark: str) -> None:
    assert services.start("it", python("print('hello'); raise SystemExit('no disk')", mark), "") == ""
    deadline = time.monotonic() + 20
    while not (failure := services.failure("it")):
        assert time.monotonic() < deadline
        services.pause()
    assert failure.endswith(("ended with code 1: hello / no disk", "ended with code 1: no disk / hello"))


def test_a_command_that_ends_well_has_not_failed(services: StartedServices) -> None:
    assert services.start("it", "true", "") == ""
    time.sleep(0.5)
    assert services.failure("it") == ""


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("/absent/program --now", "'/absent/program' cannot be started: No such file or directory"),
        ("/", "'/' cannot be started: Permission denied"),
        ("sh -c 'unclosed", "the command of service 'it' cannot be read: no closing quotation"),
    ],
)
def test_a_command_that_cannot_be_started(services: StartedServices, command: str, problem: str) -> None:
    assert services.start("it", command, "") == problem


def test_output_without_end_is_read_and_forgotten(services: StartedServices, mark: str) -> None:
    code = (
        "import sys\nfor n in range(400_000): sys.stdout.write('x' * 100 + '\\n')\nprint('done', flush=True)\n" + SLEEP
    )
    services.start("it", python(code, mark), "")
    deadline = time.monotonic() + 60
    while not services.last_output("it").endswith("done"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(services.last_output("it")) < 2_000


def test_the_stop_command_is_run_in_the_root(services: StartedServices, tmp_path: Path) -> None:
    services.start("it", "true", "touch stopped")
    services.stop_all()
    assert (tmp_path / "stopped").exists()


def test_a_stop_command_that_fails_keeps_nothing_alive(services: StartedServices, mark: str) -> None:
    services.start("it", python(SLEEP, mark), "/absent/program")
    await_marked(mark, 1)
    services.stop_all()
    assert marked(mark) == []


OWNER = """
import os, sys, time
from muster.adapters.services.starting import StartedServices
with StartedServices(os.getcwd(), os.environ) as services:
    services.start("it", sys.argv[1], "")
    print("started", flush=True)
    time.sleep(300)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_muster_ends_nothing_is_left(number: int, mark: str, tmp_path: Path) -> None:
    """Even killed, it leaves nothing behind: its keepers see their input end."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, python(FAMILY.format(SLEEP), mark)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "started\n"
        await_marked(mark, 4)  # the owner itself has the mark in its arguments
        begun = time.monotonic()
        owner.send_signal(number)
        owner.wait(30)
        await_marked(mark, 0)
        assert time.monotonic() - begun < 12
