"""What is remembered of reports that take a real run to make."""

from __future__ import annotations

from typing import Any

import msgspec

from muster.model.memory import RecordedImport, RecordedResults, RecordedService
from muster.model.probe_report import ImportReport, ProbedFailure, ProbedFile, ProbeReport
from muster.model.report import (
    CauseReport,
    EvidenceItem,
    Fix,
    InvocationSummary,
    Report,
    Seconds,
    SessionSummary,
    Totals,
    Verdict,
    VerdictState,
)
from muster.model.run_report import RunReport, RunSeconds, RunTotals, TestReport
from muster.model.service import ServiceStatus
from muster.usecases.command import read_command
from muster.usecases.plan import Plan
from muster.usecases.remember import Provenance, remember_probe, remember_report, remember_run

PLACE = Provenance("i", "2026-11-23T00:00:00Z", "shop", commit="c", branch="main", categories=("unit", "slow"))
PLAN = Plan(root="/project", command=read_command("pytest", "test"), cwd="/project", budget_s=10.0)


def fix(title: str, state: VerdictState, patch: str = "") -> Fix:
    verdict = Verdict(state=state, by="", back=0, lost=0, new_failures=0, uncovers=(), reason="")
    return Fix(id="a", title=title, patch=patch, verdict=verdict)


def cause(**fields: Any) -> CauseReport:
    missing = {
        "id": 1, "fingerprint": "f1", "code": "M107", "severity": "error", "confidence": "certain", "seen": "simulated",
        "scope": "file", "title": "distribution missing", "subject": "websocket", "message": "", "culprit": None,
        "since": None, "victims": ("tests/test_a.py",), "blocked_tests": 3, "lost": (), "hides": (), "accepted": None,
        "evidence": (EvidenceItem(kind="provider", text="websocket is provided by websocket-client (known)", path="", line=0, commit=""),),
        "fixes": (),
    }  # fmt: skip
    return CauseReport(**(missing | fields))


def report(**fields: Any) -> Report:
    totals = dict.fromkeys(Totals.__struct_fields__, 0) | {"tests": 2, "files": 1, "estimated": False}
    made = {
        "schema": "muster.report/1", "muster": "0", "root": "/project", "started_at": "", "commit": None, "categories": (),
        "invocation": InvocationSummary(
            command="pytest", why="", argv=(), cwd="", python="3.13.0", pytest="9.0", import_mode="", environment="",
        ),
        "session": SessionSummary(state="complete", cause=None, pytest_exit=0),
        "seconds": Seconds(simulated=0.5, observed=4.0, budget=10.0), "totals": Totals(**totals), "causes": (), "files": (),
        "problems": (), "services": (), "baseline": None,
    }  # fmt: skip
    return Report(**(made | fields))


def test_the_best_fix_is_the_proved_one_and_a_refuted_one_is_none() -> None:
    proved = fix("declare it", "proved", "--- a\n")
    found = cause(fixes=(fix("not so", "refuted"), fix("perhaps", "unproved", "--- b\n"), proved))
    record = remember_report(PLACE, "check", report(causes=(found, cause(fixes=(fix("no", "refuted"),)))), 1)
    first, second = record.causes or ()
    assert first.fix is not None
    assert (first.fix.title, first.fix.state, first.fix.patch) == ("declare it", "proved", "--- a\n")
    assert second.fix is None
    assert [(each.module, each.distribution, each.blocked_tests) for each in record.missing][:1] == [
        ("websocket", "websocket-client", 3)
    ]
    assert (record.category, record.observed_s) == ("unit, slow", 4.0)


def test_a_time_that_an_earlier_run_took_is_no_measurement_of_this_one() -> None:
    earlier = Seconds(simulated=0.5, observed=4.0, budget=10.0, observed_at="2026-11-22T00:00:00Z")
    assert remember_report(PLACE, "check", report(seconds=earlier), 0).observed_s is None


def test_a_session_that_broke_off_says_nothing_of_the_tests() -> None:
    aborted = report(session=SessionSummary(state="aborted", cause=None, pytest_exit=4))
    record = remember_report(PLACE, "check", aborted, 1, items=())
    assert (record.state, record.nodeids) == ("aborted", None)


def test_a_run_is_remembered_with_the_fate_of_its_tests() -> None:
    tests = tuple(
        TestReport(nodeid=f"tests/test_a.py::{name}", path="tests/test_a.py", outcome="passed", seconds=0.1, worker="gw0",
                   message="", foreseen=True, attempts=1)
        for name in ("test_one", "T::test_two[a::b]")
    )  # fmt: skip
    totals = dict.fromkeys(RunTotals.__struct_fields__, 0) | {"passed": 2, "flaky": 1, "timed_out": 4}
    run = RunReport(
        schema="muster.run/1", muster="0", root="/project", started_at="", categories=(), exit_code=1, pytest_exit=1,
        stopped="", workers=2, shard="", plan="", seconds=RunSeconds(simulated=0.6, tests=3.0, total=5.0),
        totals=RunTotals(**totals), tests=tests, errors=(), foreseen_not_run=(), ran_unforeseen=(), problems=(),
        services=(ServiceStatus(name="db", state="down", message="refused", kind="postgresql"),),
        collection=report(seconds=Seconds(simulated=0.5, observed=None, budget=None)),
    )  # fmt: skip
    record = remember_run(PLACE, run)
    assert (record.kind, record.simulated, record.exit_code, record.run_s, record.simulated_s) == (
        "run",
        False,
        1,
        5.0,
        0.6,
    )
    assert record.results == RecordedResults(passed=2, flaky=1, timed_out=4)
    assert record.nodeids == {"tests/test_a.py": ("test_one", "T::test_two[a::b]")}
    assert record.services == (RecordedService(name="db", kind="postgresql", state="down", message="refused"),)


def test_a_probe_is_remembered_with_what_each_file_and_import_took() -> None:
    timing = ImportReport(
        name="json", file="json.py", asked_by="tests/test_a.py", line=1, during="tests/test_a.py", seconds=0.5,
        own_seconds=0.1, succeeded=True,
    )  # fmt: skip
    files = (
        ProbedFile(path="tests/test_a.py", seconds=0.75, outcome="collected", tests=2),
        ProbedFile(path="tests/test_b.py", seconds=0.25, outcome="failed", tests=0),
    )
    failure = ProbedFailure(
        nodeid="tests/test_b.py", path="tests/test_b.py", exception="KeyError: 1", frames=(), alone="", polluter=None
    )
    probed = ProbeReport(
        schema="muster.probe/1", muster="0", root="/project", command="pytest", seconds=4.3219, tests=2, state="complete",
        pytest_exit=2, moments={}, files=files, failures=(failure,), changes=(),
        imports=(msgspec.structs.replace(timing, name="re", seconds=0.2), timing), threads=(), differences=None, notes=(),
    )  # fmt: skip
    record = remember_probe(PLACE, probed, PLAN, 1)
    assert (record.kind, record.simulated, record.observed_s, record.budget_s, record.causes) == (
        "probe",
        False,
        4.322,
        10.0,
        None,
    )
    assert [(each.path, each.seconds, each.outcome, each.exception) for each in record.files] == [
        ("tests/test_a.py", 0.75, "collected", ""),
        ("tests/test_b.py", 0.25, "failed", "KeyError: 1"),
    ]
    assert [each.name for each in record.imports] == ["json", "re"]
    assert record.imports[0] == RecordedImport(
        name="json",
        file="json.py",
        asked_by="tests/test_a.py",
        line=1,
        during="tests/test_a.py",
        seconds=0.5,
        own_seconds=0.1,
    )
