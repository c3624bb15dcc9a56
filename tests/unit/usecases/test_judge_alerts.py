"""Which rules a category breaks, by what the memory holds of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.history.records import cause, record

from muster.model.alert import AlertRules, Series
from muster.model.memory import HistoryRecord, MissingDependency, RecordedService, RecordSummary
from muster.model.report import Since
from muster.usecases.alert_facts import lost_for_good
from muster.usecases.judge_alerts import Judgement, Loss, SeriesFacts, judge, short

SERIES = Series("all", "main")


def measured(seconds: float, budget: float | None = None) -> RecordSummary:
    """A measured record in one row."""
    known = {name: getattr(record("m"), name, 0) for name in RecordSummary.__struct_fields__}
    return RecordSummary(**known | {"diagnosed": True, "observed_s": seconds, "budget_s": budget})


def facts(latest: HistoryRecord | None = None, **fields: Any) -> SeriesFacts:
    return SeriesFacts(SERIES, latest=latest, **fields)


def texts(judgement: Judgement) -> list[str]:
    return [f"{finding.rule}: {finding.text}" for finding in judgement.findings]


MISSING = cause(blocked_tests=3, code="M107", subject="websocket-client", title="distribution missing")
BLOCKED = {"causes": (MISSING,), "blocked_tests": 3, "files_blocked": 1}

CASES = {
    "all is well": (facts(record("a")), []),
    "a distribution is missing": (
        facts(record("a", **BLOCKED, missing=(MissingDependency(module="websocket-client", distribution="websocket-client"),))),
        [
            "missing: distribution websocket-client is missing (distribution missing, M107): 1 file and 3 tests blocked",
            "blocked: 3 tests blocked in 1 file (distribution missing, M107, tests/test_b.py:1)",
        ],
    ),
    "a module is missing since a commit": (
        facts(record("a", causes=(cause(since=Since(commit="abcdef0123456789", author="", date="", subject="")),))),
        ["missing: module nowhere is missing (module never existed, M103): 1 file and 3 tests blocked, since commit abcdef0123"],
    ),
    "one module that two places miss": (
        facts(record("a", causes=(cause("f1"), cause("f2", blocked_tests=1)))),
        ["missing: module nowhere is missing (module never existed, M103): 2 files and 4 tests blocked"],
    ),
    "what is accepted, or a note, is not missing": (
        facts(record("a", causes=(cause(accepted=True), cause("f2", severity="note")))),
        [],
    ),
    "what hides a module does not make it missing": (facts(record("a", causes=(cause(code="M104"),))), []),
    "blocked, and nobody looked for causes": (
        facts(record("a", causes=None, blocked_tests=1200, files_blocked=2)),
        ["blocked: 1 200 tests blocked in 2 files"],
    ),
    "blocked, but half of it accepted": (
        facts(
            record(
                "a",
                causes=(cause(code="M301", accepted=True, blocked_tests=9), cause("f2", code="M302", blocked_tests=2)),
                blocked_tests=11,
                files_blocked=2,
            )
        ),
        ["blocked: 2 tests blocked in 1 file (module never existed, M302, tests/test_b.py:1)"],
    ),
    "blocked by several causes": (
        facts(
            record("a", causes=(cause(code="M301", path=""), cause("f2", code="M302", blocked_tests=9)), files_blocked=2)
        ),
        ["blocked: 0 tests blocked in 2 files (module never existed, M302, tests/test_b.py:1, and 1 other cause)"],
    ),
    "blocked, and all of it accepted": (
        facts(record("a", causes=(cause(code="M301", accepted=True),), blocked_tests=3, files_blocked=1)),
        [],
    ),
    "the session ends early": (
        facts(record("a", state="aborted")),
        ["blocked: pytest ends before it has collected: no test of it runs"],
    ),
    "within the budget": (facts(measured=measured(10, 10)), []),
    "over the budget": (
        facts(measured=measured(10.5, 10)),
        ["budget: collection takes 10.5 s, over its budget of 10 s"],
    ),
    "too few runs to be slower than": (facts(measured=measured(99), earlier_s=(1, 1)), []),
    "as slow as it may be": (facts(measured=measured(15), earlier_s=(10, 10, 10)), []),
    "slower than the median": (
        facts(measured=measured(16), earlier_s=(10, 2, 200)),
        ["slower: collection takes 16.0 s, 60 % more than the median of the last 3 (10.0 s)"],
    ),
    "tests are gone": (
        facts(record("a"), losses=(Loss("r1", "t", "c1", 4, ("t.py::a", "t.py::b", "t.py::c", "t.py::d")),)),
        ["lost: 4 tests no longer there with commit c1: t.py::a, t.py::b, t.py::c and 1 more"],
    ),
    "tests are back": (facts(record("a"), losses=(Loss("r1", "t", "c1", 0),)), []),
    "tests that the check knows to be lost": (
        facts(record("a", causes=(cause(code="M406", title="tests lost", lost_tests=2),)), losses=()),
        ["lost: 2 tests lost: tests lost (M406), nowhere"],
    ),
    "a service is down": (
        facts(
            ran=record(
                "a",
                services=(
                    RecordedService(name="db", state="down", message="refused"),
                    RecordedService(name="chat", state="skipped", message="timeout"),
                    RecordedService(name="cache", state="up"),
                ),
            )
        ),
        ["services: service db does not answer: refused", "services: service chat does not answer: timeout"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_rule(name: str) -> None:
    given, expected = CASES[name]
    assert texts(judge([given])) == expected


def test_of_what_nothing_is_known_nothing_is_judged() -> None:
    assert judge([facts()]).judged == frozenset()
    undiagnosed = judge([facts(record("a", causes=None))])
    assert undiagnosed.judged == {("blocked", SERIES)}
    assert judge([facts(record("a"))]).judged == {("missing", SERIES), ("blocked", SERIES)}


@pytest.mark.parametrize(
    ("rules", "heard"),
    [
        (AlertRules(), ["missing", "blocked", "budget"]),
        (AlertRules(missing=False, slower_by=0), ["blocked", "budget"]),
        (AlertRules(blocked=False, budget=False, slower_by=100), ["missing"]),
        (AlertRules(runs=3, slower_by=100), ["missing", "blocked", "budget", "slower"]),
        (AlertRules(branches=("release/*",)), []),
        (AlertRules(branches=("release/*", "ma?n")), ["missing", "blocked", "budget"]),
    ],
)
def test_the_project_says_what_it_wants_to_hear(rules: AlertRules, heard: list[str]) -> None:
    given = facts(record("a", **BLOCKED), measured=measured(20, 10), earlier_s=(9, 9, 9, 19, 19, 19, 19))
    assert [finding.rule for finding in judge([given], rules).findings] == heard


def test_rules_travel_with_the_record() -> None:
    given = facts(record("a", **BLOCKED, alerts=AlertRules(blocked=False)))
    assert [finding.rule for finding in judge([given]).findings] == ["missing"]
    assert judge([given]).dropped == {("blocked", SERIES)}
    assert [finding.rule for finding in judge([given], AlertRules(missing=False)).findings] == ["blocked"]


def test_a_key_is_short_whatever_is_named_and_tells_places_apart() -> None:
    long = facts(record("a", causes=(cause(subject="x" * 10_000),)))
    (finding,) = judge([long]).findings
    assert len(finding.key) <= 64
    assert len(finding.text) <= 400
    (other,) = judge([SeriesFacts(Series("all", "dev"), latest=long.latest)]).findings
    assert other.key != finding.key


def test_a_long_name_keeps_both_ends() -> None:
    assert short("a" * 50 + "b" * 50, 11) == "aaaaaa…bbbb"
    assert short("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("lost", "gained", "gone"),
    [
        (["a.py::t1"], [], ["a.py::t1"]),
        (["a.py::t1"], ["b.py::t1"], []),  # moved
        (["a.py::t1"], ["a.py::t2"], []),  # renamed
        (["a.py::t1", "a.py::t2", "a.py::t3"], ["a.py::new"], ["a.py::t2", "a.py::t3"]),
        (["a.py::t1", "b.py::t1"], ["c.py::t1"], ["b.py::t1"]),  # one test cannot be two
        (["a.py::t1"], ["b.py::t2"], ["a.py::t1"]),
    ],
)
def test_what_has_another_name_is_not_lost(lost: list[str], gained: list[str], gone: list[str]) -> None:
    assert lost_for_good(lost, gained) == gone
