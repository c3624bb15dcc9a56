"""The spans of a collection for the viewers of others: speedscope's evented profile, and the trace events of Chrome and Perfetto.

speedscope: an object with `$schema`, `shared.frames` and `profiles`, whose events open (`O`) and close (`C`) frames by their
index, in order of time and properly nested. Trace events: an object with `traceEvents`, of which `X` is a complete event
with `ts` and `dur` in microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from muster.profiling.spans import Span, every_span
from muster.render.escape import escape_text

_SPEEDSCOPE = "https://www.speedscope.app/file-format-schema.json"


def render_speedscope(root: Span, title: str) -> str:
    """The spans below `root` as speedscope reads them."""
    frames: dict[tuple[str, str], int] = {}
    events: list[dict[str, Any]] = []
    for kind, span in _events(root):
        frame = frames.setdefault((span.name, span.file), len(frames))
        at = span.start_s if kind == "O" else span.end_s
        events.append({"type": kind, "frame": frame, "at": at})
    profile = {
        "type": "evented",
        "name": escape_text(title),
        "unit": "seconds",
        "startValue": root.start_s,
        "endValue": root.end_s,
        "events": events,
    }
    shared = {"frames": [_frame(name, file) for name, file in frames]}
    file = {"$schema": _SPEEDSCOPE, "name": escape_text(title), "exporter": "muster", "activeProfileIndex": 0}
    return json.dumps({**file, "shared": shared, "profiles": [profile]}) + "\n"


def render_perfetto(root: Span, title: str) -> str:
    """The spans below `root` as `chrome://tracing` and Perfetto read them."""
    named = {"name": "process_name", "ph": "M", "pid": 1, "tid": 1, "args": {"name": escape_text(title)}}
    events = [
        {
            "name": escape_text(span.name),
            "cat": span.part.value,
            "ph": "X",
            "ts": span.start_s * 1e6,
            "dur": span.seconds * 1e6,
            "pid": 1,
            "tid": 1,
            "args": {"file": escape_text(span.file)},
        }
        for span in every_span(root)
    ]
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": [named, *events]}) + "\n"


def _frame(name: str, file: str) -> dict[str, str]:
    frame = {"name": escape_text(name)}
    return {**frame, "file": escape_text(file)} if file else frame


def _events(root: Span) -> Iterator[tuple[str, Span]]:
    waiting = [("O", root)]
    while waiting:
        kind, span = waiting.pop()
        yield kind, span
        if kind == "O":
            waiting.append(("C", span))
            waiting.extend(("O", child) for child in reversed(span.children))
