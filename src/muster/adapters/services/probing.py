"""All services asked at once, one thread each, and none waited for beyond its time.

A resolver cannot be interrupted, and a client library's own timeout bounds one read, not the whole exchange: a server
that sends a byte a second outlives it. So nobody trusts those timeouts here. The caller waits for each thread as long as
its service may take, then breaks the connection off and leaves the thread, a daemon, to itself.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from importlib import import_module
from threading import Thread

from muster.adapters.services.attempt import Attempt, ProbeFailure
from muster.adapters.services.connection import Resolve, open_connection, resolve_host
from muster.adapters.services.postgresql import ask_postgresql
from muster.adapters.services.redis_server import ask_redis
from muster.adapters.services.web import ask_http, ask_websocket
from muster.model.service import Answer, Inquiry

Ask = Callable[[Attempt, Resolve], str]
EXTRA = "pytest-muster[services]"


def ask_tcp(attempt: Attempt, resolve: Resolve) -> str:
    """Whether a TCP connection is taken."""
    open_connection(attempt, resolve).close()
    return f"{attempt.endpoint.place} took a connection"


def ask_dns(attempt: Attempt, resolve: Resolve) -> str:
    """Whether the name has an address."""
    addresses = sorted({str(address[0]) for _, address in resolve_host(attempt, resolve)})
    return f"{attempt.endpoint.host} is {', '.join(addresses)}"


_KINDS: dict[str, Ask] = {
    "postgresql": ask_postgresql,
    "redis": ask_redis,
    "http": ask_http,
    "websocket": ask_websocket,
    "tcp": ask_tcp,
    "dns": ask_dns,
}
_CLIENTS = {"postgresql": ("psycopg", "PostgreSQL"), "redis": ("redis", "Redis")}


class ThreadedServiceProbe:
    """Services asked over the network. `resolve` is what finds a host's addresses."""

    def __init__(self, resolve: Resolve = socket.getaddrinfo) -> None:
        self._resolve = resolve

    def ask(self, inquiries: Sequence[Inquiry]) -> list[Answer]:
        """What each service answers, in the order given: all at once, none for longer than its own timeout."""
        # Imported before the clocks run: on a busy machine a client's import alone can take a second.
        missing = {kind: _missing_client(kind) for kind in {inquiry.endpoint.kind for inquiry in inquiries}}
        attempts = [self._begin(inquiry, missing[inquiry.endpoint.kind]) for inquiry in inquiries]
        return [_await(attempt) for attempt in attempts]

    def _begin(self, inquiry: Inquiry, missing: str) -> Attempt:
        attempt = Attempt(inquiry)
        if missing:
            attempt.answer = Answer(missing, "client")
            attempt.done.set()
        else:
            Thread(target=self._make, args=(attempt,), name=f"muster-probe-{inquiry.name}", daemon=True).start()
        return attempt

    def _make(self, attempt: Attempt) -> None:
        try:
            attempt.answer = attempt.conclude(_KINDS[attempt.endpoint.kind](attempt, self._resolve))
        except ProbeFailure as failure:
            attempt.answer = attempt.conclude(str(failure), failure.failure)
        except TimeoutError:
            attempt.answer = attempt.conclude_timeout()
        except Exception as error:  # what a hostile server makes a client library raise is an answer too
            place = attempt.endpoint.place
            attempt.answer = attempt.conclude(f"{place}: {type(error).__name__}: {error}", "protocol")
        finally:
            attempt.done.set()


def _await(attempt: Attempt) -> Answer:
    try:
        if attempt.done.wait(attempt.left_s):
            return attempt.answer
        return attempt.conclude_timeout()
    finally:
        attempt.abandon()


def _missing_client(kind: str) -> str:
    """Why services of this kind cannot be asked, "" where they can."""
    if kind not in _CLIENTS:
        return ""
    module, service = _CLIENTS[kind]
    try:
        import_module(module)
    except ImportError as error:
        absent = getattr(error, "name", None) == module
        why = f"'{module}' is not installed" if absent else f"'{module}' does not import: {str(error).splitlines()[0]}"
        return f"no client for {service}: {why}; pip install '{EXTRA}'"
    return ""
