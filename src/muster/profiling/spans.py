"""What happened within what: the intervals of a traced session as one tree, whose own seconds sum up to the process's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename

from muster.model.profile import Part
from muster.model.trace import ImportTiming, TracedSession

IsOwn = Callable[[str], bool]
"""Whether a file belongs to the project."""

_OF_PYTEST = frozenset(("pytest", "_pytest", "pluggy", "iniconfig", "py"))
_PLUGIN_LOADERS = re.compile(
    r"/importlib/metadata(?:/__init__)?\.py$|/_pytest/config/__init__\.py$|/pluggy/_manager\.py$"
)
_PYTEST_FILES = re.compile(r"/(?:_pytest|pytest|pluggy)/[^/]+(?:/[^/]+)*\.py$|^<muster")
_PHASES = (("start", "configure", "plugins and configuration"), ("collection", "collected", "collection"))


@dataclass(frozen=True, slots=True)
class Span:
    """An interval in which something happened, with what happened within it, in order."""

    part: Part
    name: str
    file: str
    start_s: float
    end_s: float
    children: tuple[Span, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end_s - self.start_s

    @property
    def own_s(self) -> float:
        """What it took without its children."""
        return self.seconds - sum(child.seconds for child in self.children)


@dataclass(slots=True)
class _Open:
    """A span in the making; `timing` is the import that it is, if it is one."""

    start: float
    end: float
    name: str
    file: str
    part: Part | None
    timing: ImportTiming | None = None
    children: list[Span] | None = None

    def closed(self, part: Part) -> Span:
        return Span(part, self.name, self.file, self.start, self.end, tuple(self.children or ()))


def span_tree(session: TracedSession, is_own: IsOwn) -> Span:
    """The whole process of `session` as one span. What other threads import beside the main one is part of what it did."""
    end = session.moments.get("end", session.collection.seconds or 0.0)
    root = _Open(0.0, end, "pytest", "", Part.PYTEST, children=[])
    stack: list[tuple[_Open, Part]] = [(root, Part.PYTEST)]
    collects_from = session.moments.get("collection", end)
    for each in sorted(_intervals(session, end), key=lambda each: (each.start, -each.end)):
        while len(stack) > 1 and each.start >= stack[-1][0].end:
            _close(stack)
        parent, inherited = stack[-1]
        # Clocks are read one after the other: what begins inside of a span ends there.
        each.end = max(each.start, min(each.end, parent.end))
        each.children = []
        inside = parent.timing is not None
        part = each.part or _part_of_import(each, inherited if inside else None, is_own, collects_from)
        stack.append((each, part))
    while len(stack) > 1:
        _close(stack)
    return root.closed(Part.PYTEST)


def every_span(root: Span) -> Iterator[Span]:
    """`root` and all below it."""
    waiting = [root]
    while waiting:
        span = waiting.pop()
        yield span
        waiting.extend(reversed(span.children))


def seconds_by_part(root: Span) -> dict[Part, float]:
    """The own seconds of all spans by what they were spent on; together those of `root`."""
    found = dict.fromkeys(Part, 0.0)
    for span in every_span(root):
        found[span.part] += span.own_s
    return found


def _close(stack: list[tuple[_Open, Part]]) -> None:
    done, part = stack.pop()
    parent = stack[-1][0]
    assert parent.children is not None
    parent.children.append(done.closed(part))


def _intervals(session: TracedSession, end: float) -> Iterator[_Open]:
    moments = session.moments
    if "start" in moments:
        yield _Open(0.0, moments["start"], "start of the interpreter", "", Part.INTERPRETER)
    if "exit" in moments:
        yield _Open(moments["exit"], end, "end of the interpreter", "", Part.INTERPRETER)
    for first, last, name in _PHASES:
        if first in moments and last in moments:
            yield _Open(moments[first], moments[last], name, "", Part.PYTEST)
    for path, start in session.file_starts.items():
        yield _Open(start, start + session.file_seconds[path], path, path, Part.PYTEST)
    for step in session.steps:
        part = Part.REWRITING if step.kind == "rewriting" else Part.PARAMETERS
        yield _Open(step.at_s, step.at_s + step.seconds, step.name, "", part)
    yield from _imports(session.imports)


def _imports(timings: Iterable[ImportTiming]) -> Iterator[_Open]:
    for timing in timings:
        if timing.in_main_thread:
            yield _Open(timing.at_s, timing.at_s + timing.seconds, timing.name, timing.file, None, timing)


def _part_of_import(each: _Open, inherited: Part | None, is_own: IsOwn, collects_from: float) -> Part:
    """What an import counts as: what plugins and pytest itself pull in is theirs, everything else is told by its file."""
    timing = each.timing
    assert timing is not None
    if inherited in (Part.PYTEST, Part.PLUGINS):
        return inherited
    if basename(timing.file) == "conftest.py":
        return Part.CONFTESTS
    if inherited is None:
        if timing.name.partition(".")[0] in _OF_PYTEST:
            return Part.PYTEST
        asker = timing.asker.path
        of_pytest = bool(_PYTEST_FILES.search(asker)) or not (is_own(asker) or "/site-packages/" in asker)
        if _PLUGIN_LOADERS.search(asker) or (each.start < collects_from and not of_pytest):
            return Part.PLUGINS
        if of_pytest and not is_own(timing.file):
            return Part.PYTEST
    return Part.FIRST_PARTY if is_own(timing.file) else Part.THIRD_PARTY
