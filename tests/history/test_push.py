"""`muster push`: what a server has it is not sent again, and what it did not take is said plainly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.history.records import identifier, record, when

from muster.adapters.history.database import sqlite_url
from muster.adapters.history.store import DatabaseHistory
from muster.adapters.team_server import HttpTeamServer
from muster.cli.main import run
from muster.errors import UsageError
from muster.model.memory import Pushed, Refusal
from muster.ports import DeliveryFailure
from muster.usecases import push as pushing
from muster.usecases.push import Delivery, push
from muster.usecases.wire import decode_push
from muster.wiring.memory import open_history


class Server:
    """A server that keeps what it is sent, and first gives the answers that a test wants it to give."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.seen: list[tuple[str, str]] = []
        self.sizes: list[int] = []
        self.first: list[tuple[int, dict[str, str]]] = []
        self.refuses: dict[str, str] = {}
        self.loses_answer = False
        self.url = ""

    def take(self, body: bytes) -> Pushed:
        pushed, _ = decode_push(body)
        self.sizes.append(len(pushed.records))
        ids = [each.id for each in pushed.records]
        good = [id_ for id_ in ids if id_ not in self.refuses]
        new = [id_ for id_ in good if id_ not in self.kept]
        self.kept += new
        refused = tuple(Refusal(id=id_, reason=self.refuses[id_]) for id_ in ids if id_ in self.refuses)
        return Pushed(accepted=tuple(new), known=tuple(id_ for id_ in good if id_ not in new), refused=refused)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.seen.append((self.path, self.headers["Authorization"]))
            status, headers = server.first.pop(0) if server.first else (200, {})
            answer = msgspec.json.encode(server.take(body)) if status == 200 else b""
            if status == 200 and server.loses_answer:
                server.loses_answer = False
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield server
    http.shutdown()
    thread.join(10)
    http.server_close()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[DatabaseHistory]:
    with DatabaseHistory(sqlite_url(str(tmp_path / "history.db"))) as store:
        for minute in range(3):
            store.add(record(minute, minute))
        yield store


Sends = Callable[..., Delivery]


@pytest.fixture
def send(memory: DatabaseHistory, server: Server) -> Sends:
    def sent(pauses_s: tuple[float, ...] = (0.0, 0.0)) -> Delivery:
        return push(memory, HttpTeamServer(server.url, "secret", pauses_s=pauses_s), lambda: when(9))

    return sent


def test_each_record_is_sent_once_and_the_oldest_first(send: Sends, server: Server, memory: DatabaseHistory) -> None:
    assert send() == Delivery(accepted=3)
    assert server.kept == [identifier(minute) for minute in range(3)]
    assert server.seen == [("/api/v1/records", "Bearer secret")]
    assert send() == Delivery()
    memory.add(record("later", 4))
    assert send() == Delivery(accepted=1)
    assert len(server.seen) == 2


def test_a_server_that_takes_it_later_is_asked_again(send: Sends, server: Server) -> None:
    server.first = [(503, {}), (429, {"Retry-After": "0"})]
    assert send() == Delivery(accepted=3)
    assert len(server.seen) == 3


def test_an_answer_that_is_lost_doubles_nothing(send: Sends, server: Server) -> None:
    server.loses_answer = True
    assert send() == Delivery(known=3)
    assert server.kept == [identifier(minute) for minute in range(3)]


def test_a_server_that_never_takes_it_leaves_everything_waiting(send: Sends, server: Server) -> None:
    server.first = [(503, {})] * 3
    delivery = send()
    assert (delivery.accepted, delivery.waiting, delivery.is_complete) == (0, 3, False)
    assert delivery.failure == f"{server.url} did not take it in 3 tries: 503, Service Unavailable"
    assert send() == Delivery(accepted=3)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "it does not know the token"),
        (403, "the token may not write"),
        (404, "no muster server"),
        (413, "larger than it takes"),
    ],
)
def test_a_final_answer_is_not_argued_with(status: int, words: str, send: Sends, server: Server) -> None:
    server.first = [(status, {})]
    delivery = send()
    assert words in delivery.failure
    assert delivery.waiting == 3
    assert len(server.seen) == 1


def test_a_token_does_not_follow_a_redirect(send: Sends, server: Server) -> None:
    server.first = [(307, {"Location": server.url + "/elsewhere"}), (302, {"Location": server.url + "/elsewhere"})]
    assert "it lies elsewhere" in send().failure
    assert "it lies elsewhere" in send().failure
    assert [path for path, _ in server.seen] == ["/api/v1/records"] * 2


