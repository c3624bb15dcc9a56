"""A service that tests need, and how it answered: what the preflight says, as values that hold no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from muster.model.endpoint import Endpoint

SERVICES_SCHEMA_NAME = "muster.services/1"
UNREACHABLE, MISCONFIGURED = "M601", "M602"

ServiceState = Literal["up", "down", "skipped"]
Failure = Literal[
    "",
    # M601: asked, and it did not answer as it should
    "dns", "refused", "unreachable", "timeout", "tls", "authentication", "protocol", "unhealthy", "start",
    # M602: not asked at all
    "variable", "url", "client",
]  # fmt: skip
Step = Literal["", "dns", "connect", "tls", "login", "answer", "start"]


class ServiceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one service answered. No field holds a password, token or key: they are `***` everywhere.

    `state` is `up`, `down`, or `skipped`: down, and its `on_missing` says to skip what needs it. `code` is the cause,
    "" where it is up: `M601` (unreachable) or `M602` (misconfigured: nothing was tried). `failure` is what went wrong,
    `step` how far the probe had come then, so a `timeout` says of what. `message` is one sentence with host and port.
    `start` is the command that starts it, `started` whether we did. `seconds` is what the last attempt took.
    """

    name: str
    state: ServiceState
    message: str
    kind: str = ""
    url: str = ""
    host: str = ""
    port: int | None = None
    code: str = ""
    failure: Failure = ""
    step: Step = ""
    seconds: float = 0.0
    start: str = ""
    started: bool = False
    on_missing: Literal["fail", "skip"] = "fail"

    @property
    def is_up(self) -> bool:
        """Whether it answered."""
        return self.state == "up"

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class ServicesReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster services --format json` prints: the services that were asked, in the order of the settings."""

    schema: Literal["muster.services/1"]
    muster: str
    root: str
    started_at: str
    seconds: float
    categories: tuple[str, ...]
    services: tuple[ServiceStatus, ...]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to a service: does what stands at `endpoint` answer within `timeout_s`?"""

    name: str
    endpoint: Endpoint
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe saw: an empty `failure` means that it answered. `message` is masked already."""

    message: str
    failure: Failure = ""
    step: Step = ""
    seconds: float = 0.0
