"""The published Report (`muster.report/1`): what `muster check` says, as one frozen value that every renderer reads.

Within a schema version keys are only added. Paths are relative to `root` with forward slashes; what lies outside of it
keeps its absolute path. Lines and columns are 1-based; line 0 means the file as a whole.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muster.model.service import ServiceStatus

SCHEMA_NAME = "muster.report/1"
NODEIDS_SCHEMA_NAME = "muster.nodeids/1"

VerdictState = Literal["proved", "partial", "refuted", "unproved"]


class CommitSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The commit that was checked; `dirty` is true where the work tree differs from it."""

    sha: str
    branch: str
    dirty: bool


class InvocationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Which pytest command was simulated, who said so (`why`), and on which interpreter (`environment`)."""

    command: str
    why: str
    argv: tuple[str, ...]
    cwd: str
    python: str
    pytest: str
    import_mode: str
    environment: str
    inifile: str | None = None


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How the session ends: `cause` is the id of the cause that aborts it, `pytest_exit` pytest's own exit code."""

    state: Literal["complete", "aborted"]
    cause: int | None
    pytest_exit: int


class Seconds(msgspec.Struct, frozen=True, kw_only=True):
    """What the simulation took, what real pytest took as a whole process where it was run, and the budget for that.

    `observed_at` is when that was (UTC, ISO 8601) where it was an earlier run, null where it was this check's own.
    """

    simulated: float
    observed: float | None
    budget: float | None
    observed_at: str | None = None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The counts. `estimated` is true where a number was counted from text; `unexpanded` are bare ids in `tests`."""

    files: int
    files_blocked: int
    files_skipped: int
    files_undecided: int
    tests: int
    blocked_tests: int
    lost_tests: int
    deselected: int
    estimated: bool
    unexpanded: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to change something; `text` is the statement's first line."""

    path: str
    line: int
    column: int
    end_line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """The commit that brought a cause."""

    commit: str
    author: str
    date: str
    subject: str


class CandidateReport(msgspec.Struct, frozen=True, kw_only=True):
    """Where what is missing may live today; `why` are the kinds of evidence for it, `tied` whether the next is as good.

    `renamed` are names that importers ask for, each to what it seems to be called there.
    """

    module: str
    name: str
    change: Literal["moved", "renamed"]
    path: str
    commit: str
    why: tuple[str, ...]
    tied: bool
    renamed: dict[str, str]


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """One fact that supports a cause."""

    kind: str
    text: str
    path: str
    line: int
    commit: str


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """Why a known cause is accepted for now, and until when."""

    reason: str
    expires: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a fix to a copy and collecting again showed; `unproved` where that was not tried."""

    state: VerdictState
    by: str
    back: int
    lost: int
    new_failures: int
    uncovers: tuple[str, ...]
    reason: str


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One way to put a cause right: in words, and as a unified diff where there is one."""

    id: str
    title: str
    patch: str
    verdict: Verdict


class CauseReport(msgspec.Struct, frozen=True, kw_only=True):
    """One root cause, as published. `fingerprint` survives edits that only move the culprit's line."""

    id: int
    fingerprint: str
    code: str
    severity: Literal["error", "warning", "note"]
    confidence: Literal["certain", "likely", "undecided"]
    seen: Literal["simulated", "observed", "confirmed"]
    scope: Literal["file", "folder", "session"]
    title: str
    subject: str
    message: str
    culprit: Place | None
    since: Since | None
    evidence: tuple[EvidenceItem, ...]
    victims: tuple[str, ...]
    blocked_tests: int
    lost: tuple[str, ...]
    hides: tuple[int, ...]
    accepted: Acceptance | None
    fixes: tuple[Fix, ...]
    lost_count: int = 0
    estimated: bool = False
    candidates: tuple[CandidateReport, ...] = ()


class FrameReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a traceback, outermost first."""

    path: str
    line: int


class ExceptionReport(msgspec.Struct, frozen=True, kw_only=True):
    """The innermost exception that ended a collector: its class name, its `str()`, and the way there."""

    type: str
    message: str
    frames: tuple[FrameReport, ...]

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """One collected file (or a folder whose conftest fails); `reason` says why it is skipped or undecided.

    `seen` is how that is known: `observed` where only the real run says so (`--confirm`), `confirmed` where both do.
    """

    path: str
    outcome: Literal["collected", "failed", "skipped", "undecided"]
    nodes: int
    lost_tests: int
    causes: tuple[int, ...]
    seconds: float | None
    exception: ExceptionReport | None
    reason: str = ""
    seen: Literal["simulated", "observed", "confirmed"] = "simulated"


class ProblemReport(msgspec.Struct, frozen=True, kw_only=True):
    """A file that could not be read or analysed, or a directive that is wrong."""

    code: str
    path: str
    line: int
    message: str


class BaselineLoss(msgspec.Struct, frozen=True, kw_only=True):
    """A test of the baseline that is silently gone: `cause` is the id of the cause in `causes` that says why, `commit` the
    commit that did it ("" where it is not known, or not committed)."""

    nodeid: str
    cause: int | None
    commit: str


class Renaming(msgspec.Struct, frozen=True, kw_only=True, rename={"before": "from", "after": "to"}):
    """A test that changed its node id."""

    before: str
    after: str


class BaselineChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change that lost tests, whatever their number: its cause, what it did, and the commit; `uncommitted` where it
    is in the work tree only."""

    cause: int | None
    change: str
    tests: int
    since: Since | None
    uncommitted: bool = False


class NewlyBlocked(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the baseline collects and that cannot be collected now; `tests` are those that it had there."""

    path: str
    cause: int | None
    tests: int


class BareComparison(msgspec.Struct, frozen=True, kw_only=True):
    """A file or test whose node ids were compared without their parameters, and why."""

    subject: str
    reason: str


class BaselineReport(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison with a baseline: `base` is its commit (or the record's file), `against` says how it was chosen.

    `lost` are silent losses only: each fails a gate, unless its cause is accepted. `deleted` went on purpose, `renamed` are
    there under another id. `changes` are the silent losses by what did it, the largest first. `tests` is how many the
    baseline has.
    """

    base: str
    lost: tuple[BaselineLoss, ...]
    deleted: tuple[str, ...]
    renamed: tuple[Renaming, ...]
    gained: tuple[str, ...]
    against: str = ""
    tests: int = 0
    changes: tuple[BaselineChange, ...] = ()
    blocked: tuple[NewlyBlocked, ...] = ()
    bare: tuple[BareComparison, ...] = ()


class ConfirmationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `--confirm` really collected: the whole session, or the `files` in doubt with those that they depend on."""

    extent: Literal["whole", "doubtful"]
    files: int


class DifferenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """One point where the simulation and the real run differ (`--confirm`)."""

    kind: str
    subject: str
    simulated: str
    observed: str


GateRuleName = Literal["causes", "tests", "categories", "budget", "losses"]


class GateRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the gate: what it found, and what to do about it; `unjudged` where there was nothing to judge it by."""

    rule: GateRuleName
    state: Literal["passed", "failed", "unjudged"]
    message: str
    advice: str


class GateReport(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the change may pass (`muster check --gate`), by rule; `exit_code` is the command's."""

    passed: bool
    exit_code: int
    rules: tuple[GateRule, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one check tells."""

    schema: Literal["muster.report/1"]
    muster: str
    root: str
    started_at: str
    commit: CommitSummary | None
    invocation: InvocationSummary
    categories: tuple[str, ...]
    session: SessionSummary
    seconds: Seconds
    totals: Totals
    causes: tuple[CauseReport, ...]
    files: tuple[FileReport, ...]
    problems: tuple[ProblemReport, ...]
    services: tuple[ServiceStatus, ...]
    baseline: BaselineReport | None
    notes: tuple[str, ...] = ()
    differences: tuple[DifferenceReport, ...] = ()
    gate: GateReport | None = None
    confirmation: ConfirmationReport | None = None


class NodeIds(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster collect --format json` prints; `unexpanded` are the bare ids that stand for all their parameters."""

    schema: Literal["muster.nodeids/1"]
    nodeids: tuple[str, ...]
    unexpanded: tuple[str, ...]
