"""The state of alerts, and what came of sending them, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from muster.model.alert import RULES, AlertRules, AlertsReport, Delivery, DeliveryReport, OpenAlert, Rule, Series
from muster.render.alert import well_again
from muster.render.escape import escape_text
from muster.render.layout import Canvas, Tone, labelled, wrap_words
from muster.render.quantity import render_quantity

_INDENT, _LABEL_WIDTH = 2, 10


def render_alerts(report: AlertsReport, canvas: Canvas) -> str:
    """The counts, each alert with who knows of it, the rules and the targets; with a final newline."""
    firing = sum(alert.state == "firing" for alert in report.alerts)
    head = f"{escape_text(report.project)}   {render_quantity(firing, 'alert')}"
    lines = [canvas.paint(line, Tone.STRONG) for line in wrap_words(head, canvas.measure)]
    for alert in report.alerts:
        lines += ["", *_alert(alert, canvas)]
    lines += ["", *_row(canvas, "rules", ", ".join(_rules(report.rules)) or "none")]
    lines += _row(canvas, "targets", ", ".join(_named(each.name, each.scheme) for each in report.targets) or "none")
    if not report.targets:
        lines += _row(canvas, "", "MUSTER_ALERT_TARGETS names some, or [alerts.targets] of your own config.toml")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_deliveries(report: DeliveryReport, canvas: Canvas) -> str:
    """Each target with what came of telling it, with a final newline."""
    lines: list[str] = []
    for each in report.deliveries:
        what = render_quantity(each.changes, "alert") if each.changes else "a test"
        said = f"not sent: {each.error}" if each.error else f"{what} sent"
        lines += _row(canvas, _named(each.target, each.scheme), said, Tone.ERROR if each.error else Tone.GOOD)
    return "\n".join(line.rstrip() for line in lines or ["nothing new to tell"]) + "\n"


def _alert(alert: OpenAlert, canvas: Canvas) -> Iterator[str]:
    """What is wrong where since when, and who was told."""
    is_firing = alert.state == "firing"
    place = escape_text(str(Series(alert.category, alert.branch)))
    head = f"{alert.rule}  {place}  since {escape_text(alert.since)}"
    for line in wrap_words(head, canvas.measure - _INDENT):
        yield " " * _INDENT + canvas.paint(line, Tone.ERROR if is_firing else Tone.GOOD)
    yield from _row(
        canvas, "", escape_text(alert.text) if is_firing else f"{well_again(alert.rule)}: {escape_text(alert.text)}"
    )
    if alert.told:
        yield from _row(canvas, "told", ", ".join(map(escape_text, alert.told)))
    for each in alert.untold:
        yield from _row(canvas, "not told", _untold(each), Tone.WARNING)


def _untold(delivery: Delivery) -> str:
    why = f"; the last try failed: {escape_text(delivery.error)}" if delivery.error else ""
    return f"{_named(delivery.target, delivery.scheme)} yet{why}"


def _rules(rules: AlertRules) -> Iterator[str]:
    words: dict[Rule, str] = {"slower": f"slower by {rules.slower_by} % than the median of {rules.runs} runs"}
    yield from (words.get(rule, rule) for rule in RULES if rules.wants(rule))
    if rules.branches:
        yield "on " + " or ".join(map(escape_text, rules.branches))


def _named(name: str, scheme: str) -> str:
    shown = escape_text(name)
    return shown if not scheme or name.startswith(f"{scheme} ") else f"{shown} ({scheme})"


def _row(canvas: Canvas, label: str, text: str, tone: Tone = Tone.FAINT) -> list[str]:
    return labelled(canvas, label, text, indent=_INDENT, label_width=max(_LABEL_WIDTH, len(label)), tone=tone)
