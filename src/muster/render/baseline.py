"""What a change lost and gained against its baseline, for a person: counts, then each change that lost tests silently."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from muster.model.report import BareComparison, BaselineChange, BaselineReport, NewlyBlocked
from muster.render.escape import escape_text
from muster.render.layout import Canvas, Tone, labelled, wrap_words
from muster.render.quantity import render_quantity

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LISTED = 10
_LABEL_WIDTH = 10


def render_baseline(baseline: BaselineReport, canvas: Canvas) -> list[str]:
    """The comparison as lines. What went on purpose, was renamed or is new is only counted, unless all is asked for."""
    tone = Tone.ERROR if baseline.lost else Tone.GOOD
    lines = [canvas.paint(line, tone) for line in wrap_words(escape_text(baseline_heading(baseline)), canvas.measure)]
    lines += _some("lost", [change_words(change) for change in baseline.changes], canvas, Tone.ERROR)
    lines += _some("blocked", [blocked_words(blocked) for blocked in baseline.blocked], canvas)
    lines += _some("bare ids", _bare_words(baseline.bare, verbose=canvas.verbose), canvas)
    if canvas.verbose:
        lines += _some("deleted", baseline.deleted, canvas)
        lines += _some("renamed", [f"{test.before} is now {test.after}" for test in baseline.renamed], canvas)
        lines += _some("gained", baseline.gained, canvas)
    return lines


def baseline_heading(baseline: BaselineReport) -> str:
    """`compared with 0123456789 (the merge base with main): 3 tests lost, 1 deleted`."""
    against = f" ({baseline.against})" if baseline.against else ""
    counts = [f"{render_quantity(len(baseline.lost), 'test')} lost" if baseline.lost else "no test lost"]
    for what, number in (
        ("deleted on purpose", len(baseline.deleted)),
        ("renamed", len(baseline.renamed)),
        ("gained", len(baseline.gained)),
    ):
        counts += [f"{number} {what}"] if number else []
    if baseline.blocked:
        counts.append(f"{render_quantity(len(baseline.blocked), 'file')} newly blocked")
    return f"compared with {base_words(baseline.base)}{against}: {', '.join(counts)}"


def base_words(base: str) -> str:
    """A commit in ten digits, a record's file as it is called."""
    return base[:10] if _COMMIT.fullmatch(base) else base


def change_words(change: BaselineChange) -> str:
    """`3 tests, cause 2: what was done (by 0123456789 2026-01-01 Ann: Tidy up)`."""
    since = change.since
    by = f" (by {since.commit[:10]} {since.date[:10]} {since.author}: {since.subject})" if since else ""
    if change.uncommitted:
        by = " (not committed yet)"
    cause = f", cause {change.cause}" if change.cause is not None else ""
    return f"{render_quantity(change.tests, 'test')}{cause}: {change.change}{by}"


def blocked_words(blocked: NewlyBlocked) -> str:
    """`tests/test_a.py, 3 tests, cause 1`."""
    cause = f", cause {blocked.cause}" if blocked.cause is not None else ""
    return f"{blocked.path}, {render_quantity(blocked.tests, 'test')}{cause}"


def _bare_words(bare: Sequence[BareComparison], *, verbose: bool) -> list[str]:
    """Which ids were compared without their parameters, and why: one by one, or only how many."""
    if verbose:
        return [f"{each.subject}: {each.reason}" for each in bare]
    reasons = Counter(each.reason for each in bare)
    names = {each.reason: each.subject for each in reversed(bare)}
    return [
        f"{names[reason]}{f' and {number - 1} more' if number > 1 else ''}: {reason}"
        for reason, number in reasons.items()
    ]


def _some(label: str, texts: Sequence[str], canvas: Canvas, tone: Tone = Tone.PLAIN) -> list[str]:
    shown = texts if canvas.verbose else texts[:_LISTED]
    lines = [
        line
        for position, text in enumerate(shown)
        for line in labelled(
            canvas, "" if position else label, escape_text(text), indent=2, label_width=_LABEL_WIDTH, tone=tone
        )
    ]
    rest = len(texts) - len(shown)
    return lines + ([f"{' ' * (_LABEL_WIDTH + 3)}and {rest} more (-v lists them)"] if rest else [])
