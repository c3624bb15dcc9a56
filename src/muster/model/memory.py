"""One remembered check, collection or run (`muster.history/1`): what the memory keeps, and what a push sends.

Everything in it was written by the examined project or by a stranger: it is data, never markup, never a path to open.
Paths are relative to the project's root with forward slashes. Within a schema version keys are only added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from muster.model.alert import AlertRules
from muster.model.report import Since, VerdictState
from muster.model.service import ServiceState

HISTORY_SCHEMA_NAME = "muster.history/1"
PUSH_SCHEMA_NAME = "muster.push/1"
PUSHED_SCHEMA_NAME = "muster.pushed/1"

RecordKind = Literal["check", "collect", "run", "probe", "plugin"]
ALL_TESTS = "all"
"""The category of a session without categories."""


class RecordedFix(msgspec.Struct, frozen=True, kw_only=True):
    """The first way to put a cause right that was proved, or else the first at all; `patch` is a unified diff or ""."""

    title: str
    patch: str = ""
    state: VerdictState = "unproved"


class RecordedCause(msgspec.Struct, frozen=True, kw_only=True):
    """A root cause as it was then. `victims` are the first of them, `victim_count` is how many there are."""

    fingerprint: str
    code: str
    severity: Literal["error", "warning", "note"]
    confidence: Literal["certain", "likely", "undecided"]
    scope: Literal["file", "folder", "session"]
    title: str
    subject: str
    message: str = ""
    path: str = ""
    line: int = 0
    text: str = ""
    since: Since | None = None
    evidence: tuple[str, ...] = ()
    victims: tuple[str, ...] = ()
    victim_count: int = 0
    blocked_tests: int = 0
    lost_tests: int = 0
    accepted: bool = False
    fix: RecordedFix | None = None

    @property
    def counts(self) -> bool:
        """Whether it makes a check fail."""
        return self.severity == "error" and not self.accepted


class ResolvedImport(msgspec.Struct, frozen=True, kw_only=True):
    """How an import of a file resolved: `outcome` in a word, and the steps that led there."""

    module: str
    line: int
    outcome: str
    steps: tuple[str, ...] = ()


class RecordedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A test file: `seconds` are those of its real collection, `causes` fingerprints; `imports` only where it is blocked."""

    path: str
    outcome: Literal["collected", "failed", "skipped", "undecided"]
    tests: int = 0
    seconds: float | None = None
    causes: tuple[str, ...] = ()
    exception: str = ""
    imports: tuple[ResolvedImport, ...] = ()


class RecordedImport(msgspec.Struct, frozen=True, kw_only=True):
    """A module that a real collection imported: who asked for it first (a file), and its seconds with and without those below."""

    name: str
    file: str = ""
    asked_by: str = ""
    line: int = 0
    during: str = ""
    seconds: float = 0.0
    own_seconds: float = 0.0


class RecordedResults(msgspec.Struct, frozen=True, kw_only=True):
    """How many tests of a run met each fate."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    flaky: int = 0
    crashed: int = 0
    timed_out: int = 0
    not_run: int = 0


class RecordedService(msgspec.Struct, frozen=True, kw_only=True):
    """How a service answered; it holds no secret."""

    name: str
    state: ServiceState
    kind: str = ""
    message: str = ""


class MissingDependency(msgspec.Struct, frozen=True, kw_only=True):
    """A module that no installed distribution provides (M107), the distribution that would, if known, and what that blocks."""

    module: str
    distribution: str = ""
    blocked_tests: int = 0


class ComparedTests(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison with a base revision that the check itself made: renamed tests are told apart there."""

    base: str
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    deleted: int = 0
    renamed: int = 0


class HistoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A check, collection or run. `id` is a UUID made where it was recorded: adding it twice is adding it once.

    `category` is `all`, or the names of its categories with ", " between; `whole` is false where the user asked for a part
    of it: such a record is kept and shown, and no trend, cause or alert follows from it. `simulated` tells whether tests
    and files are those of the simulation or of real pytest. `causes` is None where nobody looked for any. `observed_s` is
    this session's own measurement of a whole pytest process. `nodeids` are the tests by file: what stands behind `PATH::`;
    None where they are not known. `exit_code` is that of the command. `alerts` is what the project wants to be told of.
    """

    schema: Literal["muster.history/1"] = "muster.history/1"
    id: str
    kind: RecordKind
    recorded_at: str
    project: str
    muster: str = ""
    commit: str = ""
    branch: str = ""
    job: str = ""
    job_url: str = ""
    category: str = ALL_TESTS
    whole: bool = True
    command: str = ""
    python: str = ""
    pytest: str = ""
    exit_code: int = 0
    state: Literal["complete", "aborted"] = "complete"
    simulated: bool = True
    files_total: int = 0
    files_blocked: int = 0
    files_undecided: int = 0
    tests: int = 0
    blocked_tests: int = 0
    lost_tests: int = 0
    simulated_s: float | None = None
    observed_s: float | None = None
    run_s: float | None = None
    budget_s: float | None = None
    causes: tuple[RecordedCause, ...] | None = None
    files: tuple[RecordedFile, ...] = ()
    imports: tuple[RecordedImport, ...] = ()
    nodeids: dict[str, tuple[str, ...]] | None = None
    results: RecordedResults | None = None
    compared: ComparedTests | None = None
    missing: tuple[MissingDependency, ...] = ()
    services: tuple[RecordedService, ...] = ()
    alerts: AlertRules | None = None


class RecordSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A record in one row, for lists and trends. `diagnosed` tells whether causes were looked for.

    `open_causes` are those that make a check fail; `lost_tests` are silent losses that the check saw, `lost` and `gained`
    the tests that are not, or newly, there against the record before it, `shut` those not there because their file is blocked.
    """

    id: str
    kind: RecordKind
    recorded_at: str
    project: str
    commit: str
    branch: str
    job: str
    job_url: str
    category: str
    whole: bool
    simulated: bool
    diagnosed: bool
    state: str
    exit_code: int
    files_total: int
    files_blocked: int
    files_undecided: int
    tests: int
    blocked_tests: int
    lost_tests: int
    open_causes: int
    missing: int
    simulated_s: float | None
    observed_s: float | None
    run_s: float | None
    budget_s: float | None
    passed: int | None
    failed: int | None
    skipped: int | None
    lost: int
    gained: int
    shut: int

    @property
    def is_over_budget(self) -> bool:
        """Whether what was measured here broke its budget."""
        return self.observed_s is not None and self.budget_s is not None and self.observed_s > self.budget_s

    @property
    def health(self) -> Literal["aborted", "blocked", "failing", "slow", "healthy"]:
        """The worst thing that there is to say of it."""
        if self.state == "aborted":
            return "aborted"
        if self.files_blocked or self.blocked_tests:
            return "blocked"
        if self.open_causes or self.failed:
            return "failing"
        return "slow" if self.is_over_budget else "healthy"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a category stands: its newest whole record, preferably one that looked for causes, the newest one with
    measured seconds, and the newest one of a run."""

    project: str
    category: str
    branch: str
    latest: RecordSummary
    measured: RecordSummary | None = None
    ran: RecordSummary | None = None


class CauseEpisode(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a cause was there, from one record to another, in one category of one branch.

    `closed_at` is when a record first no longer had it, "" while it is open. The numbers are those of `last_record`.
    `fix_record` is the newest one that has a fix with a patch for it, "" where none has.
    """

    project: str
    category: str
    branch: str
    fingerprint: str
    code: str
    severity: str
    title: str
    subject: str
    path: str
    line: int
    blocked_tests: int
    victim_count: int
    lost_tests: int
    accepted: bool
    opened_at: str
    opened_commit: str
    opened_record: str
    last_at: str
    last_record: str
    fix_record: str = ""
    since_commit: str = ""
    since_author: str = ""
    since_date: str = ""
    closed_at: str = ""


class TestChange(msgspec.Struct, frozen=True, kw_only=True):
    """The tests of one record against those of the record before it in its category and branch: node ids, or their first."""

    __test__ = False

    record: str
    previous: str
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    shut: tuple[str, ...] = ()


class StoredToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token of a server: `digest` is all that is kept of its secret."""

    id: str
    name: str
    scope: Literal["read", "write"]
    digest: str
    created_at: str


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster push` sends; `records` are of one project or several."""

    schema: Literal["muster.push/1"] = "muster.push/1"
    records: tuple[HistoryRecord, ...]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a server did not take, and why."""

    id: str
    reason: str


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answers once everything in `accepted` is safe with it: `known` were there before."""

    schema: Literal["muster.pushed/1"] = "muster.pushed/1"
    accepted: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()


def nodeids_of(tests: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The node ids that `tests`, by file, stand for."""
    return [f"{path}::{name}" if name else path for path, names in tests.items() for name in names]
