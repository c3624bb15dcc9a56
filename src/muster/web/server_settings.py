"""How the server stands to the network: where it listens, under which names it answers, and what it takes at most."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

_LOOPBACK_NAMES = ("localhost",)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where `muster serve` listens and what it lets through. `rate` is requests a second of one client, `burst` how many at once.

    `names` are the host names under which it is reached besides its own address, those of a proxy before it for example.
    `behind_tls` says that browsers reach it by HTTPS: their cookies then never travel in the clear.
    """

    host: str = "127.0.0.1"
    port: int = 8750
    names: tuple[str, ...] = ()
    behind_tls: bool = False
    max_body_bytes: int = 16 * 2**20
    body_timeout_s: float = 30.0
    rate: float = 50.0
    burst: int = 400
    failures_per_s: float = 0.2
    failures_burst: int = 20

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it: the one case in which pages are shown without a token."""
        return is_loopback(self.host) and all(is_loopback(name) for name in self.names)

    @property
    def answers_to(self) -> frozenset[str]:
        """The hosts that a request may name. Any other is a page elsewhere that had its own name resolve to us (DNS rebinding)."""
        own = ("localhost", "127.0.0.1", "::1") if is_loopback(self.host) else ()
        return frozenset(name.lower().strip("[]") for name in (self.host, *own, *self.names))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine and nothing else. A name that would have to be looked up is not."""
    if host.lower() in _LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
