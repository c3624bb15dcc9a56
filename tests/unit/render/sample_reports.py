"""Reports for the renderers' tests, built by hand."""

from __future__ import annotations

from typing import Any

import msgspec

from muster.model.report import (
    CauseReport,
    DifferenceReport,
    EvidenceItem,
    ExceptionReport,
    FileReport,
    Fix,
    FrameReport,
    InvocationSummary,
    Place,
    ProblemReport,
    Report,
    Seconds,
    SessionSummary,
    Totals,
    Verdict,
)


def verdict(state: Any = "unproved", *, back: int = 0, reason: str = "") -> Verdict:
    return Verdict(
        state=state, by="simulation" if back else "", back=back, lost=0, new_failures=0, uncovers=(), reason=reason
    )


def polluted_path() -> CauseReport:
    return CauseReport(
        id=1,
        fingerprint="0123456789abcdef",
        code="M105",
        severity="error",
        confidence="certain",
        seen="simulated",
        scope="file",
        title="search path polluted",
        subject="infrastructure",
        message="'infrastructure' resolves to tests/infrastructure/__init__.py, not infrastructure/",
        culprit=Place(
            path="tests/golden/test_agent.py",
            line=43,
            column=1,
            end_line=43,
            text="sys.path.insert(0, str(PROJECT_ROOT))",
        ),
        since=None,
        evidence=(
            EvidenceItem(
                kind="winner", text="a regular package", path="tests/infrastructure/__init__.py", line=0, commit=""
            ),
            EvidenceItem(
                kind="loser", text="a namespace package, which always loses", path="infrastructure", line=0, commit=""
            ),
        ),
        victims=("tests/test_vpc.py",),
        blocked_tests=12,
        lost=(),
        hides=(),
        accepted=None,
        fixes=(
            Fix(id="a", title="parents[3] at line 42", patch="", verdict=verdict("proved", back=12)),
            Fix(id="b", title="delete line 43", patch="", verdict=verdict()),
            Fix(
                id="c",
                title="infrastructure/__init__.py",
                patch="",
                verdict=verdict("refuted", reason="tests/ stays first"),
            ),
        ),
    )


def lost_tests() -> CauseReport:
    return CauseReport(
        id=2,
        fingerprint="fedcba9876543210",
        code="M402",
        severity="warning",
        confidence="likely",
        seen="confirmed",
        scope="file",
        title="test defined twice",
        subject="test_one",
        message="the second 'test_one' replaces the first",
        culprit=Place(path="tests/test_twice.py", line=9, column=1, end_line=10, text="def test_one():"),
        since=None,
        evidence=(),
        victims=(),
        blocked_tests=0,
        lost=("tests/test_twice.py::test_one",),
        hides=(),
        accepted=None,
        fixes=(),
        lost_count=1,
    )


def report(**changes: Any) -> Report:
    """A report with one error and one warning; `changes` replace its fields."""
    whole = Report(
        schema="muster.report/1",
        muster="0.1.0",
        root="/project",
        started_at="2026-01-01T00:00:00Z",
        commit=None,
        invocation=InvocationSummary(
            command="python -m pytest",
            why="[tool.muster]",
            argv=(),
            cwd="/project",
            python="3.12.1",
            pytest="8.4.2",
            import_mode="prepend",
            environment="/project/.venv/bin/python (.venv)",
            inifile="pyproject.toml",
        ),
        categories=("mission_critical",),
        session=SessionSummary(state="complete", cause=None, pytest_exit=2),
        seconds=Seconds(simulated=1.42, observed=None, budget=None),
        totals=Totals(
            files=405,
            files_blocked=1,
            files_skipped=0,
            files_undecided=1,
            tests=1445,
            blocked_tests=12,
            lost_tests=1,
            deselected=0,
            estimated=False,
        ),
        causes=(polluted_path(), lost_tests()),
        files=(
            FileReport(
                path="tests/test_vpc.py",
                outcome="failed",
                nodes=0,
                lost_tests=0,
                causes=(1,),
                seconds=None,
                exception=ExceptionReport(
                    type="ModuleNotFoundError",
                    message="No module named 'infrastructure.vpc'",
                    frames=(FrameReport(path="tests/test_vpc.py", line=3),),
                ),
            ),
            FileReport(
                path="tests/test_unknown.py",
                outcome="undecided",
                nodes=0,
                lost_tests=0,
                causes=(),
                seconds=None,
                exception=None,
                reason="line 4 raises if a variable of the environment is missing",
            ),
        ),
        problems=(ProblemReport(code="M001", path="tests/locked.py", line=0, message="permission denied"),),
        services=(),
        baseline=None,
        differences=(DifferenceReport(kind="test", subject="tests/a.py::test_x", simulated="", observed="collected"),),
    )
    return msgspec.structs.replace(whole, **changes)
