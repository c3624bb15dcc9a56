"""The charts, read as their viewers read them; the names in them are a project's, and hostile."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import msgspec

from muster.model.profile import Part
from muster.model.profile_report import PartSeconds, ProfileReport
from muster.profiling.spans import Span
from muster.render.flame import render_flame
from muster.render.layout import Canvas
from muster.render.profile import render_profile
from muster.render.traces import render_perfetto, render_speedscope

DATA = Path(__file__).parents[2] / "src/muster/data"
HOSTILE = "</svg><script>alert(1)</script>\x1b[31m\u202e\udc80\"'&"
INNER = Span(Part.THIRD_PARTY, HOSTILE, f"/env/{HOSTILE}.py", 0.25, 0.75)
ROOT = Span(
    Part.PYTEST,
    "pytest",
    "",
    0.0,
    2.0,
    (
        Span(Part.FIRST_PARTY, "tests/test_a.py", "/r/tests/test_a.py", 0.25, 1.0, (INNER,)),
        Span(Part.PLUGINS, "p", "", 1.0, 1.0),
    ),
)
REPORT = ProfileReport(
    schema="muster.profile/1", muster="0", root="/r", command=f"pytest {HOSTILE}", seconds=2.0, budget=None, tests=0, failed=0,
    parts=(PartSeconds(part="pytest", seconds=2.0),), modules=(), files=(), heavy=(), causes=(), deferrals=(), together=None,
    patch="", applied=(), notes=(HOSTILE,),
)  # fmt: skip


class Frame(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    file: str = ""
    line: int = 0
    col: int = 0


class Shared(msgspec.Struct, forbid_unknown_fields=True):
    frames: list[Frame]


class Event(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["O", "C"]
    frame: int
    at: float


class Evented(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["evented"]
    name: str
    unit: Literal["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]
    startValue: float  # because that is how the format spells it
    endValue: float  # because that is how the format spells it
    events: list[Event]


class Speedscope(msgspec.Struct, forbid_unknown_fields=True, rename={"schema": "$schema"}):
    """What its file-format-schema.json allows, for the kind of profile that is written."""

    schema: Literal["https://www.speedscope.app/file-format-schema.json"]
    shared: Shared
    profiles: list[Evented]
    name: str = ""
    exporter: str = ""
    activeProfileIndex: int = 0  # because that is how the format spells it


def test_speedscope_gets_well_nested_events_in_order() -> None:
    file = msgspec.json.decode(render_speedscope(ROOT, HOSTILE), type=Speedscope)
    (profile,) = file.profiles
    assert [event.at for event in profile.events] == sorted(event.at for event in profile.events)
    assert profile.startValue <= profile.events[0].at
    assert profile.events[-1].at <= profile.endValue
    stack = []
    for event in profile.events:
        assert 0 <= event.frame < len(file.shared.frames)
        if event.type == "O":
            stack.append(event.frame)
        else:
            assert stack.pop() == event.frame
    assert stack == []
    assert [frame.name for frame in file.shared.frames][:2] == ["pytest", "tests/test_a.py"]


def test_trace_events_are_complete_and_within_their_parents() -> None:
    file = json.loads(render_perfetto(ROOT, HOSTILE))
    assert set(file) == {"displayTimeUnit", "traceEvents"}
    events = [event for event in file["traceEvents"] if event["ph"] == "X"]
    assert len(events) == 4
    for event in events:
        assert set(event) == {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args"}
        assert event["dur"] >= 0
    outer, file_, inner, _ = events
    assert outer["ts"] <= file_["ts"] <= inner["ts"]
    assert inner["ts"] + inner["dur"] <= file_["ts"] + file_["dur"] <= outer["ts"] + outer["dur"] == 2e6


class Page(HTMLParser):
    """What a page loads, and the scripts in it."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            f"{key}={value}" for key, value in attrs if key in ("src", "href", "style") or key.startswith("on")
        ]


def test_the_page_loads_nothing_and_names_stay_text() -> None:
    style, script = ((DATA / name).read_text(encoding="utf-8") for name in ("flame.css", "flame.js"))
    source = render_flame(ROOT, REPORT, style, script)
    page = Page()
    page.feed(source)
    assert page.loads == []
    assert page.tags.count("script") == 1
    assert "default-src &#39;none&#39;" in source
    assert not re.search("[\x1b\u202e\udc80]", source)
    assert page.tags.count("rect") == 3  # what takes no time is not drawn
    assert "http:" not in style + script
    assert "https:" not in style + script


def test_a_terminal_is_never_addressed() -> None:
    assert not re.search("[\x1b\u202e\udc80]", render_profile(REPORT, Canvas()))
