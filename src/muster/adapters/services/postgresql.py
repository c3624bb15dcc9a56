"""PostgreSQL: connect through psycopg and `SELECT 1`."""

from __future__ import annotations

import contextlib
import math
import os
import re
import socket
import struct
from collections.abc import Iterator
from threading import Timer
from typing import Any

from muster.adapters.services.attempt import Attempt, ProbeFailure
from muster.adapters.services.connection import Resolve, open_connection
from muster.model.service import Failure

# What libpq and the server say, in the order in which it is looked for. Neither gives a code for a connection that
# failed (psycopg: `sqlstate` is None then), so the words have to do.
_FAILURES: tuple[tuple[Failure, str], ...] = (
    ("protocol", r"invalid response to (SSL|GSSAPI)|expected authentication request|unsupported frontend protocol"),
    ("url", r"invalid \S+ value|invalid connection option|invalid integer value"),
    ("dns", r"could not translate host name|failed to resolve host"),
    ("refused", r"Connection refused|No such file or directory"),
    (
        "authentication",
        r"authentication|no password supplied|pg_hba\.conf|role \S+ does not exist|SCRAM|not permitted to log in",
    ),
    ("tls", r"\bSSL\b|certificate|\bTLS\b"),
    ("timeout", r"timeout"),
    ("unreachable", r"No route to host|unreachable"),
    (
        "unhealthy",
        r"database \S+ does not exist|starting up|shutting down|recovery|too many|remaining connection slots",
    ),
    ("protocol", r"server closed the connection|lost synchronization"),
)
_DRIVER = re.compile(r"\Apostgres(?:ql)?\+?([A-Za-z0-9_.-]*)://", re.IGNORECASE)
_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_LEAST_TIMEOUT_S = 2  # below it libpq and psycopg take 2 seconds


def ask_postgresql(attempt: Attempt, resolve: Resolve) -> str:
    """What a PostgreSQL server says to `SELECT 1`, with its version."""
    import psycopg

    options: dict[str, Any] = {"connect_timeout": max(_LEAST_TIMEOUT_S, math.ceil(attempt.timeout_s))}
    if attempt.endpoint.host:
        options["hostaddr"] = _reach(attempt, resolve)
    attempt.step = "login"
    url = _as_libpq(attempt.endpoint.url)
    try:
        # autocommit: nothing to roll back, so nothing that could hang behind the answer
        with _doubt(attempt, options.get("hostaddr", "")):
            connection = psycopg.connect(url, autocommit=True, application_name="muster", **options)
    except psycopg.OperationalError as error:
        raise _failure(attempt, error) from error
    except psycopg.Error as error:
        raise ProbeFailure("url", f"the PostgreSQL client cannot use this url: {error}") from error
    try:
        return _select(attempt, connection)
    except psycopg.Error as error:
        raise ProbeFailure("unhealthy", f"{_place(attempt)} refused SELECT 1: {error}") from error
    finally:
        connection.close()


def _reach(attempt: Attempt, resolve: Resolve) -> str:
    """The address that takes a connection: what fails before PostgreSQL is even asked has names of its own."""
    with contextlib.closing(open_connection(attempt, resolve)) as connection:
        return str(connection.getpeername()[0])


@contextlib.contextmanager
def _doubt(attempt: Attempt, address: str) -> Iterator[None]:
    """Find out, while the login is silent for long, whether another protocol is spoken there.

    PostgreSQL's greeting has no line's end, so that Redis and many web servers wait for more until the time is over.
    """
    if not address:
        yield
        return
    timer = Timer(attempt.left_s / 2, _cross_examine, (attempt, address))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cross_examine(attempt: Attempt, address: str) -> None:
    """Greet as PostgreSQL's client does, then as nobody does: its server answers the first with one letter.

    The line's end is for web servers; Redis sees none behind the greeting's NUL, so it gets one without.
    """
    for greeting, silence_tells in ((_SSL_REQUEST + b"\r\n\r\n", True), (b"PING\r\n\r\n", False)):
        try:
            said = _exchange(attempt, address, greeting)
        except OSError:
            continue
        if said[:1] in (b"S", b"N", b"E"):
            return
        if said or silence_tells:
            words = f"it said {said.decode('latin-1').strip()!r}" if said else "it hung up on the greeting of one"
            attempt.suspicion = f"{_place(attempt)} is no PostgreSQL: {words}"
            return


def _exchange(attempt: Attempt, address: str, greeting: bytes) -> bytes:
    """The first words of the answer; empty where the connection is closed without any."""
    with socket.create_connection((address, attempt.endpoint.port), attempt.next_wait_s() / 3) as connection:
        connection.sendall(greeting)
        return connection.recv(80)


def _select(attempt: Attempt, connection: Any) -> str:
    attempt.step = "answer"
    # A copy of the descriptor: breaking it off is what ends a query that never returns.
    with socket.socket(fileno=os.dup(connection.fileno())) as held:
        attempt.hold(held)
        row = connection.execute("SELECT 1").fetchone()
    if row != (1,):
        raise ProbeFailure("protocol", f"{_place(attempt)} answered SELECT 1 with {row!r}")
    version = connection.info.parameter_status("server_version") or "of unknown version"
    return f"{_place(attempt)} answered SELECT 1: PostgreSQL {version}"


def _failure(attempt: Attempt, error: Any) -> ProbeFailure:
    text = str(error)
    failure: Failure = next((failure for failure, pattern in _FAILURES if re.search(pattern, text)), "")
    if not failure:
        # A server that speaks another language: libpq still knows that a password was asked for.
        asked = getattr(error.pgconn, "used_password", False) or getattr(error.pgconn, "needs_password", False)
        failure = "authentication" if asked else "unhealthy"
    if failure == "tls":
        attempt.step = "tls"
    reason = re.sub(r"^connection failed: |connection to server at .*? failed: ", "", text)
    return ProbeFailure(failure, f"{_place(attempt)}: {reason}")


def _place(attempt: Attempt) -> str:
    return attempt.endpoint.place or "PostgreSQL"


def _as_libpq(url: str) -> str:
    """The URL without SQLAlchemy's `+driver`, which libpq does not know, and with asyncpg's `ssl` under libpq's name."""
    driver = _DRIVER.match(url)
    if driver is None:
        return url
    rest = url[driver.end() :]
    if driver[1].lower() == "asyncpg":
        rest = re.sub(r"([?&])ssl=", r"\1sslmode=", rest)
    return f"postgresql://{rest}"
