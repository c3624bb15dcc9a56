"""A collection and its causes become the published Report: counted, ranked, numbered, relative to the root."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from muster import __version__
from muster.diagnosis import fingerprint
from muster.model.cause import Candidate, Cause, Remedy, Seen, Severity
from muster.model.collection import Collection, CollectorReport, Outcome, RaisedException, SessionState
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.model.location import Location
from muster.model.report import (
    Acceptance,
    CandidateReport,
    CauseReport,
    ConfirmationReport,
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
    VerdictState,
)
from muster.usecases.baseline_report import Comparison, baseline_report, since
from muster.usecases.report_paths import relative_path

_RULED_OUT = "not: "
_OUTCOME_ORDER = (Outcome.FAILED, Outcome.UNDECIDED, Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class Checked:
    """All that a Report is made of: `causes` in the order of the report, seconds of the whole check."""

    root: str
    collection: Collection
    invocation: Invocation
    environment: Environment
    causes: tuple[Cause, ...]
    started_at: str
    simulated_s: float
    observed_s: float | None = None
    observed_at: str | None = None
    budget_s: float | None = None
    categories: tuple[str, ...] = ()
    differences: tuple[DifferenceReport, ...] = ()
    notes: tuple[str, ...] = ()
    baseline: Comparison | None = None
    confirmation: ConfirmationReport | None = None
    seen: Mapping[str, Seen] = field(default_factory=dict)
    """How the outcome of files is known that were really collected."""


def make_report(checked: Checked) -> Report:
    """The Report of what was `checked`."""
    causes = checked.causes
    files = _file_reports(checked, causes)
    return Report(
        schema="muster.report/1",
        muster=__version__,
        root=checked.root,
        started_at=checked.started_at,
        commit=None,
        invocation=_invocation_summary(checked.invocation, checked.environment),
        categories=checked.categories,
        session=_session_summary(checked, causes),
        seconds=Seconds(
            simulated=round(checked.simulated_s, 3),
            observed=None if checked.observed_s is None else round(checked.observed_s, 3),
            budget=checked.budget_s,
            observed_at=checked.observed_at,
        ),
        totals=_totals(checked, causes, files),
        causes=tuple(_cause_report(checked, causes, position) for position in range(len(causes))),
        files=files,
        problems=tuple(
            ProblemReport(
                code=problem.code,
                path=relative_path(problem.location.path, checked.root),
                line=problem.location.line,
                message=problem.message,
            )
            for problem in checked.collection.problems
        ),
        services=(),
        baseline=None if checked.baseline is None else baseline_report(checked.baseline, causes, checked.root),
        notes=checked.notes,
        differences=checked.differences,
        confirmation=checked.confirmation,
    )


def _lost_count(cause: Cause) -> int:
    return max(cause.lost_count, len(cause.lost))


def _invocation_summary(invocation: Invocation, environment: Environment) -> InvocationSummary:
    return InvocationSummary(
        command=invocation.command,
        why=invocation.why,
        argv=invocation.argv,
        cwd=invocation.cwd,
        python=".".join(map(str, environment.version)),
        pytest=environment.pytest_version,
        import_mode=invocation.import_mode,
        environment=f"{environment.executable} ({environment.why})" if environment.why else environment.executable,
        inifile=None if invocation.inifile is None else relative_path(invocation.inifile, invocation.rootdir),
    )


def _session_summary(checked: Checked, causes: Sequence[Cause]) -> SessionSummary:
    session = checked.collection.session
    return SessionSummary(
        state="complete" if session.state is SessionState.COMPLETE else "aborted",
        cause=_aborting_cause(session.aborted_by, causes) if session.state is SessionState.ABORTED else None,
        pytest_exit=session.pytest_exit,
    )


def _aborting_cause(aborted_by: CollectorReport | None, causes: Sequence[Cause]) -> int | None:
    """The id of the session-wide cause that ended the session."""
    session_wide = [(position, cause) for position, cause in enumerate(causes, 1) if cause.scope == "session"]
    for position, cause in session_wide:
        if aborted_by is not None and cause.exception is not None and cause.exception == aborted_by.exception:
            return position
    return session_wide[0][0] if session_wide else None


def _totals(checked: Checked, causes: Sequence[Cause], files: Sequence[FileReport]) -> Totals:
    collection = checked.collection
    outcomes = Counter(file.outcome for file in files)
    open_causes = [cause for cause in causes if not cause.accepted]
    blocked_by_file = sum(len(items) for _, items in collection.blocked)
    return Totals(
        files=len(files),
        files_blocked=outcomes["failed"],
        files_skipped=outcomes["skipped"],
        files_undecided=outcomes["undecided"],
        tests=len(collection.items),
        blocked_tests=blocked_by_file or sum(cause.blocked_tests for cause in open_causes),
        lost_tests=sum(_lost_count(cause) for cause in open_causes),
        deselected=len(collection.deselected),
        estimated=bool(collection.estimated) or any(cause.estimated for cause in open_causes),
        unexpanded=sum(not item.expanded for item in collection.items),
    )


def _file_reports(checked: Checked, causes: Sequence[Cause]) -> tuple[FileReport, ...]:
    """One entry for each file in the session's order, then for the files and folders that never became collectors."""
    collection = checked.collection
    reports = _decisive_reports(collection.reports)
    nodes = Counter(item.path for item in collection.items)
    losses: Counter[str] = Counter()
    for loss in collection.losses:
        losses[loss.culprit.path] += max(loss.lost_count, len(loss.lost))
    cause_ids: dict[str, list[int]] = {}
    for position, cause in enumerate(causes, 1):
        for path in dict.fromkeys((*cause.victims, *([cause.culprit.path] if cause.lost and cause.culprit else []))):
            cause_ids.setdefault(path, []).append(position)
    blocked = {
        path for cause in causes if cause.severity is Severity.ERROR and not cause.lost for path in cause.victims
    }
    paths = dict.fromkeys((*collection.files, *reports, *(path for path, _ in collection.blocked), *sorted(blocked)))
    return tuple(
        _file_report(
            checked, path, reports.get(path), nodes[path], losses[path], tuple(cause_ids.get(path, ())), path in blocked
        )
        for path in paths
    )


