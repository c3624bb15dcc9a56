"""`muster services` from words to exit code, on real servers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from tests.services.servers import QUOTED, free_port

from muster.cli.main import run
from muster.render.schema import services_schema

SLEEPER = f"sleep 300.{os.getpid()}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "CI_REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def write(project: Path, text: str) -> None:
    (project / "muster.toml").write_text(text)


def test_services_up_down_and_skipped(
    project: Path,
    postgresql: int,
    redis: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://app:{QUOTED}@localhost:{postgresql}/postgres")
    port = free_port()
    write(
        project,
        f"""
        [categories.unit]
        paths = ["tests"]
        [categories.critical]
        paths = ["tests"]
        requires = ["postgres", "chat"]
        [services.postgres]
        url = "${{DATABASE_URL}}"
        [services.cache]
        url = "redis://:wrong-password@localhost:{redis[0]}/0"
        start = "docker compose up -d cache"
        [services.chat]
        url = "ws://localhost:{port}/ws"
        on_missing = "skip"
        """,
    )
    assert run(["services"]) == 1
    out = re.sub(r"PostgreSQL [\d.]+[^\n]*", "PostgreSQL 0", capfd.readouterr().out)
    out = re.sub(r"(?<=postgres) +[\d.]+ s", "  ? s", re.sub(r"in [\d.]+ s", "in ? s", out))
    assert (
        out
        == f"""\
services   3 services   1 up   1 down   1 skipped   asked in ? s

  up       postgres  ? s
           localhost:{postgresql} answered SELECT 1: PostgreSQL 0
           url    postgresql://app:***@localhost:{postgresql}/postgres
  down     {"cache":<69}M601  authentication
           localhost:{redis[0]}: invalid username-password pair or user is disabled.
           url    redis://:***@localhost:{redis[0]}/0
           start  docker compose up -d cache  (with --start)
  skipped  {"chat":<76}M601  refused
           localhost:{port} refused the connection: nothing listens there
           url    ws://localhost:{port}/ws

SKIPPED, by on_missing: the tests that need chat will not run
1 service down: see muster explain M601
"""
    )
    assert run(["services", "-c", "critical"]) == 0
    assert "critical   2 services   1 up   1 skipped" in capfd.readouterr().out
    assert run(["services", "postgres", "--format", "json"]) == 0
    document = json.loads(capfd.readouterr().out)
    jsonschema.validate(document, services_schema())
    assert [(service["name"], service["state"]) for service in document["services"]] == [("postgres", "up")]
    assert run(["services", "-c", "unit"]) == 0
    assert "no services are required" in capfd.readouterr().out


CHAT = "[services.chat]\nurl = 'tcp://h:1'"


@pytest.mark.parametrize(
    ("settings", "arguments", "error"),
    [
        ("budget = '1s'", [], "there is no service to ask: [tool.muster.services] names none"),
        (CHAT, ["chta"], "there is no service 'chta' in [tool.muster.services]; did you mean 'chat'?"),
        (CHAT, ["-c", "x"], "there is no category 'x' in [tool.muster.categories]"),
        (CHAT, ["--format", "xml"], "unknown format 'xml'"),
    ],
)
def test_what_cannot_be_asked_for(
    project: Path, settings: str, arguments: list[str], error: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write(project, settings)
    assert run(["services", *arguments]) == 4
    assert capfd.readouterr().err.startswith(f"muster: {error}")


def test_a_variable_that_is_not_set(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(project, "[services.cache]\nurl = '${CI_REDIS_URL}'\non_missing = 'skip'")
    assert run(["services"]) == 4
    out = capfd.readouterr().out
    assert "M602  variable" in out
    assert "needs ${CI_REDIS_URL}, which is not set" in " ".join(out.split())


def test_a_service_is_started_asked_and_stopped(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    write(
        project,
        f"""
        [services.cache]
        url = "redis://localhost:{port}/0"
        start = "redis-server --port {port} --bind 127.0.0.1 --save '' --daemonize yes --pidfile {project}/pid"
        """,
    )
    assert run(["services"]) == 1
    assert run(["services", "--start"]) == 0
    out, err = capfd.readouterr()
    assert f"localhost:{port} answered PING" in out
    assert err.startswith(f"muster: starting cache: redis-server --port {port} ")
    assert run(["services"]) == 1


def test_a_service_that_cannot_be_started(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(project, f"[services.a]\nurl = 'tcp://localhost:{free_port()}'\nstart = 'sh -c \"echo broken; exit 3\"'")
    assert run(["services", "--start"]) == 1
    out = " ".join(capfd.readouterr().out.split())
    assert "M601 start" in out
    assert "ended with code 3: broken" in out


def test_a_resolver_that_hangs_does_not_keep_the_process_alive(project: Path) -> None:
    """The thread that nobody waits for any more is a daemon: the interpreter ends without it."""
    code = """
import socket, sys, time
from muster.adapters.services import probing
from muster.cli.main import run
probing.ThreadedServiceProbe.__init__.__defaults__ = (lambda *a, **k: time.sleep(300),)
sys.exit(run(["services"]))
"""
    write(project, "[services.a]\nurl = 'tcp://db.internal:1'\ntimeout = '200ms'")
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "")
    assert "M601  dns" in done.stdout
    assert time.monotonic() - begun < 20


def test_ctrl_c_while_a_service_is_waited_for(project: Path) -> None:
    write(project, f"[services.a]\nurl = 'tcp://localhost:{free_port()}'\nstart = '{SLEEPER}'\nwait = '5m'")
    muster = subprocess.Popen(
        [sys.executable, "-m", "muster", "services", "--start"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with muster:
        deadline = time.monotonic() + 30
        while not sleepers():
            assert time.monotonic() < deadline
            assert muster.poll() is None
            time.sleep(0.05)
        begun = time.monotonic()
        muster.send_signal(signal.SIGINT)
        assert muster.wait(30) == 2
        assert time.monotonic() - begun < 8
    assert sleepers() == []


def sleepers() -> list[str]:
    done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.strip() == SLEEPER]
