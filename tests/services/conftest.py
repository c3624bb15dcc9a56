"""The servers, one of each for all tests, and the one way to ask them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.services.servers import (
    PASSWORD,
    QUOTED,
    Certificates,
    make_certificates,
    running_http,
    running_postgresql,
    running_redis,
)
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from muster.api import probe_service
from muster.model.service import ServiceStatus

SLACK_S = 5.0
"""How much later than its time an answer may come: the machines that run this are busy."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def postgresql_server(certificates: Certificates) -> Iterator[tuple[int, Path]]:
    with running_postgresql(certificates) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql(postgresql_server: tuple[int, Path]) -> int:
    return postgresql_server[0]


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[tuple[int, int]]:
    with running_redis(tmp_path_factory.mktemp("redis"), certificates) as ports:
        yield ports


@pytest.fixture(scope="session")
def http() -> Iterator[int]:
    with running_http() as port:
        yield port


@pytest.fixture(scope="session")
def https(certificates: Certificates) -> Iterator[int]:
    with running_http(certificates.server_context()) as port:
        yield port


@pytest.fixture(scope="session")
def websocket() -> Iterator[int]:
    """A WebSocket server; `/locked` wants a login, and `/closed` counts the connections that were closed properly."""

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    def check(connection: ServerConnection, request: Request) -> Response | None:
        return Response(401, "Unauthorized", Headers()) if request.path == "/locked" else None

    with serve(echo, "127.0.0.1", 0, process_request=check) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
    thread.join(10)


Asks = Callable[..., ServiceStatus]


@pytest.fixture
def ask() -> Asks:
    """Asks a service; whatever it answers, in time and without its secret."""

    def asked(url: str, timeout: float = 10.0) -> ServiceStatus:
        begun = time.monotonic()
        status = probe_service(url, timeout=timeout)
        assert time.monotonic() - begun < timeout + SLACK_S
        assert status.seconds < timeout + SLACK_S
        shown = json.dumps(msgspec.to_builtins(status)) + str(status) + repr(status)
        assert [secret for secret in (PASSWORD, QUOTED, "hunter2") if secret in shown] == []
        assert (status.state == "up") == (status.failure == "") == (status.code == "")
        return status

    return asked
