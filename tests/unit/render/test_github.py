"""Annotations: one a root cause, worst first, ten at most."""

from __future__ import annotations

import msgspec
from tests.unit.render.sample_reports import lost_tests, polluted_path, report

from muster.model.report import Acceptance, GateReport, GateRule, ProblemReport
from muster.render.github import escape_data, escape_property, render_github

LOST = (
    "::warning file=tests/test_twice.py,line=9,endLine=10,title=M402 test defined twice::the second 'test_one' replaces the first"
    "%0Aloses 1 test\n"
)


def test_each_root_cause_is_one_line_at_its_culprit() -> None:
    assert render_github(report(problems=()), "") == (
        "::error file=tests/golden/test_agent.py,line=43,endLine=43,col=1,title=M105 search path polluted::"
        "'infrastructure' resolves to tests/infrastructure/__init__.py, not infrastructure/%0Ablocks 1 file, 12 tests"
        "%0Afix: parents[3] at line 42 (proved: 12 tests back, none lost)%0Aor: delete line 43"
        "%0Anot: infrastructure/__init__.py (refuted: tests/ stays first)\n" + LOST
    )


def test_paths_are_the_repositorys() -> None:
    printed = render_github(report(causes=(polluted_path(),), problems=()), "services/chat/")
    assert printed.startswith("::error file=services/chat/tests/golden/test_agent.py,line=43,")
    outside = msgspec.structs.replace(polluted_path().culprit, path="/usr/lib/x.py")
    printed = render_github(
        report(causes=(msgspec.structs.replace(polluted_path(), culprit=outside),)), "services/chat/"
    )
    assert printed.startswith("::error file=/usr/lib/x.py,")


def test_errors_come_first_and_the_rest_is_counted() -> None:
    causes = (*[lost_tests()] * 12, polluted_path())
    lines = render_github(report(causes=causes, problems=()), "").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", *["::warning"] * 9, "muster:"]
    assert lines[-1] == "muster: 3 more findings without an annotation"


def test_what_is_accepted_is_left_out() -> None:
    accepted = msgspec.structs.replace(polluted_path(), accepted=Acceptance(reason="known", expires="2027-01-01"))
    assert render_github(report(causes=(accepted, lost_tests()), problems=()), "") == LOST


def test_a_file_that_could_not_be_examined_is_a_warning() -> None:
    problem = ProblemReport(code="M001", path="tests/locked.py", line=0, message="permission denied")
    assert render_github(report(causes=(), problems=(problem,)), "") == (
        "::warning file=tests/locked.py,title=M001 file unreadable or beyond limits::permission denied\n"
    )


def test_a_rule_of_the_gate_has_no_place() -> None:
    rules = tuple(
        GateRule(rule=name, state=state, message=f"{name} says so", advice="do this")
        for name, state in (("causes", "failed"), ("categories", "failed"), ("budget", "unjudged"))
    )
    gated = report(causes=(polluted_path(),), problems=(), gate=GateReport(passed=False, exit_code=1, rules=rules))
    first, second = render_github(gated, "").splitlines()
    assert first == "::error title=muster gate%3A categories::categories says so%0Ado this"
    assert second.startswith("::error file=")


def test_a_session_that_ends_early_for_no_known_cause_is_an_error() -> None:
    aborted = msgspec.structs.replace(report().session, state="aborted", pytest_exit=4)
    assert render_github(report(causes=(), problems=(), session=aborted), "").startswith(
        "::error title=muster session::"
    )


def test_the_rules_of_escaping() -> None:
    assert escape_data("100%\r\na:b,c\td") == "100%25%0Aa:b,c    d"
    assert escape_property("100%\na:b,c") == "100%25\\na%3Ab%2Cc"
