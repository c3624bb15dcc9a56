"""The real clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The time of this machine."""

    def now(self) -> str:
        """The time now, ISO 8601 with seconds, UTC."""
        return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()
