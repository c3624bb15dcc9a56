"""A local server that speaks the OpenAI chat completions protocol, streamed, and can be told to misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass
class Endpoint:
    """What was asked, and what is answered: `answers` gets each request and the connection to write to."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    answer: Callable[[Request, Reply], None] = lambda request, reply: polite(request, reply)


class Reply:
    """Writes one HTTP response."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler

    def start(self, status: int = 200, kind: str = "text/event-stream") -> None:
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()

    def send(self, text: str) -> None:
        self._handler.wfile.write(text.encode())
        self._handler.wfile.flush()

    def chunk(self, delta: dict[str, Any], finish: str | None = None) -> None:
        """One server-sent event, as the protocol writes it."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice]}
        self.send(f"data: {json.dumps(body)}\n\n")

    def done(self) -> None:
        self.send("data: [DONE]\n\n")


def call_calculator(reply: Reply, expression: str) -> None:
    """Asks for the calculator, its arguments cut into pieces as real endpoints cut them."""
    arguments = json.dumps({"expression": expression})
    middle = len(arguments) // 2
    reply.start()
    reply.chunk({"role": "assistant", "content": None})
    call = {"index": 0, "id": "call_x", "type": "function", "function": {"name": "calculator", "arguments": ""}}
    reply.chunk({"tool_calls": [call]})
    for piece in (arguments[:middle], arguments[middle:]):
        reply.chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    reply.chunk({}, finish="tool_calls")
    reply.done()


def say(reply: Reply, *pieces: str) -> None:
    reply.start()
    for piece in pieces:
        reply.chunk({"content": piece})
    reply.chunk({}, finish="stop")
    reply.done()


def polite(request: Request, reply: Reply) -> None:
    """Calculates what the user wrote, then says what the tool found."""
    if "tools" in request:
        call_calculator(reply, request["messages"][-1]["content"])
    else:
        say(reply, "The tool ", "says ", request["messages"][-1]["content"])


@contextmanager
def openai_endpoint() -> Iterator[Endpoint]:
    """An endpoint on a free loopback port."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.requests.append({"path": self.path, **request})
            endpoint.authorizations.append(self.headers.get("Authorization", ""))
            try:
                endpoint.answer(request, Reply(self))
            except OSError:
                # Who asked has left: that is what timeouts are for.
                self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
