"""Durations as text: one or more numbers with a unit.

duration = ( number ( "ms" | "s" | "m" | "h" ) )+          "10s", "1m30s", "250ms", "1.5h"
"""

from __future__ import annotations

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float | None:
    """The seconds in `text`, or None where it is no duration."""
    compact = text.replace(" ", "")
    seconds, position = 0.0, 0
    for part in _PART.finditer(compact):
        if part.start() != position:
            return None
        seconds += float(part[1]) * _SECONDS[part[2]]
        position = part.end()
    return seconds if compact and position == len(compact) else None
