"""What the server's commands need besides the memory."""

from __future__ import annotations

from muster.adapters.clock import SystemClock


def current_time() -> str:
    """The time now, ISO 8601 with seconds, UTC."""
    return SystemClock().now()
