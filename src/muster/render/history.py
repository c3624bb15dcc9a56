"""The memory in a terminal: each category over time, and the causes that are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from muster.model.memory import CauseEpisode, RecordSummary
from muster.model.trend_report import CategoryTrend, TrendReport
from muster.render.escape import cell_width, escape_text
from muster.render.layout import Canvas, Tone, wrap_words
from muster.render.quantity import render_age, render_count, render_quantity, render_seconds
from muster.render.sparkline import sparkline

_LABEL, _VALUE, _MOST_BARS, _MOST_CAUSES = 11, 22, 40, 10
_TONES = {
    "aborted": Tone.ERROR,
    "blocked": Tone.ERROR,
    "failing": Tone.ERROR,
    "slow": Tone.WARNING,
    "healthy": Tone.GOOD,
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One quantity: its name, what it is now, all that it was, and what there is to say of that."""

    label: str
    value: str
    past: Sequence[float]
    remark: str = ""
    tone: Tone = Tone.PLAIN
    floor: float | None = 0.0


def render_history(report: TrendReport, canvas: Canvas, *, bars: bool = True) -> str:
    """`report` in words, with `bars` for what was before; with a final newline."""
    if not report.categories:
        return f"nothing is recorded of {escape_text(report.project)} yet: muster check leaves the first record\n"
    lines: list[str] = []
    for trend in report.categories:
        lines += [*_category(trend, report, canvas, bars=bars), ""]
    lines += _causes(report, canvas)
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _category(trend: CategoryTrend, report: TrendReport, canvas: Canvas, *, bars: bool) -> list[str]:
    latest = trend.latest
    name = escape_text(trend.category)
    place = " on ".join(part for part in (escape_text(latest.commit[:10]), escape_text(trend.branch)) if part)
    state = latest.health
    said = [f"{render_quantity(len(trend.records), 'record')}", render_age(latest.recorded_at, report.now), place]
    head = f"{canvas.paint(name, Tone.STRONG)}  {canvas.paint(state, _TONES[state])}  "
    return [head + canvas.paint(" · ".join(part for part in said if part), Tone.FAINT)] + [
        _row(row, canvas, bars=bars) for row in _rows(trend, report)
    ]


def _rows(trend: CategoryTrend, report: TrendReport) -> list[_Row]:
    records, latest = trend.records, trend.latest
    rows = [_collection(trend, report)]
    diagnosed = [record for record in records if record.diagnosed] or list(records)
    rows.append(
        _Row("tests", render_count(latest.tests), [each.tests for each in records], _change(records), floor=None)
    )
    blocked = [float(each.blocked_tests) for each in diagnosed]
    if any(blocked):
        files = render_quantity(latest.files_blocked, "file")
        value = f"{render_count(latest.blocked_tests)} in {files}" if latest.blocked_tests else "0"
        tone = Tone.ERROR if latest.blocked_tests else Tone.PLAIN
        rows.append(_Row("blocked", value, blocked, _since(diagnosed, "blocked_tests", report.now), tone))
    failures = [float(each.open_causes) for each in diagnosed]
    tone = Tone.ERROR if latest.open_causes else Tone.PLAIN
    rows.append(_Row("failures", render_quantity(latest.open_causes, "cause"), failures, "", tone))
    if trend.runs:
        last = trend.runs[-1]
        value = f"{render_count(last.failed or 0)} failed of {render_count((last.passed or 0) + (last.failed or 0))}"
        tone = Tone.ERROR if last.failed else Tone.PLAIN
        rows.append(_Row("run", value, [float(each.failed or 0) for each in trend.runs], "", tone))
    return rows


def _collection(trend: CategoryTrend, report: TrendReport) -> _Row:
    """The measured seconds against the budget; the simulation's own are no measure of it."""
    seconds = [each.observed_s for each in trend.measured if each.observed_s is not None]
    budget = trend.latest.budget_s
    wanted = f", budget {render_seconds(budget)}" if budget is not None else ""
    if not seconds:
        return _Row("collection", f"not measured{wanted}", [])
    value = f"{render_seconds(seconds[-1])}{wanted}"
    if budget is None or seconds[-1] <= budget:
        return _Row("collection", value, seconds)
    over = next(position for position in range(len(seconds), 0, -1) if position == 1 or seconds[position - 2] <= budget)
    first = trend.measured[over - 1]
    return _Row("collection", value, seconds, f"over budget {_from(first, report.now)}", Tone.WARNING)


