"""The published report of a run (`muster.run/1`): every test with its fate, and what differs from what was foreseen.

Within a schema version keys are only added. Paths are relative to `root` with forward slashes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muster.model.report import Report
from muster.model.service import ServiceStatus

RUN_SCHEMA_NAME = "muster.run/1"


class RunSeconds(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds on the clock: the simulation, from the first worker's start to the last test's end, and all together."""

    simulated: float
    tests: float
    total: float


class RunTotals(msgspec.Struct, frozen=True, kw_only=True):
    """How many tests met each fate. `planned` were foreseen, `errors` are files that pytest could not collect."""

    planned: int
    passed: int
    failed: int
    error: int
    skipped: int
    xfailed: int
    xpassed: int
    flaky: int
    crashed: int
    timed_out: int
    not_run: int
    errors: int
    deselected: int


class TestReport(msgspec.Struct, frozen=True, kw_only=True):
    """One test: its fate, what it took, which worker ran it at which attempt, and why it is not passed."""

    __test__ = False

    nodeid: str
    path: str
    outcome: Literal[
        "passed", "failed", "error", "skipped", "xfailed", "xpassed", "flaky", "crashed", "timed out", "not run"
    ]
    seconds: float
    worker: str
    message: str
    foreseen: bool
    attempts: int


class FileErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder that pytest could not collect; `crashed` where it took its worker with it."""

    nodeid: str
    path: str
    message: str
    crashed: bool
    foreseen: bool


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one run tells; `collection` is what `muster check` says of the same selection."""

    schema: Literal["muster.run/1"]
    muster: str
    root: str
    started_at: str
    categories: tuple[str, ...]
    exit_code: int
    pytest_exit: int | None
    stopped: str
    workers: int
    shard: str
    plan: str
    seconds: RunSeconds
    totals: RunTotals
    tests: tuple[TestReport, ...]
    errors: tuple[FileErrorReport, ...]
    foreseen_not_run: tuple[str, ...]
    ran_unforeseen: tuple[str, ...]
    problems: tuple[str, ...]
    services: tuple[ServiceStatus, ...]
    collection: Report
