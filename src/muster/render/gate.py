"""What the gate says, for a person: one line a rule that failed or could not be judged, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from muster.model.report import GateReport, GateRule
from muster.render.escape import escape_text
from muster.render.layout import Canvas, Tone, labelled

_TONES = {"passed": Tone.GOOD, "failed": Tone.ERROR, "unjudged": Tone.WARNING}
_LABEL_WIDTH = 10


def render_gate(gate: GateReport, canvas: Canvas) -> list[str]:
    """The verdict, and under it every rule that failed; the others where they have something to advise."""
    failed = sum(rule.state == "failed" for rule in gate.rules)
    verdict = "gate: passed" if gate.passed else f"gate: failed, by {failed} of {len(gate.rules)} rules"
    lines = [canvas.paint(verdict, Tone.GOOD if gate.passed else Tone.ERROR)]
    for rule in gate.rules:
        if rule.state == "failed" or rule.advice or canvas.verbose:
            lines += _lines(rule, canvas)
    return lines


def _lines(rule: GateRule, canvas: Canvas) -> Iterator[str]:
    message, tone = escape_text(rule.message), _TONES[rule.state]
    yield from labelled(canvas, rule.rule, message, indent=2, label_width=_LABEL_WIDTH, tone=tone)
    if rule.advice:
        yield from labelled(canvas, "", escape_text(rule.advice), indent=2, label_width=_LABEL_WIDTH, tone=Tone.FAINT)
