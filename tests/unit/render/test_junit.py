"""JUnit XML: a case fails exactly where the check does."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from tests.unit.render.sample_reports import lost_tests, polluted_path, report

from muster.model.report import Acceptance, GateReport, GateRule, Report
from muster.render.junit import render_junit
from muster.usecases.check import check_exit_code


def cases(of: Report, prefix: str = "") -> list[tuple[str, str, str]]:
    """Each case: its file, its name, and what became of it."""
    root = ElementTree.fromstring(render_junit(of, prefix))
    (suite,) = root.iter("testsuite")
    found = [(case.get("file", ""), case.get("name", ""), case[0].tag) for case in suite.iter("testcase")]
    kinds = [kind for _, _, kind in found]
    counted = [
        str(number) for number in (len(found), kinds.count("failure"), kinds.count("error"), kinds.count("skipped"))
    ]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == counted
    return found


def error(cause: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(cause, severity="error", **changes)


ACCEPTED = Acceptance(reason="known", expires="2027-01-01")
RULES = (GateRule(rule="budget", state="failed", message="too slow", advice=""),)


def test_each_blocked_file_is_a_case_with_its_exception_and_its_causes() -> None:
    root = ElementTree.fromstring(render_junit(report(), "chat/"))
    (case,) = root.iter("testcase")
    assert dict(case.attrib) == {
        "classname": "chat.tests.test_vpc",
        "name": "collection",
        "file": "chat/tests/test_vpc.py",
        "line": "3",
        "time": "0",
    }
    (outcome,) = case
    assert (outcome.tag, outcome.get("type")) == ("error", "ModuleNotFoundError")
    assert outcome.get("message") == "ModuleNotFoundError: No module named 'infrastructure.vpc'"
    assert (outcome.text or "").startswith("M105 search path polluted\n'infrastructure' resolves to")
    assert (outcome.text or "").endswith(
        "culprit: tests/golden/test_agent.py:43\n    sys.path.insert(0, str(PROJECT_ROOT))"
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, [("tests/test_vpc.py", "collection", "error")]),
        ({"causes": (msgspec.structs.replace(polluted_path(), severity="warning"),)}, [("tests/test_vpc.py", "collection", "skipped")]),
        ({"causes": (msgspec.structs.replace(polluted_path(), accepted=ACCEPTED),)}, [("tests/test_vpc.py", "collection", "skipped")]),
        ({"causes": (lost_tests(),), "files": ()}, []),
        ({"causes": (error(lost_tests()),), "files": ()}, [("tests/test_twice.py", "M402 test defined twice", "failure")]),
        ({"causes": (error(lost_tests(), accepted=ACCEPTED),), "files": ()}, []),
        ({"causes": (error(lost_tests(), culprit=None),), "files": ()}, [("pyproject.toml", "M402 test defined twice", "failure")]),
    ],
)  # fmt: skip
def test_a_case_fails_where_the_check_fails(changes: dict[str, Any], found: list[tuple[str, str, str]]) -> None:
    of = report(**changes)
    assert cases(of) == found
    assert any(kind != "skipped" for _, _, kind in found) == (check_exit_code(of) == 1)


def test_a_rule_of_the_gate_that_fails_is_a_case() -> None:
    gated = report(causes=(), files=(), gate=GateReport(passed=False, exit_code=1, rules=RULES))
    assert cases(gated) == [("", "gate: budget", "failure")]


def test_a_session_that_ends_early_for_no_known_cause_is_a_case() -> None:
    aborted = msgspec.structs.replace(report().session, state="aborted", pytest_exit=4)
    of = report(causes=(), files=(), session=aborted)
    assert cases(of) == [("", "session", "failure")]
    assert check_exit_code(of) == 1
