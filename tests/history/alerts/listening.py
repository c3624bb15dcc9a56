"""A service that takes messages as Apprise's json:// sends them, or does not."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listening:
    """What came in at `url`; while `status` is no success nothing is taken."""

    def __init__(self, port: int) -> None:
        self.url = f"json://127.0.0.1:{port}/t0ken-in-the-path?password=s3cret"
        self.status = 200
        self.messages: list[dict[str, Any]] = []
        self.arrived = threading.Condition()

    @property
    def texts(self) -> list[str]:
        """The bodies."""
        return [message["message"] for message in self.messages]

    def wait_for(self, count: int, timeout_s: float = 60.0) -> list[dict[str, Any]]:
        """The messages once there are `count` of them."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.messages) >= count, timeout_s)
        return self.messages


@contextlib.contextmanager
def listening() -> Iterator[Listening]:
    """A service that takes what it is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(heard.status)
            self.end_headers()
            if heard.status == 200:
                with heard.arrived:
                    heard.messages.append(message)
                    heard.arrived.notify_all()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        heard = Listening(server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield heard
        server.shutdown()


@contextlib.contextmanager
def hanging() -> Iterator[str]:
    """The url of a service that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"json://127.0.0.1:{server.getsockname()[1]}/t0ken"


def refusing() -> str:
    """The url of a service that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return f"json://127.0.0.1:{port}/t0ken"