def _change(records: Sequence[RecordSummary]) -> str:
    """By how much the tests are more or fewer than in the first of the records, and what the last one lost."""
    difference = records[-1].tests - records[0].tests if records else 0
    words = [f"{difference:+,}".replace(",", " ") + " over these records"] if difference else []
    lost = [each for each in records if each.lost]
    if lost:
        last = lost[-1]
        at = f" at {escape_text(last.commit[:10])}" if last.commit else ""
        words.append(f"{render_quantity(last.lost, 'test')} lost{at}")
    return ", ".join(words)


def _since(records: Sequence[RecordSummary], field: str, now: str) -> str:
    """Since when the number is not 0, as far as these records tell."""
    first = None
    for record in reversed(records):
        if not getattr(record, field):
            break
        first = record
    return "" if first is None or first is records[0] else _from(first, now)


def _from(first: RecordSummary, now: str) -> str:
    """Since which record: its commit and its age."""
    at = f"{escape_text(first.commit[:10])}, " if first.commit else ""
    return f"since {at}{render_age(first.recorded_at, now)}"


def _row(row: _Row, canvas: Canvas, *, bars: bool) -> str:
    value = row.value.ljust(_VALUE)
    width = min(_MOST_BARS, max(canvas.measure - _LABEL - _VALUE - 6 - cell_width(row.remark), 10))
    past = ""
    if len(row.past) > 1:
        past = sparkline(row.past, width=width, floor=row.floor) if bars else _span(row.past)
    label = canvas.paint(row.label.ljust(_LABEL), Tone.FAINT)
    remark = f"  {row.remark}" if row.remark else ""
    return f"  {label} {canvas.paint(value, row.tone)} {past}{canvas.paint(remark, Tone.FAINT)}"


def _span(values: Sequence[float]) -> str:
    """For a terminal without the characters of bars."""
    return f"from {values[0]:g}, at most {max(values):g}"


def _causes(report: TrendReport, canvas: Canvas) -> list[str]:
    """The open causes; one that several categories have is told once, with what it does where it does most."""
    by_cause: dict[str, list[CauseEpisode]] = {}
    for episode in report.causes:
        by_cause.setdefault(episode.fingerprint, []).append(episode)
    if not by_cause:
        return ["no cause is open"]
    lines = [canvas.paint(f"open: {render_quantity(len(by_cause), 'cause')}", Tone.STRONG)]
    several = len(report.categories) > 1
    for episodes in list(by_cause.values())[:_MOST_CAUSES]:
        lines += _cause(episodes, report.now, canvas, with_category=several)
    rest = len(by_cause) - _MOST_CAUSES
    return [*lines, f"  and {rest} more"] if rest > 0 else lines


def _cause(episodes: Sequence[CauseEpisode], now: str, canvas: Canvas, *, with_category: bool) -> list[str]:
    cause = episodes[0]
    tone = Tone.ERROR if cause.severity == "error" and not cause.accepted else Tone.WARNING
    subject = canvas.paint(escape_text(cause.subject), Tone.STRONG)
    head = f"  {canvas.paint(cause.code, tone)}  {escape_text(cause.title)}  {subject}"
    where = f"{escape_text(cause.path)}:{cause.line}" if cause.path and cause.line else escape_text(cause.path)
    by = f"by {escape_text(cause.since_commit[:10])} {escape_text(cause.since_author)}" if cause.since_commit else ""
    opened = min(episode.opened_at for episode in episodes)
    categories = ", ".join(escape_text(episode.category) for episode in episodes)
    told = [
        _toll(cause),
        f"at {where}" if where else "",
        by.strip(),
        f"first seen {render_age(opened, now)}",
        f"in {categories}" if with_category else "",
        "accepted" if cause.accepted else "",
    ]
    text = ", ".join(part for part in told if part)
    return [head, *(f"        {line}" for line in wrap_words(text, canvas.measure - 8))]


def _toll(cause: CauseEpisode) -> str:
    if cause.blocked_tests or cause.severity == "error":
        blocked = f"{render_quantity(cause.victim_count, 'file')}, {render_quantity(cause.blocked_tests, 'test')}"
        return f"blocks {blocked}" if cause.victim_count else ""
    return f"{render_quantity(cause.lost_tests, 'test')} lost" if cause.lost_tests else ""
