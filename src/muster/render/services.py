"""How the services answered, for a person at a terminal. `muster run` shows the same lines before its tests."""

from __future__ import annotations

from collections.abc import Sequence

from muster.model.service import ServicesReport, ServiceStatus
from muster.render.escape import cell_width, escape_text
from muster.render.layout import Canvas, Tone, labelled, pack_segments, with_remark, wrap_words
from muster.render.quantity import render_quantity, render_seconds

_TONES = {"up": Tone.GOOD, "down": Tone.ERROR, "skipped": Tone.WARNING}
_INDENT = 2
_STATE_WIDTH = 8
_LABEL_WIDTH = 6


def render_services(report: ServicesReport, canvas: Canvas) -> str:
    """All services as lines that fit `canvas`: the counts, each service, and what to do; with a final newline."""
    lines = [*_summary(report, canvas), "", *render_statuses(report.services, canvas), "", *_conclusion(report, canvas)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_statuses(statuses: Sequence[ServiceStatus], canvas: Canvas) -> list[str]:
    """One service after the other."""
    return [line for status in statuses for line in _status(status, canvas)]


def _summary(report: ServicesReport, canvas: Canvas) -> list[str]:
    states = [status.state for status in report.services]
    counts = [render_quantity(len(states), "service")]
    counts += [f"{states.count(state)} {state}" for state in ("up", "down", "skipped") if state in states]
    counts.append(f"asked in {render_seconds(report.seconds)}")
    subject = escape_text(", ".join(report.categories) or "services")
    head, *rest = wrap_words(subject, canvas.measure)
    lines = pack_segments([head, *rest, *counts], "   ", canvas.measure)
    return [canvas.paint(head, Tone.STRONG) + lines[0].removeprefix(head), *lines[1:]]


def _status(status: ServiceStatus, canvas: Canvas) -> list[str]:
    """The service with its state, what it answered, and where it is not up how to start it."""
    name = escape_text(status.name)
    plain = " " * _INDENT + status.state.ljust(_STATE_WIDTH) + " " + name
    painted = " " * _INDENT + canvas.paint(status.state.ljust(_STATE_WIDTH), _TONES[status.state]) + " " + name
    remark = escape_text(f"{status.code}  {status.failure}") if status.code else render_seconds(status.seconds)
    lines = with_remark(canvas, [painted], [cell_width(plain)], remark, _TONES[status.state], _INDENT)
    lines += _row(canvas, "", status.message)
    if status.url:
        lines += _row(canvas, "url", status.url)
    if status.started:
        lines += _row(canvas, "start", f"{status.start}  (started here, and stopped again at the end)")
    elif status.start and not status.is_up:
        lines += _row(canvas, "start", f"{status.start}  (with --start)")
    return lines


def _row(canvas: Canvas, label: str, text: str) -> list[str]:
    indent = _INDENT + _STATE_WIDTH + 1
    if not label:
        return [" " * indent + line for line in wrap_words(escape_text(text), max(canvas.measure - indent, 20))]
    return labelled(canvas, label, escape_text(text), indent=indent, label_width=_LABEL_WIDTH, tone=Tone.FAINT)


def _conclusion(report: ServicesReport, canvas: Canvas) -> list[str]:
    down = [status for status in report.services if status.state == "down"]
    skipped = [status for status in report.services if status.state == "skipped"]
    lines: list[str] = []
    if skipped:
        names = ", ".join(escape_text(status.name) for status in skipped)
        text = f"SKIPPED, by on_missing: the tests that need {names} will not run"
        lines += [canvas.paint(line, Tone.WARNING) for line in wrap_words(text, canvas.measure)]
    if down:
        pages = " and ".join(f"muster explain {escape_text(code)}" for code in sorted({status.code for status in down}))
        text = f"{render_quantity(len(down), 'service')} down: see {pages}"
        lines += [canvas.paint(line, Tone.ERROR) for line in wrap_words(text, canvas.measure)]
    elif not report.services:
        lines.append("no services are required")
    elif not skipped:
        lines.append(canvas.paint("all services answer", Tone.GOOD))
    return lines
