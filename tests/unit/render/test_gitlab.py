"""GitLab's code quality report."""

from __future__ import annotations

import json

import msgspec
from tests.unit.render.sample_reports import lost_tests, polluted_path, report

from muster.model.report import Acceptance
from muster.render.gitlab import render_gitlab


def test_each_finding_is_an_entry() -> None:
    error, warning, problem = json.loads(render_gitlab(report(), "chat/"))
    assert warning == {
        "description": "M402 test defined twice: the second 'test_one' replaces the first; loses 1 test",
        "check_name": "M402",
        "fingerprint": "fedcba9876543210",
        "severity": "minor",
        "location": {"path": "chat/tests/test_twice.py", "lines": {"begin": 9}},
    }
    assert (error["check_name"], error["severity"]) == ("M105", "critical")
    assert (problem["check_name"], problem["severity"], problem["location"]["lines"]) == ("M001", "minor", {"begin": 1})


def test_what_ends_the_session_blocks() -> None:
    (entry,) = json.loads(
        render_gitlab(report(causes=(msgspec.structs.replace(polluted_path(), scope="session"),), problems=()), "")
    )
    assert entry["severity"] == "blocker"


def test_no_two_entries_share_a_fingerprint_and_what_is_accepted_is_left_out() -> None:
    accepted = msgspec.structs.replace(polluted_path(), accepted=Acceptance(reason="known", expires=""))
    causes = (lost_tests(), accepted, lost_tests())
    entries = json.loads(render_gitlab(report(causes=causes, problems=()), ""))
    assert [entry["fingerprint"] for entry in entries] == ["fedcba9876543210", "fedcba9876543210-2"]
