"""A team's memory of some weeks, as the pages are tried on: a suite that grows slow, breaks, and is mended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.history.records import cause, identifier, record

from muster.model.memory import (
    HistoryRecord,
    MissingDependency,
    RecordedCause,
    RecordedFile,
    RecordedFix,
    RecordedImport,
    RecordedResults,
    RecordedService,
    ResolvedImport,
)
from muster.model.report import Since

DAY = 1440
BROKEN_FILE = "tests/mission_critical/golden_path/test_multi_agent.py"
PATCH = """\
--- a/tests/mission_critical/golden_path/test_multi_agent.py
+++ b/tests/mission_critical/golden_path/test_multi_agent.py
@@ -39,5 +39,5 @@
 from pathlib import Path

-PROJECT_ROOT = Path(__file__).parents[2]
+PROJECT_ROOT = Path(__file__).parents[3]
 sys.path.insert(0, str(PROJECT_ROOT))
"""


def polluted(**fields: Any) -> RecordedCause:
    """The scenario that Muster was born from."""
    told: dict[str, Any] = {
        "code": "M105",
        "title": "search path polluted",
        "subject": "infrastructure",
        "message": "infrastructure becomes tests/infrastructure/__init__.py\ninstead of infrastructure/",
        "path": BROKEN_FILE,
        "line": 43,
        "text": "sys.path.insert(0, str(PROJECT_ROOT))",
        "since": Since(
            commit="77aa01c9f3e2", author="Robin", date="2026-11-18T10:00:00Z", subject="Run the agents together"
        ),
        "evidence": ("winner: tests/infrastructure/__init__.py", "loser: infrastructure/, a namespace package"),
        "victims": ("tests/mission_critical/test_vpc.py",),
        "victim_count": 1,
        "blocked_tests": 12,
        "fix": RecordedFix(title="parents[3] at line 42", patch=PATCH, state="proved"),
    }
    return cause("polluted", **(told | fields))


def missing_distribution() -> RecordedCause:
    """A distribution that nobody declared."""
    return cause(
        "websocket",
        code="M107",
        title="distribution missing",
        subject="websocket",
        path="tests/mission_critical/test_chat.py",
        victims=tuple(f"tests/mission_critical/test_chat_{number}.py" for number in range(5)),
        victim_count=5,
        blocked_tests=61,
        fix=RecordedFix(title="add websocket-client to requirements.txt"),
    )


IMPORTS = (
    RecordedImport(
        name="pytest", file="pytest/__init__.py", asked_by="<muster observer>", seconds=0.5, own_seconds=0.5
    ),
    RecordedImport(
        name="test_multi_agent",
        file=BROKEN_FILE,
        asked_by="pytest/__init__.py",
        seconds=3.1,
        own_seconds=0.1,
        during=BROKEN_FILE,
    ),
    RecordedImport(
        name="conftest", file="tests/conftest.py", asked_by="pytest/__init__.py", seconds=0.4, own_seconds=0.0
    ),
    RecordedImport(
        name="agents",
        file="agents/__init__.py",
        asked_by=BROKEN_FILE,
        line=3,
        seconds=3.0,
        own_seconds=0.2,
        during=BROKEN_FILE,
    ),
    RecordedImport(
        name="pandas",
        file="pandas/__init__.py",
        asked_by="agents/__init__.py",
        line=1,
        seconds=2.1,
        own_seconds=0.9,
        during=BROKEN_FILE,
    ),
    RecordedImport(
        name="numpy",
        file="numpy/__init__.py",
        asked_by="pandas/__init__.py",
        line=9,
        seconds=1.2,
        own_seconds=1.2,
        during=BROKEN_FILE,
    ),
    RecordedImport(
        name="networkx",
        file="networkx/__init__.py",
        asked_by="agents/__init__.py",
        line=2,
        seconds=0.7,
        own_seconds=0.7,
        during=BROKEN_FILE,
    ),
    RecordedImport(
        name="yaml", file="yaml/__init__.py", asked_by="tests/conftest.py", line=2, seconds=0.4, own_seconds=0.4
    ),
)
RESOLVED = ResolvedImport(
    module="infrastructure.vpc_connectivity_fix",
    line=39,
    outcome="not found",
    steps=(
        "infrastructure: tests/ (put there by tests/mission_critical/golden_path/test_multi_agent.py:43) offers a regular package",
        "infrastructure.vpc_connectivity_fix: tests/infrastructure/ offers nothing",
    ),
)


def mission(day: int, **fields: Any) -> HistoryRecord:
    """A check of the category on a day: 405 files, and each day a little slower to collect."""
    seconds = 5.0 + day * 1.3
    files = (
        RecordedFile(path="tests/mission_critical/test_pay.py", outcome="collected", tests=20, seconds=0.4),
        RecordedFile(path=BROKEN_FILE, outcome="collected", tests=9, seconds=3.1),
    )
    told: dict[str, Any] = {
        "category": "mission_critical",
        "commit": f"{day:02}c0ffee1234",
        "files": files,
        "files_total": 405,
        "tests": 1400 + 5 * day,
        "nodeids": {"tests/mission_critical/test_pay.py": tuple(f"test_{number}" for number in range(20 + day // 4))},
        "observed_s": seconds,
        "simulated_s": 1.4,
        "budget_s": 10.0,
        "imports": IMPORTS,
    }
    return record(("mission", day), day * DAY, **(told | fields))


def broken(day: int) -> HistoryRecord:
    """The category once it is broken."""
    victim = RecordedFile(
        path="tests/mission_critical/test_vpc.py",
        outcome="failed",
        causes=("polluted",),
        exception="ModuleNotFoundError: No module named 'infrastructure.vpc_connectivity_fix'",
        imports=(RESOLVED,),
    )
    return mission(
        day,
        causes=(missing_distribution(), polluted()),
        files=(RecordedFile(path=BROKEN_FILE, outcome="collected", tests=9, seconds=3.1), victim),
        files_blocked=6,
        blocked_tests=73,
        tests=1372,
        exit_code=1,
        missing=(MissingDependency(module="websocket", distribution="websocket-client", blocked_tests=61),),
        services=(
            RecordedService(name="postgres", state="up", kind="postgresql", message="localhost:5432 answered"),
            RecordedService(name="chat", state="down", kind="websocket", message="localhost:8000 refused"),
        ),
    )


def scene() -> Iterator[HistoryRecord]:
    """All of it, oldest first."""
    for day in range(18):
        yield mission(day)
    yield broken(18)
    yield broken(19)
    for day in range(20):
        yield record(
            ("unit", day), day * DAY + 5, category="unit", observed_s=2.0, budget_s=10.0, commit=f"{day:02}feed"
        )
    yield record("api", 3, project="billing", category="api", branch="trunk")
    yield record(
        "run",
        19 * DAY + 30,
        kind="run",
        category="unit",
        simulated=False,
        causes=None,
        results=RecordedResults(passed=2),
        run_s=3.5,
    )


BROKEN_RECORD = identifier(("mission", 19))
