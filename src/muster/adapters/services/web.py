"""HTTP health and the WebSocket handshake (RFC 6455, 4.1), over the standard library."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import os
import socket
from urllib.parse import quote

from muster import __version__
from muster.adapters.services.attempt import Attempt, ProbeFailure
from muster.adapters.services.connection import Resolve, open_connection, secure

_ACCEPT_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE_FRAME = b"\x88\x80"  # final, close, masked, empty; the mask of no bytes follows
_REFUSED_LOGINS = (401, 403, 407)


def ask_http(attempt: Attempt, resolve: Resolve) -> str:
    """What an HTTP server says to `GET PATH`: below 400 it is up. Redirects are not followed, proxies not used."""
    with contextlib.closing(_connect(attempt, resolve)) as connection:
        response = _request(attempt, connection, {"Accept": "*/*", "Connection": "close"})
        place, status = attempt.endpoint.place, f"{response.status} {response.reason}".strip()
        if response.status in _REFUSED_LOGINS:
            raise ProbeFailure("authentication", f"{place} answered {status}")
        if response.status >= 400:
            raise ProbeFailure("unhealthy", f"{place} answered {status}")
        return f"{place} answered {status}"


def ask_websocket(attempt: Attempt, resolve: Resolve) -> str:
    """What a WebSocket server says to an opening handshake; a connection that opens is closed again."""
    key = base64.b64encode(os.urandom(16))
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key.decode(),
        "Sec-WebSocket-Version": "13",
    }
    with contextlib.closing(_connect(attempt, resolve)) as connection:
        response = _request(attempt, connection, headers)
        _judge_handshake(attempt, response, key)
        with contextlib.suppress(OSError):
            connection.sendall(_CLOSE_FRAME + os.urandom(4))
        return f"{attempt.endpoint.place} opened a WebSocket"


def _judge_handshake(attempt: Attempt, response: http.client.HTTPResponse, key: bytes) -> None:
    place, status = attempt.endpoint.place, f"{response.status} {response.reason}".strip()
    if response.status in _REFUSED_LOGINS:
        raise ProbeFailure("authentication", f"{place} answered {status}")
    if response.status >= 500:
        raise ProbeFailure("unhealthy", f"{place} answered {status}")
    if response.status != http.client.SWITCHING_PROTOCOLS:
        raise ProbeFailure("protocol", f"{place} answered {status} in place of opening a WebSocket")
    # The handshake prescribes SHA-1: it proves that the server understood, and protects nothing.
    expected = base64.b64encode(hashlib.sha1(key + _ACCEPT_KEY, usedforsecurity=False).digest()).decode()
    if response.getheader("Sec-WebSocket-Accept", "").strip() != expected:
        raise ProbeFailure("protocol", f"{place} switched protocols without understanding the WebSocket handshake")


def _connect(attempt: Attempt, resolve: Resolve) -> socket.socket:
    connection = open_connection(attempt, resolve)
    try:
        return secure(attempt, connection) if attempt.endpoint.tls else connection
    except BaseException:
        connection.close()
        raise


def _request(attempt: Attempt, connection: socket.socket, headers: dict[str, str]) -> http.client.HTTPResponse:
    """The head of the answer. Its body is never read."""
    attempt.step = "answer"
    endpoint = attempt.endpoint
    query = f"?{endpoint.query}" if endpoint.query else ""
    client = http.client.HTTPConnection(endpoint.host, endpoint.port)
    client.sock = connection
    if endpoint.user or endpoint.password:
        credentials = f"{endpoint.user}:{endpoint.password}".encode()
        headers = {**headers, "Authorization": f"Basic {base64.b64encode(credentials).decode()}"}
    try:
        client.request(
            "GET",
            quote((endpoint.path or "/") + query, safe="/?#[]@!$&'()*+,;=:%~"),
            headers={"User-Agent": f"muster/{__version__}", **headers},
        )
        return client.getresponse()
    except TimeoutError:
        raise
    except http.client.RemoteDisconnected as error:
        raise ProbeFailure("protocol", f"{endpoint.place} closed the connection without an answer") from error
    except (http.client.HTTPException, ValueError) as error:
        raise ProbeFailure("protocol", f"{endpoint.place} speaks no HTTP: {_describe(error)}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ProbeFailure("protocol", f"{endpoint.place} broke the connection off: {reason}") from error


def _describe(error: Exception) -> str:
    if isinstance(error, http.client.BadStatusLine):
        return f"it said {str(error)[:60]!r}"
    return f"{type(error).__name__}: {str(error)[:120]}"
