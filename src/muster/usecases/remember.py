"""What is remembered of a check, a collection or a run: records made of their reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from muster import __version__
from muster.model.alert import AlertRules
from muster.model.collection import Collection, Item, Outcome
from muster.model.memory import (
    ALL_TESTS,
    ComparedTests,
    HistoryRecord,
    MissingDependency,
    RecordedCause,
    RecordedFile,
    RecordedFix,
    RecordedImport,
    RecordedResults,
    RecordedService,
    RecordKind,
    ResolvedImport,
)
from muster.model.probe_report import ProbeReport
from muster.model.report import CauseReport, FileReport, Fix, Report
from muster.model.run_report import RunReport
from muster.usecases.plan import Plan
from muster.usecases.report_paths import relative_path
from muster.usecases.wire import MOST_CAUSES, MOST_NAME

MOST_VICTIMS, MOST_EVIDENCE, MOST_COMPARED, MOST_IMPORTS = 500, 50, 2_000, 3_000
_PROVIDED_BY = " is provided by "
_NOTHING: Mapping[str, tuple[ResolvedImport, ...]] = {}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a record comes from; `id` is new for each."""

    id: str
    recorded_at: str
    project: str
    commit: str = ""
    branch: str = ""
    job: str = ""
    job_url: str = ""
    categories: tuple[str, ...] = ()
    whole: bool = True
    alerts: AlertRules | None = None

    def begin(self, kind: RecordKind, exit_code: int) -> HistoryRecord:
        """A record that says no more than this."""
        return HistoryRecord(
            id=self.id,
            kind=kind,
            recorded_at=self.recorded_at,
            project=self.project,
            muster=__version__,
            commit=self.commit,
            branch=self.branch[:MOST_NAME],
            job=self.job[:MOST_NAME],
            job_url=self.job_url,
            category=", ".join(self.categories)[:MOST_NAME] or ALL_TESTS,
            whole=self.whole,
            exit_code=exit_code,
            alerts=self.alerts,
        )


def remember_report(
    provenance: Provenance,
    kind: RecordKind,
    report: Report,
    exit_code: int,
    items: Iterable[Item] | None = None,
    imports: Mapping[str, tuple[ResolvedImport, ...]] = _NOTHING,
) -> HistoryRecord:
    """The record of a check; `items` are its tests, `imports` those of the files that fail, by absolute path."""
    imports = {relative_path(path, report.root): each for path, each in imports.items()}
    is_complete = report.session.state == "complete"
    own_time = report.seconds.observed if report.seconds.observed_at is None else None
    fingerprints = {cause.id: cause.fingerprint for cause in report.causes}
    record = provenance.begin(kind, exit_code)
    totals = report.totals
    return replace(
        record,
        command=report.invocation.command,
        python=report.invocation.python,
        pytest=report.invocation.pytest,
        state=report.session.state,
        simulated=kind == "check",
        files_total=totals.files,
        files_blocked=totals.files_blocked,
        files_undecided=totals.files_undecided,
        tests=totals.tests,
        blocked_tests=totals.blocked_tests,
        lost_tests=totals.lost_tests,
        simulated_s=report.seconds.simulated,
        observed_s=own_time,
        budget_s=report.seconds.budget,
        causes=tuple(map(_cause, report.causes[:MOST_CAUSES])),
        files=tuple(_file(file, fingerprints, imports.get(file.path, ())) for file in report.files),
        # Of a session that broke off the tests that it had by then say nothing of those that are there.
        nodeids=_by_file(items, report.root) if items is not None and is_complete else None,
        compared=_compared(report),
        missing=tuple(_missing(report.causes)),
    )


def remember_listing(
    provenance: Provenance, collection: Collection, plan: Plan, exit_code: int, simulated_s: float
) -> HistoryRecord:
    """The record of `muster collect`: no causes were looked for."""
    return replace(
        _collected(provenance.begin("collect", exit_code), collection, plan),
        simulated=True,
        simulated_s=round(simulated_s, 3),
    )


def remember_observed(
    provenance: Provenance, kind: RecordKind, collection: Collection, plan: Plan, exit_code: int, *, alone: bool = True
) -> HistoryRecord:
    """The record of a real collection; its seconds count where one process collected it `alone`."""
    seconds = None if collection.seconds is None or not alone else round(collection.seconds, 3)
    return replace(_collected(provenance.begin(kind, exit_code), collection, plan), simulated=False, observed_s=seconds)


def remember_run(provenance: Provenance, report: RunReport) -> HistoryRecord:
    """The record of a run: the simulated collection with its causes, and what became of the tests."""
    record = remember_report(provenance, "run", report.collection, report.exit_code)
    totals, services = report.totals, report.services
    tests: dict[str, list[str]] = {}
    for test in report.tests:
        tests.setdefault(test.path, []).append(test.nodeid.partition("::")[2])
    names = RecordedResults.__struct_fields__
    return replace(
        record,
        simulated_s=report.seconds.simulated,
        run_s=report.seconds.total,
        nodeids={path: tuple(names) for path, names in tests.items()} if record.state == "complete" else None,
        results=RecordedResults(**{name: getattr(totals, name) for name in names}),
        services=tuple(
            RecordedService(name=each.name, kind=each.kind, state=each.state, message=each.message) for each in services
        ),
    )


