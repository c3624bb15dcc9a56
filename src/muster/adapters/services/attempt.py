"""One attempt to reach a service: how far it has come, how long it may still take, and what ends it early."""

from __future__ import annotations

import contextlib
import socket
import time
from threading import Event, Lock

from muster.model.endpoint import Endpoint
from muster.model.service import Answer, Failure, Inquiry, Step

_WORDS: dict[Step, str] = {
    "dns": "an address from the resolver",
    "connect": "a connection",
    "tls": "the TLS handshake",
    "login": "the login",
    "answer": "an answer",
}
_LONGEST_MESSAGE = 500


class ProbeFailure(Exception):
    """What keeps a service from being up; `str()` says so with host and port, not yet masked."""

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure: Failure = failure


class Attempt:
    """One attempt, shared by the thread that makes it and the one that waits for it no longer than it may take."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.endpoint: Endpoint = inquiry.endpoint
        self.timeout_s = inquiry.timeout_s
        self.step: Step = "dns"
        self.done = Event()
        self.answer = Answer("")
        self.suspicion = ""
        self._begun = time.monotonic()
        self._lock = Lock()
        self._held: socket.socket | None = None
        self._is_abandoned = False

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._begun

    @property
    def left_s(self) -> float:
        """Seconds that it may still take; never below 0."""
        return max(0.0, self.timeout_s - self.elapsed_s)

    def next_wait_s(self) -> float:
        """Seconds for the next blocking call. Raises `TimeoutError` where there are none left."""
        left = self.left_s
        if not left:
            raise TimeoutError
        return left

    def hold(self, connection: socket.socket) -> None:
        """Have `connection` broken off once nobody waits for this attempt any more."""
        with self._lock:
            self._held = connection
            if self._is_abandoned:
                _break_off(connection)

    def abandon(self) -> None:
        """Nobody waits any more: whatever blocks on the connection that is held ends at once."""
        with self._lock:
            self._is_abandoned = True
            if self._held is not None:
                _break_off(self._held)

    def conclude(self, message: str, failure: Failure = "") -> Answer:
        """The answer, masked and of bounded length, at the step that was reached."""
        text = self.endpoint.mask(" ".join(message.split()))
        short = text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."
        return Answer(short, failure, self.step if failure else "", self.elapsed_s)

    def conclude_timeout(self) -> Answer:
        """The answer where the time is over. Of the resolver alone it is a failure of DNS, whatever ran out.

        A `suspicion` is what was seen meanwhile and explains the silence: that another protocol is spoken there.
        """
        if self.suspicion:
            return self.conclude(self.suspicion, "protocol")
        waited_for = _WORDS.get(self.step, "an answer")
        place = self.endpoint.place or self.endpoint.kind
        taken = "" if self.step in ("dns", "connect") else "took the connection, but "
        return self.conclude(
            f"{place} {taken}did not answer within {self.timeout_s:g} s: still waiting for {waited_for}",
            "dns" if self.step == "dns" else "timeout",
        )


def _break_off(connection: socket.socket) -> None:
    # Not `close`: the descriptor may be another file's by the time that the blocked thread looks at it.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
