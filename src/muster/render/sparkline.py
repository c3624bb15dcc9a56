"""Numbers over time in one line of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], *, width: int, floor: float | None = None) -> str:
    """A bar for each of `values`, or for the largest of each of `width` equal shares of them.

    The lowest bar is `floor`, by default the least of the values, the highest the largest. All alike are lowest bars.
    """
    shares = _shares(values, width)
    if not shares:
        return ""
    least, most = min(shares) if floor is None else floor, max(shares)
    span = most - least
    if span <= 0:
        return _BARS[0] * len(shares)
    return "".join(_BARS[round(max(value - least, 0) / span * (len(_BARS) - 1))] for value in shares)


def _shares(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    edges = [position * len(values) // width for position in range(width + 1)]
    return [max(values[start:end]) for start, end in pairwise(edges)]
