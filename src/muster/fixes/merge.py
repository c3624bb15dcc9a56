"""Several fixes at once: their changes to one file are put together where they lie apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from muster.model.fix import FileChange, Fix

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_Hunk = tuple[int, int, tuple[bytes, ...]]


def merge_fixes(fixes: Iterable[Fix]) -> tuple[tuple[FileChange, ...], tuple[Fix, ...]]:
    """The changes of all `fixes` together, and those of them that are in; one that touches lines of an earlier one is left
    out."""
    merged: dict[str, FileChange] = {}
    taken: list[Fix] = []
    for fix in fixes:
        together = [_together(merged.get(change.path), change) for change in fix.changes]
        if fix.changes and all(each is not None for each in together):
            merged.update((each.path, each) for each in together if each is not None)
            taken.append(fix)
    return tuple(merged.values()), tuple(taken)


def _together(known: FileChange | None, change: FileChange) -> FileChange | None:
    """Both changes in one, None where they contend."""
    if known is None or known == change:
        return change
    if known.before is None or known.after is None or change.after is None or known.before != change.before:
        return None
    lines = _LINE.findall(known.before)
    ours, theirs = _hunks(lines, known.after), _hunks(lines, change.after)
    if any(_contend(one, other) for one in ours for other in theirs if one != other):
        return None
    hunks = sorted({*ours, *theirs})
    return FileChange(known.path, known.before, _patched(lines, hunks))


def _hunks(lines: list[bytes], after: bytes) -> list[_Hunk]:
    new = _LINE.findall(after)
    codes = SequenceMatcher(None, lines, new, autojunk=False).get_opcodes()
    return [(start, end, tuple(new[left:right])) for tag, start, end, left, right in codes if tag != "equal"]


def _contend(one: _Hunk, other: _Hunk) -> bool:
    """Whether two hunks overlap or touch."""
    return one[0] <= other[1] and other[0] <= one[1]


def _patched(lines: list[bytes], hunks: Sequence[_Hunk]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for start, end, replacement in hunks:
        pieces += [*lines[position:start], *replacement]
        position = end
    return b"".join([*pieces, *lines[position:]])