def _file_report(
    checked: Checked,
    path: str,
    report: CollectorReport | None,
    nodes: int,
    lost: int,
    cause_ids: tuple[int, ...],
    is_blocked: bool,
) -> FileReport:
    outcome = report.outcome if report is not None else Outcome.COLLECTED
    if is_blocked and report is None and path not in checked.collection.files:
        outcome = Outcome.FAILED  # never reached: a conftest above it fails, or the session ends before
    return FileReport(
        path=relative_path(path, checked.root),
        outcome=outcome.value,
        nodes=nodes,
        lost_tests=lost,
        causes=cause_ids,
        seconds=None,
        exception=None if report is None else _exception_report(report.exception, checked.root),
        reason="" if report is None else report.reason,
        seen=checked.seen.get(path, Seen.SIMULATED).value,
    )


def _decisive_reports(reports: Iterable[CollectorReport]) -> dict[str, CollectorReport]:
    """For each path the report that settles its outcome: a failure of one class makes the file a failed one."""
    decisive: dict[str, CollectorReport] = {}
    for report in reports:
        known = decisive.get(report.path)
        if report.outcome in _OUTCOME_ORDER and (known is None or _precedes(report, known)):
            decisive[report.path] = report
    return decisive


def _precedes(report: CollectorReport, known: CollectorReport) -> bool:
    return _OUTCOME_ORDER.index(report.outcome) < _OUTCOME_ORDER.index(known.outcome)


def _exception_report(exception: RaisedException | None, root: str) -> ExceptionReport | None:
    if exception is None:
        return None
    frames = tuple(FrameReport(path=relative_path(frame.path, root), line=frame.line) for frame in exception.frames)
    return ExceptionReport(type=exception.type, message=exception.message, frames=frames)


def _cause_report(checked: Checked, causes: Sequence[Cause], position: int) -> CauseReport:
    cause, root = causes[position], checked.root
    return CauseReport(
        id=position + 1,
        fingerprint=fingerprint(cause, root),
        code=cause.code,
        severity=cause.severity.value,
        confidence=cause.confidence.value,
        seen=cause.seen.value,
        scope=cause.scope.value,
        title=cause.title,
        subject=cause.subject,
        message=cause.message,
        culprit=_place(cause.culprit, root),
        since=since(cause.since),
        evidence=tuple(
            EvidenceItem(
                kind=item.kind,
                text=item.text,
                path=relative_path(item.path, root) if item.path else "",
                line=item.line,
                commit=item.commit,
            )
            for item in cause.evidence
        ),
        victims=tuple(relative_path(path, root) for path in cause.victims),
        blocked_tests=cause.blocked_tests,
        lost=cause.lost,
        hides=tuple(
            other for other, behind in enumerate(causes, 1) if behind.subject in cause.hides and other != position + 1
        ),
        accepted=Acceptance(reason=cause.accepted, expires=cause.accepted_until) if cause.accepted else None,
        fixes=tuple(_fix(number, remedy) for number, remedy in enumerate(cause.remedies)),
        lost_count=_lost_count(cause),
        estimated=cause.estimated,
        candidates=tuple(candidate_report(candidate, root) for candidate in cause.candidates),
    )


def candidate_report(candidate: Candidate, root: str) -> CandidateReport:
    """The candidate as published."""
    return CandidateReport(
        module=candidate.module,
        name=candidate.name,
        change="renamed" if candidate.change == "renamed" else "moved",
        path=relative_path(candidate.path, root) if candidate.path else "",
        commit=candidate.commit.sha if candidate.commit else "",
        why=tuple(dict.fromkeys(each.kind for each in candidate.evidence)),
        tied=candidate.is_tied,
        renamed=dict(candidate.renamed),
    )


def _fix(number: int, remedy: Remedy) -> Fix:
    """A remedy that the diagnosis itself rules out (`not: ...`) is a refuted fix; all others are untried."""
    title = remedy.title.removeprefix(_RULED_OUT)
    state: VerdictState = "unproved" if title == remedy.title else "refuted"
    verdict = Verdict(state=state, by="", back=0, lost=0, new_failures=0, uncovers=(), reason="")
    return Fix(id=chr(ord("a") + number % 26), title=title, patch="", verdict=verdict)


def _place(location: Location | None, root: str) -> Place | None:
    if location is None:
        return None
    return Place(
        path=relative_path(location.path, root),
        line=location.line,
        column=location.column,
        end_line=location.end_line or location.line,
        text=location.text,
    )
