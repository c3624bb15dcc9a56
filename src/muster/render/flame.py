"""The spans of a collection as a chart on one page that loads nothing: time runs to the right, what is within lies below.

Names of the project are text.
"""

from __future__ import annotations

from collections.abc import Iterator

from muster.model.profile import Part
from muster.model.profile_report import ProfileReport
from muster.profiling.spans import Span
from muster.render.markup import Child, Markup, element
from muster.render.quantity import render_quantity
from muster.render.standalone_page import standalone_page

_WIDTH, _ROW = 1200.0, 18
_LEAST_WIDTH = 0.4
"""What would be narrower is left out: nobody could see it."""

_CHARACTER = 6.6
_TITLES = {
    Part.INTERPRETER: "interpreter",
    Part.PYTEST: "pytest",
    Part.PLUGINS: "plugins",
    Part.CONFTESTS: "conftests",
    Part.FIRST_PARTY: "first-party imports",
    Part.THIRD_PARTY: "third-party imports",
    Part.REWRITING: "rewriting of asserts",
    Part.PARAMETERS: "generated parameters",
}


def render_flame(root: Span, report: ProfileReport, style: str, script: str) -> str:
    """`root` as a whole document; `style` and `script` are files of ours."""
    return standalone_page(f"Muster profile: {report.command}", _body(root, report), style, script)


def _body(root: Span, report: ProfileReport) -> Iterator[Child]:
    counts = f"{render_quantity(len(report.files), 'file')}, {render_quantity(report.tests, 'test')}"
    yield element("h1", {}, f"{report.seconds:.2f} s to collect")
    yield element("p", {}, element("code", {}, report.command), f" · {counts}")
    yield element("ul", {"class": "parts"}, *(_part(part.part, part.seconds) for part in report.parts))
    yield element("p", {"id": "hint"}, "Click a bar to see it at full width, and the first bar to see all again.")
    yield _chart(root)


def _part(part: str, seconds: float) -> Markup:
    return element("li", {"class": f"part-{part}"}, f"{_TITLES[Part(part)]} {seconds:.2f} s")


def _chart(root: Span) -> Markup:
    bars = list(_bars(root, root.seconds or 1.0))
    depth = max(level for level, _ in bars) + 1
    attributes = {
        "viewBox": f"0 0 {_WIDTH:.0f} {depth * _ROW}",
        "role": "img",
        "aria-label": "the spans of the collection, nested",
        "id": "chart",
    }
    return element("svg", attributes, *(bar for _, bar in bars))


def _bars(root: Span, whole_s: float) -> Iterator[tuple[int, Markup]]:
    waiting = [(0, root)]
    while waiting:
        level, span = waiting.pop()
        width = span.seconds / whole_s * _WIDTH
        if width < _LEAST_WIDTH:
            continue
        yield level, _bar(level, span, span.start_s / whole_s * _WIDTH, width)
        waiting.extend((level + 1, child) for child in reversed(span.children))


def _bar(level: int, span: Span, left: float, width: float) -> Markup:
    place = f"\n{span.file}" if span.file and span.file != span.name else ""
    title = f"{span.name}  {span.seconds:.3f} s, {span.own_s:.3f} s of its own  ({_TITLES[span.part]}){place}"
    fitting = int(width / _CHARACTER)
    name = span.name if len(span.name) <= fitting else span.name[: fitting - 1] + "…" if fitting > 3 else ""
    box = {"x": f"{left:.2f}", "y": str(level * _ROW), "width": f"{width:.2f}", "height": str(_ROW - 1)}
    label = {"x": f"{left + 3:.2f}", "y": str(level * _ROW + 12)}
    return element(
        "g",
        {"class": f"part-{span.part}", "data-name": span.name, "tabindex": "0"},
        element("title", {}, title),
        element("rect", box),
        element("text", label, name),
    )