def test_what_a_server_refuses_is_told_and_does_not_hold_up_the_rest(send: Sends, server: Server) -> None:
    server.refuses = {identifier(1): "its time is no time"}
    delivery = send()
    assert (delivery.accepted, delivery.is_complete) == (2, False)
    assert delivery.refused == (Refusal(id=identifier(1), reason="its time is no time"),)


def test_silence_is_no_confirmation(memory: DatabaseHistory) -> None:
    class Silent:
        name = "https://silent.example"

        def deliver(self, body: bytes) -> bytes:
            return b'{"schema":"muster.pushed/1","accepted":["%s","another"]}' % identifier(0).encode()

    delivery = push(memory, Silent(), lambda: when(9))
    assert (delivery.accepted, delivery.waiting) == (1, 2)
    assert "did not say that it took 2 of 3" in delivery.failure
    assert memory.undelivered("https://silent.example") == (identifier(1), identifier(2))


def test_an_answer_of_something_else_is_no_confirmation(memory: DatabaseHistory) -> None:
    class Other:
        name = "https://other.example"

        def deliver(self, body: bytes) -> bytes:
            return b"<html>welcome</html>"

    assert push(memory, Other(), lambda: when(9)).waiting == 3


def test_many_records_go_in_several_pushes(send: Sends, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "BATCH_RECORDS", 2)
    assert send() == Delivery(accepted=3)
    assert server.sizes == [2, 1]
    monkeypatch.setattr(pushing, "BATCH_BYTES", 10)
    assert push_again(send, server).accepted == 3
    assert server.sizes == [2, 1, 1, 1, 1]


def push_again(send: Sends, server: Server) -> Delivery:
    """As to a server that has forgotten everything, under another name."""
    server.kept, server.url = [], server.url.replace("127.0.0.1", "localhost")
    return send()


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(DeliveryFailure, match=r"http://127\.0\.0\.1:1 did not take it in 1 tries: .*refused"):
        HttpTeamServer("http://127.0.0.1:1", "t", pauses_s=()).deliver(b"{}")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://team.example", "is not https"),
        ("http://localhost.evil.example", "is not https"),
        ("ftp://team.example", "is no address of a server"),
        ("team.example", "is no address of a server"),
        ("https://", "is no address of a server"),
        ("https://user:hunter2@team.example", "holds no name and no password"),
        ("https://team.example/?token=hunter2", "is no address of a server"),
        ("https://team.example:port", "is no address of a server"),
    ],
)
def test_a_token_is_sent_to_no_doubtful_address(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        HttpTeamServer(url, "secret")
    assert "hunter2" not in str(raised.value)


def test_an_insecure_address_can_be_forced() -> None:
    assert HttpTeamServer("http://team.example/muster/", "t", insecure=True).name == "http://team.example/muster"
    assert HttpTeamServer("http://[::1]:8750", "t").name == "http://[::1]:8750"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.muster]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSTER_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr("muster.adapters.team_server.PAUSES_S", ())
    with open_history(str(tmp_path)) as store:
        store.add(record("a"))
    return tmp_path


def test_the_command_says_what_became_of_it(
    project: Path, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[Any]
) -> None:
    (project / "config.toml").write_text(f'[push]\nurl = "{server.url}"\ntoken = "${{CI_TOKEN}}"\n')
    assert run(["push"]) == 4
    assert "needs ${CI_TOKEN}, which is not set" in capsys.readouterr().err
    monkeypatch.setenv("CI_TOKEN", "from the environment")
    server.first = [(401, {})]
    assert run(["push"]) == 1
    told = capsys.readouterr()
    assert (told.out, "NOT pushed: 1 record." in told.err) == ("", True)
    assert run(["push"]) == 0
    assert capsys.readouterr().out == f"{server.url}: 1 record taken\n"
    assert run(["push", "--token", "another"]) == 0
    assert capsys.readouterr().out == f"{server.url}: nothing to send\n"
    assert server.seen[-1] == ("/api/v1/records", "Bearer from the environment")


def test_the_command_asks_for_what_it_lacks(project: Path, capsys: pytest.CaptureFixture[Any]) -> None:
    assert run(["push"]) == 4
    assert "muster push URL" in capsys.readouterr().err
    assert run(["push", "https://team.example"]) == 4
    assert "--token" in capsys.readouterr().err
    (project / "config.toml").write_text('[push]\ntoken = "plain"\n')
    assert run(["push", "https://team.example"]) == 4
    assert "a secret does not belong into a file" in capsys.readouterr().err