def remember_probe(provenance: Provenance, report: ProbeReport, plan: Plan, exit_code: int) -> HistoryRecord:
    """The record of a traced collection, with the seconds of each file and the heaviest of its imports."""
    exceptions = {failure.path: failure.exception for failure in report.failures}
    files = [
        RecordedFile(
            path=file.path,
            outcome="failed" if file.outcome == "failed" else "skipped" if file.outcome == "skipped" else "collected",
            tests=file.tests,
            seconds=file.seconds,
            exception=exceptions.get(file.path, ""),
        )
        for file in report.files
    ]
    heaviest = sorted(report.imports, key=lambda each: -each.seconds)[:MOST_IMPORTS]
    return replace(
        provenance.begin("probe", exit_code),
        command=report.command,
        simulated=False,
        state="complete" if report.state == "complete" else "aborted",
        files_total=len(files),
        files_blocked=sum(file.outcome == "failed" for file in files),
        tests=report.tests,
        observed_s=round(report.seconds, 3),
        budget_s=plan.budget_s,
        files=tuple(files),
        imports=tuple(
            RecordedImport(
                name=each.name,
                file=each.file,
                asked_by=each.asked_by,
                line=each.line,
                during=each.during,
                seconds=each.seconds,
                own_seconds=each.own_seconds,
            )
            for each in heaviest
        ),
    )


def _collected(record: HistoryRecord, collection: Collection, plan: Plan) -> HistoryRecord:
    """`record` with what was collected, and no causes."""
    failed = {report.path for report in collection.reports if report.outcome is Outcome.FAILED}
    undecided = {report.path for report in collection.reports if report.outcome is Outcome.UNDECIDED}
    tests = _by_file(collection.items, plan.root)
    paths = [relative_path(path, plan.root) for path in dict.fromkeys((*collection.files, *sorted(failed)))]
    shown = {relative_path(path, plan.root) for path in failed}
    return replace(
        record,
        command=plan.command.text,
        state="complete" if collection.session.state == "complete" else "aborted",
        files_total=len(paths),
        files_blocked=len(failed),
        files_undecided=len(undecided),
        tests=len(collection.items),
        budget_s=plan.budget_s,
        files=tuple(
            RecordedFile(
                path=path, outcome="failed" if path in shown else "collected", tests=len(tests.get(path, ()))
            )
            for path in paths
        ),
        nodeids=tests if collection.session.state == "complete" else None,
    )  # fmt: skip


def _by_file(items: Iterable[Item], root: str) -> dict[str, tuple[str, ...]]:
    """The tests by file: what stands behind the file's name in their node ids."""
    paths: dict[str, str] = {}
    tests: dict[str, list[str]] = {}
    for item in items:
        path = paths.get(item.path) or paths.setdefault(item.path, relative_path(item.path, root))
        tests.setdefault(path, []).append(item.nodeid.partition("::")[2])
    return {path: tuple(names) for path, names in tests.items()}


def _cause(cause: CauseReport) -> RecordedCause:
    place = cause.culprit
    return RecordedCause(
        fingerprint=cause.fingerprint,
        code=cause.code,
        severity=cause.severity,
        confidence=cause.confidence,
        scope=cause.scope,
        title=cause.title,
        subject=cause.subject,
        message=cause.message,
        path=place.path if place else "",
        line=place.line if place else 0,
        text=place.text if place else "",
        since=cause.since,
        evidence=tuple(item.text for item in cause.evidence[:MOST_EVIDENCE]),
        victims=cause.victims[:MOST_VICTIMS],
        victim_count=len(cause.victims),
        blocked_tests=cause.blocked_tests,
        lost_tests=cause.lost_count,
        accepted=cause.accepted is not None,
        fix=_best_fix(cause.fixes),
    )


def _best_fix(fixes: Iterable[Fix]) -> RecordedFix | None:
    states = ("proved", "partial", "unproved")
    open_ones = [fix for fix in fixes if fix.verdict.state in states]
    if not open_ones:
        return None
    best = min(open_ones, key=lambda fix: (states.index(fix.verdict.state), not fix.patch))
    return RecordedFix(title=best.title, patch=best.patch, state=best.verdict.state)


def _file(
    file: FileReport, fingerprints: Mapping[int, str], imports: tuple[ResolvedImport, ...]
) -> RecordedFile:  # fmt: skip
    return RecordedFile(
        path=file.path,
        outcome=file.outcome,
        tests=file.nodes,
        seconds=file.seconds,
        causes=tuple(fingerprints[each] for each in file.causes if each in fingerprints),
        exception=str(file.exception) if file.exception else file.reason,
        imports=imports,
    )


def _compared(report: Report) -> ComparedTests | None:
    baseline = report.baseline
    if baseline is None:
        return None
    return ComparedTests(
        base=baseline.base,
        lost=tuple(loss.nodeid for loss in baseline.lost[:MOST_COMPARED]),
        gained=baseline.gained[:MOST_COMPARED],
        deleted=len(baseline.deleted),
        renamed=len(baseline.renamed),
    )


def _missing(causes: Iterable[CauseReport]) -> Iterable[MissingDependency]:
    for cause in causes:
        if cause.code == "M107":
            provided = [item.text for item in cause.evidence if item.kind == "provider" and _PROVIDED_BY in item.text]
            distribution = provided[0].partition(_PROVIDED_BY)[2].partition(" ")[0] if provided else ""
            yield MissingDependency(
                module=cause.subject, distribution=distribution, blocked_tests=cause.blocked_tests
            )  # fmt: skip
