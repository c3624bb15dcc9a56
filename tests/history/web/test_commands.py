"""`muster token` and `muster serve` as they are typed; a real server, killed without warning."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from tests.history.records import identifier, record

from muster.adapters.history.database import sqlite_url
from muster.adapters.history.store import DatabaseHistory
from muster.cli.main import run
from muster.usecases.wire import decode_answer, encode_push, encode_record
from muster.web import serve
from muster.web.server_settings import ServerSettings
from muster.wiring.memory import open_history


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the commands find the memory."""
    url = sqlite_url(str(tmp_path / "memory.db"))
    monkeypatch.setenv("MUSTER_HISTORY_URL", url)
    monkeypatch.chdir(tmp_path)
    return url


def test_tokens_are_made_named_and_withdrawn(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "add", "ci", "--write"]) == 0
    token, warning = capsys.readouterr()
    assert re.fullmatch(r"muster_[0-9a-f]{12}_[\w-]{43}\n", token)
    assert "cannot be shown again" in warning
    assert run(["token", "add", "reading"]) == 0
    capsys.readouterr()
    assert run(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert sorted(line.split()[:2] for line in listed.splitlines()) == [["ci", "write"], ["reading", "read"]]
    assert token.strip().rpartition("_")[2] not in listed
    assert run(["token", "revoke", "ci"]) == 0
    assert run(["token", "list"]) == 0
    assert "ci" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [["token", "revoke", "nobody"], ["token", "add", "two words"], ["serve", "--port", "70000"],
                                   ["serve", "--max-body", "0"], ["serve", "--host", "192.0.2.1", "--port", "0"]])  # fmt: skip
def test_what_cannot_be_is_refused(url: str, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(words) == 4
    assert capsys.readouterr().err.startswith("muster: ")


def test_a_name_is_given_once(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "add", "ci"]) == 0
    assert run(["token", "add", "ci", "--write"]) == 4
    assert "there is a token 'ci' already" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 4
    assert f"cannot listen at 127.0.0.1:{port}: Address already in use" in capsys.readouterr().err


def test_answers_wait_for_no_acknowledgement() -> None:
    """asyncio turns Nagle's algorithm off for what is named TCP only: else each answer to a kept connection takes 40 ms more."""
    with closing(serve._listen(ServerSettings(port=0))) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_missing_extra_is_named(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("muster.cli.serve._NEEDED", ("starlette", "nowhere_to_be_found"))
    assert run(["serve"]) == 4
    assert "pip install 'pytest-muster[server]'" in capsys.readouterr().err


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], int]]]:
    """Starts servers; all have ended when the test has."""
    started: list[subprocess.Popen[str]] = []

    def start_one() -> tuple[subprocess.Popen[str], int]:
        words = [sys.executable, "-m", "muster", "serve", "--port", "0"]
        server = subprocess.Popen(words, cwd=tmp_path, env=dict(os.environ), stderr=subprocess.PIPE, text=True)
        started.append(server)
        assert server.stderr is not None
        told = server.stderr.readline()
        found = re.search(r":(\d+)/", told)
        assert found is not None, told
        return server, int(found[1])

    yield start_one
    for server in started:
        server.kill()
        server.communicate(timeout=30)


def test_a_killed_server_loses_nothing_that_it_confirmed(
    url: str, start: Callable[[], tuple[subprocess.Popen[str], int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """SIGKILL while four clients push: each record that was confirmed is there, whole, for the next one who looks."""
    run(["token", "add", "ci", "--write"])
    token = capsys.readouterr().out.strip()
    server, port = start()
    confirmed: list[str] = []

    def push(client: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            push_until_it_ends(connection, client)

    def push_until_it_ends(connection: http.client.HTTPConnection, client: int) -> None:
        for number in range(10_000):
            body = encode_push([encode_record(record(f"{client} {number}", number))])
            try:
                connection.request("POST", "/api/v1/records", body, {"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                return
            assert answer.status == 200, content
            confirmed.extend(decode_answer(content).accepted)
            if len(confirmed) >= 40:
                server.kill()

    clients = [Thread(target=push, args=(client,)) for client in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(confirmed) >= 40
    memory = DatabaseHistory(url)
    kept = {each.id for each in memory.recent(10_000)}
    assert set(confirmed) <= kept
    assert all(memory.record(each) is not None for each in confirmed)
    memory.close()


def test_muster_push_speaks_to_it(
    url: str,
    start: Callable[[], tuple[subprocess.Popen[str], int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The real client, from a project with a memory of its own: taken once, and said plainly where it may not write."""
    tokens = {}
    for name, words in (("reading", []), ("ci", ["--write"])):
        run(["token", "add", name, *words])
        tokens[name] = capsys.readouterr().out.strip()
    _, port = start()
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.delenv("MUSTER_HISTORY_URL")
    monkeypatch.chdir(project)
    with open_history(str(project)) as own:
        own.add(record("pushed"))
    server = f"http://127.0.0.1:{port}"
    assert run(["push", server, "--token", tokens["reading"]]) == 1
    assert "403, the token may not write" in capsys.readouterr().err
    assert run(["push", server, "--token", tokens["ci"]]) == 0
    assert run(["push", server, "--token", tokens["ci"]]) == 0
    memory = DatabaseHistory(url)
    assert [each.id for each in memory.recent(10)] == [identifier("pushed")]
    memory.close()


def test_an_inert_start_needs_no_web_framework() -> None:
    """The commands are listed, and tokens made, without one being imported."""
    code = "import sys, muster.cli.app, muster.cli.token; print({'starlette', 'uvicorn', 'jinja2', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
