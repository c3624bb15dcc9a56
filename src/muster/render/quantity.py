"""Numbers as people read them."""

from __future__ import annotations


def render_count(number: int) -> str:
    """`number` with thousands apart: `1 445`."""
    return f"{number:,}".replace(",", " ")


def render_quantity(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{render_count(number)} {noun}" if number == 1 else f"{render_count(number)} {noun}s"


def render_seconds(seconds: float) -> str:
    """`0.42 s`, `1.4 s`, `95 s`."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds:.0f} s"
