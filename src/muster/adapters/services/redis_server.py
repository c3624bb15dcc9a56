"""Redis: log in and `PING` through redis-py."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from muster.adapters.services.attempt import Attempt, ProbeFailure
from muster.adapters.services.connection import Resolve, describe_tls, open_connection
from muster.model.service import Failure

_LOGIN_WORDS = ("NOAUTH", "WRONGPASS", "NOPERM", "invalid password", "without any password configured", "AUTH")


def ask_redis(attempt: Attempt, resolve: Resolve) -> str:
    """What a Redis server says to `PING`."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    with contextlib.closing(open_connection(attempt, resolve)):
        pass
    attempt.step = "tls" if attempt.endpoint.tls else "login"
    wait_s = attempt.next_wait_s()
    try:
        client = redis.Redis.from_url(
            attempt.endpoint.url,
            socket_timeout=wait_s,
            socket_connect_timeout=wait_s,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=lambda connection: _log_in(attempt, connection),
        )
    except (ValueError, TypeError) as error:
        raise ProbeFailure("url", f"the Redis client cannot use this url: {error}") from error
    try:
        with contextlib.closing(client):
            client.ping()
    except redis.TimeoutError as error:
        raise TimeoutError from error
    except (redis.RedisError, OSError, UnicodeError) as error:
        raise _failure(attempt, error) from error
    return f"{attempt.endpoint.place} answered PING"


def _log_in(attempt: Attempt, connection: Any) -> None:
    """What redis-py does on a fresh connection, which is held first: its own timeout bounds one read, not all of them."""
    if (held := getattr(connection, "_sock", None)) is not None:
        attempt.hold(held)
    attempt.step = "login"
    connection.on_connect()
    attempt.step = "answer"


def _failure(attempt: Attempt, error: Exception) -> Exception:
    import redis

    chain = list(_chain(error))
    place, text = attempt.endpoint.place, str(error)
    for cause in chain:
        if isinstance(cause, TimeoutError):
            return TimeoutError()
        if isinstance(cause, ssl.SSLError):
            attempt.step = "tls"
            return ProbeFailure("tls", f"{place}: {describe_tls(cause)}")
    failure: Failure = "protocol"
    if isinstance(error, (redis.AuthenticationError, redis.exceptions.NoPermissionError)) or text.startswith(
        _LOGIN_WORDS
    ):
        failure = "authentication"
    elif isinstance(error, redis.BusyLoadingError) or (
        isinstance(error, redis.ResponseError) and not isinstance(error, redis.InvalidResponse)
    ):
        failure = "unhealthy"
    return ProbeFailure(failure, f"{place}: {text}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """`error` and what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
