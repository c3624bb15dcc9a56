"""Input and output at import time, put together by the statement of the project that leads to it."""

from __future__ import annotations

from collections.abc import Sequence

from muster.model.profile import ObservedEffect
from muster.model.trace import Change
from muster.profiling.spans import IsOwn

_KINDS = frozenset(("socket", "process", "sleep"))


def observed_effects(changes: Sequence[Change], is_own: IsOwn) -> tuple[ObservedEffect, ...]:
    """Every statement of the project that led to input or output while a file was collected, in the order of the session."""
    found: dict[tuple[str, str, int], ObservedEffect] = {}
    for change in changes:
        chain = tuple((frame.path, frame.line) for frame in change.frames if is_own(frame.path))
        if change.kind not in _KINDS or not chain:
            continue
        key = (change.kind, *chain[-1])
        known = found.get(key)
        if known is not None:
            found[key] = ObservedEffect(
                known.kind, (*known.values, change.value), known.chain, known.during, known.beyond
            )
            continue
        last = change.frames[-1].path
        beyond = "" if is_own(last) else last.rpartition("site-packages/")[2].partition("/")[0].removesuffix(".py")
        found[key] = ObservedEffect(change.kind, (change.value,), chain, change.during or chain[0][0], beyond)
    return tuple(found.values())
