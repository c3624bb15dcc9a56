"""Token buckets: how many requests of one client are let through, without remembering each of them."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

_MOST_CLIENTS = 10_000


class Rates:
    """A bucket of `burst` for each client, which `rate` a second fill again; the clients seen longest ago are forgotten."""

    def __init__(self, rate: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str) -> int:
        """0 where `client` may go on, which is then counted, else the whole seconds after which it may try again."""
        return self._take(client, 1.0)

    def exhausted_s(self, client: str) -> int:
        """As `wait_s`, without counting."""
        return self._take(client, 0.0)

    def _take(self, client: str, amount: float) -> int:
        now = self._monotonic()
        left, then = self._buckets.get(client, (float(self._burst), now))
        left = min(left + (now - then) * self._rate, float(self._burst))
        if left < 1.0:
            return math.ceil((1.0 - left) / self._rate)
        self._buckets[client] = (left - amount, now)
        self._buckets.move_to_end(client)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0


def client_key(address: str) -> str:
    """What stands for all the addresses that one client has: of IPv6 it is given a whole /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(parsed) >> 64 << 64)) if isinstance(parsed, IPv6Address) else address
