"""Records as CSV (RFC 4180) that a spreadsheet reads as text and numbers, never as formulas."""

from __future__ import annotations

from collections.abc import Iterable

from muster.model.memory import RecordSummary
from muster.render.escape import escape_text

# What a spreadsheet takes for the beginning of a formula; full-width forms count in some (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def render_records(records: Iterable[RecordSummary]) -> str:
    """A line for each of `records` behind one with their keys; lines end with CR LF."""
    keys = RecordSummary.__struct_fields__
    lines = [",".join(keys), *(",".join(_cell(getattr(record, key)) for key in keys) for record in records)]
    return "".join(f"{line}\r\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = escape_text(str(value))
    text = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + text.replace('"', '""') + '"' if text else ""
