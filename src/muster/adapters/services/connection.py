"""A host's addresses, a TCP connection and TLS over it, each failing in words of its own."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from muster.adapters.services.attempt import Attempt, ProbeFailure

Address = tuple[Any, ...]
Resolve = Callable[..., Sequence[tuple[Any, Any, int, str, Address]]]


def resolve_host(attempt: Attempt, resolve: Resolve) -> list[tuple[int, Address]]:
    """The addresses of the endpoint's host, as `(family, address)`. Raises `ProbeFailure` where it has none."""
    attempt.step = "dns"
    host = attempt.endpoint.host
    try:
        found = resolve(host, attempt.endpoint.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ProbeFailure("dns", f"'{host}' has no address: {error.strerror or error}") from error
    except (UnicodeError, ValueError) as error:  # a label that is empty or too long, a name with a NUL
        raise ProbeFailure("dns", f"'{host}' is no valid host name") from error
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    if not addresses:
        raise ProbeFailure("dns", f"'{host}' has no address")
    return addresses


def open_connection(attempt: Attempt, resolve: Resolve) -> socket.socket:
    """A TCP connection to the first of the host's addresses that takes one.

    Each address gets an equal share of what time is left: a black hole in front does not starve a sound one behind it.
    """
    addresses = resolve_host(attempt, resolve)
    attempt.step = "connect"
    failures: list[OSError] = []
    for position, (family, address) in enumerate(addresses):
        try:
            return _connect(attempt, family, address, attempt.next_wait_s() / (len(addresses) - position))
        except OSError as error:  # an address family that this machine does not have, too
            failures.append(error)
    raise _connect_failure(attempt, failures)


def _connect(attempt: Attempt, family: int, address: Address, wait_s: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(wait_s)
        attempt.hold(connection)
        connection.connect(address)
        connection.settimeout(attempt.next_wait_s())
    except OSError:
        connection.close()
        raise
    return connection


def secure(attempt: Attempt, connection: socket.socket) -> ssl.SSLSocket:
    """TLS over `connection`, its certificate verified against the system's (or `SSL_CERT_FILE`'s) authorities."""
    attempt.step = "tls"
    connection.settimeout(attempt.next_wait_s())
    try:
        secured = ssl.create_default_context().wrap_socket(connection, server_hostname=attempt.endpoint.host)
    except TimeoutError:
        raise
    except OSError as error:
        raise ProbeFailure("tls", f"{attempt.endpoint.place}: {describe_tls(error)}") from error
    attempt.hold(secured)
    secured.settimeout(attempt.next_wait_s())
    return secured


def describe_tls(error: BaseException) -> str:
    """What went wrong in a TLS handshake, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNEXPECTED_MESSAGE"):
            return "it speaks no TLS there"
        return f"the TLS handshake failed: {(error.reason or str(error)).lower().replace('_', ' ')}"
    return "it closed the connection during the TLS handshake"


def _connect_failure(attempt: Attempt, failures: Sequence[OSError]) -> Exception:
    """What the failures at all addresses come to: the most telling of them."""
    place = attempt.endpoint.place
    if any(isinstance(error, ConnectionRefusedError) for error in failures):
        return ProbeFailure("refused", f"{place} refused the connection: nothing listens there")
    if any(isinstance(error, TimeoutError) and error.errno != errno.EHOSTUNREACH for error in failures):
        return TimeoutError()
    reason = failures[-1].strerror or str(failures[-1]) if failures else "no address"
    return ProbeFailure("unreachable", f"{place} cannot be reached: {reason}")
