"""How a child ends that should have answered."""

from __future__ import annotations

import signal
from dataclasses import dataclass


class ChildLost(Exception):
    """The child ended, or did not answer in time and was killed; the text says which."""


@dataclass(frozen=True, slots=True)
class ChildDied:
    """The child ended, or was ended, before it answered: `reason` in words, `stderr` its last words."""

    reason: str
    stderr: str
    timed_out: bool = False


def signal_name(number: int) -> str:
    """What the signal is called that ended a child."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
