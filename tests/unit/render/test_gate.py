"""What the gate says, for a person."""

from __future__ import annotations

from tests.unit.render.hostile import HOSTILE

from muster.model.report import GateReport, GateRule
from muster.render.escape import has_unsafe
from muster.render.gate import render_gate
from muster.render.layout import Canvas

CAUSES = GateRule(rule="causes", state="failed", message="1 root cause is open: 1 M101 app.gone", advice="put it right")
BUDGET = GateRule(rule="budget", state="unjudged", message="no budget is set", advice="")
MEASURE = GateRule(rule="budget", state="unjudged", message="it is not measured", advice="--confirm")
TESTS = GateRule(rule="tests", state="passed", message="3 tests are collected", advice="")


def test_only_what_failed_or_has_an_advice_is_told() -> None:
    shut = GateReport(passed=False, exit_code=1, rules=(CAUSES, TESTS, BUDGET))
    assert render_gate(shut, Canvas()) == [
        "gate: failed, by 1 of 3 rules",
        "  causes     1 root cause is open: 1 M101 app.gone",
        "             put it right",
    ]
    passed = GateReport(passed=True, exit_code=0, rules=(TESTS, MEASURE))
    assert render_gate(passed, Canvas()) == [
        "gate: passed",
        "  budget     it is not measured",
        "             --confirm",
    ]
    assert len(render_gate(passed, Canvas(verbose=True))) == 4


def test_hostile_names_stay_visible_text() -> None:
    for text in HOSTILE:
        rule = GateRule(rule="causes", state="failed", message=text, advice=text)
        lines = render_gate(GateReport(passed=False, exit_code=1, rules=(rule,)), Canvas())
        assert not any(map(has_unsafe, lines)), repr(text)
