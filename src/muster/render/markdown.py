"""The Report as a job's summary: GitHub-flavoured Markdown, escaped by construction.

A `str` is text and is shown as code, where neither HTML nor links, images, mentions or emphasis mean anything; only `Words`,
which are our own, are Markdown. GitHub takes a summary of at most 1 MiB, so long things are cut and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from muster.diagnosis.catalogue import BY_CODE
from muster.model.report import BaselineReport, CauseReport, Fix, GateReport, Report
from muster.render.baseline import baseline_heading, blocked_words, change_words
from muster.render.escape import escape_lines, escape_text
from muster.render.finding import fix_words, open_errors
from muster.render.pages import page_address
from muster.render.quantity import count_words, render_quantity, render_seconds
from muster.render.text import render_toll

_CAUSES = 30
_LISTED = 10
# A character takes up to four bytes.
_LONGEST = 200_000
_LONGEST_LINE = 1_000
_LONGEST_BLOCK = 8_000


@dataclass(frozen=True, slots=True)
class Words:
    """Markdown of ours. Never make one of a text that comes from a project."""

    source: str


def render_markdown(report: Report) -> str:
    """The summary: counts, then the root causes that count, with a final newline."""
    causes = [cause for cause in report.causes if cause.accepted is None]
    shown = [_cause(cause) for cause in causes[:_CAUSES]]
    while sum(len(line) for lines in shown for line in lines) > _LONGEST:
        shown.pop()
    lines = [*_head(report), *(line for lines in shown for line in lines)]
    if len(causes) > len(shown):
        lines += ["", f"and {render_quantity(len(causes) - len(shown), 'more root cause')}"]
    lines += _listed("Not examined", [f"{problem.path}: {problem.message}" for problem in report.problems])
    return "\n".join(lines) + "\n"


def code_span(text: str) -> str:
    """`text` on one line as code, between more backticks than it holds (CommonMark 0.31, 6.1)."""
    shown = _cut(escape_text(text), _LONGEST_LINE) or " "
    fence = "`" * (_longest_run(shown) + 1)
    # A blank at both ends is taken off, unless there is nothing but blanks.
    pad = " " if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_block(text: str, language: str) -> list[str]:
    """`text` as a fenced block, its fence longer than any that it holds (CommonMark 0.31, 4.5)."""
    shown = _cut("\n".join(escape_lines(text.rstrip("\n"))), _LONGEST_BLOCK)
    fence = "`" * max(_longest_run(shown) + 1, 3)
    return [f"{fence}{language}", *shown.split("\n"), fence]


def _line(*parts: Words | str) -> str:
    """One line of Markdown: `Words` as they are, every other text as code."""
    return "".join(part.source if isinstance(part, Words) else code_span(part) for part in parts)


def _head(report: Report) -> list[str]:
    errors = len(open_errors(report))
    verdict = f"{render_quantity(errors, 'root cause')} to put right" if errors else "nothing is blocked"
    counts = [*count_words(report.totals), f"checked in {render_seconds(report.seconds.simulated)}"]
    subject = ", ".join(report.categories) or report.invocation.command
    lines = [f"## Muster: {verdict}", "", _line(subject, Words(" · " + " · ".join(counts)))]
    lines += [line for note in report.notes for line in ("", _line(Words("> "), note))]
    lines += _baseline(report.baseline) if report.baseline else []
    return lines + (_gate(report.gate) if report.gate else [])


def _baseline(baseline: BaselineReport) -> list[str]:
    lines = ["", _line(Words("**Baseline:** "), baseline_heading(baseline)), ""]
    lines += _items("lost", [change_words(change) for change in baseline.changes], len(baseline.changes))
    lines += _items("newly blocked", [blocked_words(file) for file in baseline.blocked], len(baseline.blocked))
    lines += _items("deleted on purpose", baseline.deleted, len(baseline.deleted))
    return lines


def _gate(gate: GateReport) -> list[str]:
    lines = ["", f"**Gate: {'passed' if gate.passed else 'failed'}**", ""]
    for rule in gate.rules:
        lines.append(_line(Words(f"- {rule.rule} {rule.state}: "), rule.message))
        lines += [_line(Words("  - "), rule.advice)] if rule.advice else []
    return lines


def _cause(cause: CauseReport) -> list[str]:
    marks = [cause.severity, *([cause.confidence] if cause.confidence != "certain" else [])]
    toll = f": {render_toll(cause)}" if render_toll(cause) else ""
    lines = ["", f"### {cause.id}. {_title(cause)} ({', '.join(marks)}){toll}", ""]
    lines += [*code_block(cause.message, "text"), ""]
    if cause.culprit is not None:
        lines.append(_line(Words("- culprit: "), str(cause.culprit)))
        lines += [_line(Words("  - "), cause.culprit.text)] if cause.culprit.text else []
    if cause.since is not None:
        since = cause.since
        told = f"{since.commit[:10]} {since.date[:10]} {since.author}: {since.subject}"
        lines.append(_line(Words("- since: "), told))
    victims = [path for path in cause.victims if cause.culprit is None or path != cause.culprit.path]
    lines += _items("blocked", victims, len(victims))
    lines += _items("lost", cause.lost, max(len(cause.lost), cause.lost_count))
    for position, fix in enumerate(cause.fixes):
        lines += _fix(fix, position)
    return lines


def _title(cause: CauseReport) -> str:
    entry = BY_CODE.get(cause.code)
    return f"[{entry.code}]({page_address(entry.code)}) {entry.title}" if entry else code_span(cause.title)


def _fix(fix: Fix, position: int) -> list[str]:
    label, shown = fix_words(fix, position)
    line = _line(Words(f"- {label}: "), fix.title, *_remark(shown))
    shows = fix.patch and fix.verdict.state != "refuted"
    return [line, *(["", *code_block(fix.patch, "diff"), ""] if shows else [])]


def _remark(text: str) -> list[Words | str]:
    return [Words(": "), text] if text else []


def _items(label: str, names: Iterable[str], number: int) -> list[str]:
    shown = list(names)[:_LISTED]
    lines = [_line(Words(f"- {label}: "), name) for name in shown]
    return lines + ([f"- and {number - len(shown)} more"] if shown and number > len(shown) else [])


def _listed(title: str, texts: list[str]) -> list[str]:
    lines = ["", f"### {title}", "", *(_line(Words("- "), text) for text in texts[:_LISTED])]
    rest = len(texts) - _LISTED
    return [*lines, *([f"- and {rest} more"] if rest > 0 else [])] if texts else []


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} ... ({len(text)} characters)"
