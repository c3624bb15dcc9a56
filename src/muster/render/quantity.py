"""Numbers as people read them."""

from __future__ import annotations

from datetime import datetime

from muster.model.report import Totals
from muster.render.escape import escape_text


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


def render_age(then: str, now: str) -> str:
    """`2 h ago`, for two times in ISO 8601."""
    try:
        seconds = max((datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds(), 0)
    except (ValueError, TypeError):
        return f"on {escape_text(then)}"
    for unit, length in (("days", 172_800), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // (86_400 if unit == 'days' else length):.0f} {unit} ago"
    return "just now"


def count_words(totals: Totals) -> list[str]:
    """`405 files`, `1 445 tests`, `56 files blocked (384 tests)` and what else there is to count."""
    counts = [render_quantity(totals.files, "file"), render_quantity(totals.tests, "test")]
    if totals.files_blocked:
        about = "about " if totals.estimated else ""
        blocked = f"{render_quantity(totals.files_blocked, 'file')} blocked"
        counts.append(f"{blocked} ({about}{render_quantity(totals.blocked_tests, 'test')})")
    if totals.lost_tests:
        counts.append(f"{render_quantity(totals.lost_tests, 'test')} lost")
    if totals.files_skipped:
        counts.append(f"{render_quantity(totals.files_skipped, 'file')} skipped")
    if totals.files_undecided:
        counts.append(f"{totals.files_undecided} undecided")
    if totals.deselected:
        counts.append(f"{render_count(totals.deselected)} deselected")
    return counts
