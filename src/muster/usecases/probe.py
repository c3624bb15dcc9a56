"""`muster probe`: the real collection, traced; what it costs, what it changes, and who spoils whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from muster import __version__
from muster.model.collection import Collection, CollectorReport, Outcome
from muster.model.observation import Part
from muster.model.probe_report import (
    ChangeReport,
    ImportReport,
    OriginReport,
    Polluter,
    ProbedFailure,
    ProbedFile,
    ProbeReport,
    RunningThread,
)
from muster.model.report import DifferenceReport
from muster.model.trace import Change, ImportTiming, Origin, TracedSession
from muster.ports import FileTree, ReadFailure, TracedPytest
from muster.usecases.command import command_words
from muster.usecases.confirm import collection_difference, failures_by_path
from muster.usecases.order_dependence import Alone, collect_alone, same_failure
from muster.usecases.plan import FAILED, NO_TESTS, Plan
from muster.usecases.report_paths import relative_path

MOST_LOST = 20
MOST_ALONE = 20
# What a statement that makes a change mentions; the sentence that is quoted is the last such one.
_SIGNS = {
    "path": re.compile(r"\bpath\b|\baddsitedir\b"),
    "module": re.compile(r"\bmodules\b"),
    "meta_path": re.compile(r"\bmeta_path\b"),
    "filters": re.compile(r"\bwarn\w*|\bfilter\w*|\bpytestmark\b"),
}
# What the statement calls the thing by, where it names it at all (in a loop it does not).
_NAMES: Mapping[str, Callable[[str], str]] = {
    "path": lambda entry: entry.rstrip("/").rpartition("/")[2],
    "module": lambda name: name,
    "meta_path": lambda finder: finder.rpartition(".")[2],
}


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """What is asked for beyond the session: whether failing files are collected alone too."""

    alone: bool = True


def probe(
    traced: TracedPytest, plan: Plan, tree: FileTree, request: ProbeRequest, simulated: Collection | None = None
) -> ProbeReport:
    """The session of `plan` as it really goes, held against `simulated` where that is given. Runs the project's code."""
    argv = command_words(plan.command)
    session = collect_past_losses(traced, argv, plan.cwd)
    failures = failures_by_path(session.collection)
    lost = {report.path for report in session.lost}
    asked = [path for path in failures if path in session.collection.files and path not in lost]
    alone = collect_alone(traced, argv, plan.cwd, session, tree, asked[:MOST_ALONE]) if request.alone and asked else {}
    differences = None if simulated is None else collection_difference(simulated, session.collection)
    return _report(plan, session, alone, failures, tree, differences)


def probe_exit_code(report: ProbeReport) -> int:
    """1 where a file fails or the simulation differs, 5 where there are no tests, else 0."""
    if report.failures or report.differences:
        return FAILED
    return 0 if report.tests else NO_TESTS


def collect_past_losses(traced: TracedPytest, argv: Sequence[str], cwd: str) -> TracedSession:
    """One whole session; a file that ends the process is left out, and the session begun again without it."""
    first = latest = traced.probe(argv, cwd)
    lost: list[CollectorReport] = []
    while len(lost) < MOST_LOST:
        ended_by = latest.collection.session.aborted_by
        known = {report.path for report in lost}
        if ended_by is None or ended_by.path in known:
            break
        if ended_by.path not in latest.collection.files and not ended_by.path.endswith("/conftest.py"):
            break
        lost.append(ended_by)
        latest = traced.probe(argv, cwd, Part(skip=frozenset(report.path for report in lost)))
    if not lost:
        return first
    collection = replace(
        latest.collection,
        session=first.collection.session,
        reports=(*latest.collection.reports, *(replace(report, outcome=Outcome.FAILED) for report in lost)),
        seconds=first.collection.seconds,
    )
    return replace(latest, collection=collection, moments=first.moments, lost=tuple(lost))


def _report(
    plan: Plan,
    session: TracedSession,
    alone: Mapping[str, Alone],
    failures: Mapping[str, CollectorReport],
    tree: FileTree,
    differences: Sequence[DifferenceReport] | None,
) -> ProbeReport:
    collection, places = session.collection, _Places(plan.root, tree)
    tests: dict[str, int] = {}
    for item in collection.items:
        tests[item.path] = tests.get(item.path, 0) + 1
    skipped = {report.path for report in collection.reports if report.outcome is Outcome.SKIPPED}
    outcomes = dict.fromkeys(skipped, "skipped") | dict.fromkeys(failures, "failed")
    return ProbeReport(
        schema="muster.probe/1",
        muster=__version__,
        root=plan.root,
        command=plan.command.text,
        seconds=collection.seconds or 0.0,
        tests=len(collection.items),
        state=collection.session.state,
        pytest_exit=collection.session.pytest_exit,
        moments=dict(session.moments),
        files=tuple(
            ProbedFile(
                path=relative_path(path, plan.root),
                seconds=session.file_seconds.get(path, 0.0),
                outcome=outcomes.get(path, "collected"),
                tests=tests.get(path, 0),
            )
            for path in collection.files
        ),
        failures=tuple(
            _failure(report, alone.get(path), session.origins.get(report.nodeid, ()), places)
            for path, report in failures.items()
        ),
        changes=tuple(map(places.change, session.changes)),
        imports=tuple(places.timing(timing) for timing in session.imports),
        threads=session.threads,
        differences=None if differences is None else tuple(differences),
        notes=tuple(_notes(session, failures, alone)),
        running=tuple(_running(session, places)),
    )


def _notes(
    session: TracedSession, failures: Mapping[str, CollectorReport], alone: Mapping[str, Alone]
) -> Sequence[str]:
    notes = [
        f"{report.nodeid or report.path} ended the process: the rest was collected without it"
        for report in session.lost
    ]
    if alone and len(alone) < len(failures) - len(session.lost):
        notes.append(f"{len(alone)} of {len(failures)} failing files were collected alone")
    return notes


def _running(session: TracedSession, places: _Places) -> Iterator[RunningThread]:
    started = {change.value: change for change in session.changes if change.kind == "thread"}
    for name in session.threads:
        if name not in started:
            yield RunningThread(name=name, path="", line=0, text="")
            continue
        change = places.change(started[name])
        yield RunningThread(name=name, path=change.path, line=change.line, text=change.text)


def _failure(report: CollectorReport, alone: Alone | None, origins: Sequence[Origin], places: _Places) -> ProbedFailure:
    frames = report.exception.frames if report.exception is not None else ()
    return ProbedFailure(
        nodeid=report.nodeid,
        path=places.relative(report.path),
        exception=str(report.exception or report.reason),
        frames=tuple(f"{places.relative(frame.path)}:{frame.line}" for frame in frames),
        alone=_words(report, alone),
        polluter=_polluter(alone, places),
        origins=tuple(
            OriginReport(
                relation=origin.relation,
                exception=f"{origin.type}: {origin.message}" if origin.message else origin.type,
                frames=tuple(f"{places.relative(frame.path)}:{frame.line}" for frame in origin.frames),
            )
            for origin in origins
        ),
        note="" if alone is None or alone.polluter or same_failure(alone.report, report) else "no single file does it",
    )


def _words(report: CollectorReport, alone: Alone | None) -> str:
    if alone is None:
        return ""
    if alone.report is None:
        return "collected"
    return "the same" if same_failure(alone.report, report) else str(alone.report.exception)


def _polluter(alone: Alone | None, places: _Places) -> Polluter | None:
    if alone is None or not alone.polluter:
        return None
    change = places.change(alone.change) if alone.change is not None else None
    return Polluter(path=places.relative(alone.polluter), by=alone.by, change=change)


class _Places:
    """Paths as the report spells them, and the statements that stand there."""

    def __init__(self, root: str, tree: FileTree) -> None:
        self._root, self._tree = root, tree
        self._lines: dict[str, list[str]] = {}

    def relative(self, path: str) -> str:
        return relative_path(path, self._root)

    def timing(self, timing: ImportTiming) -> ImportReport:
        return ImportReport(
            name=timing.name,
            file=self.relative(timing.file),
            asked_by=self.relative(timing.asker.path),
            line=timing.asker.line,
            during=self.relative(timing.during),
            seconds=timing.seconds,
            own_seconds=timing.own_seconds,
            succeeded=timing.succeeded,
        )

    def change(self, change: Change) -> ChangeReport:
        """The change with the innermost statement of the project that led to it, else the innermost one."""
        own = [frame for frame in change.frames if self._is_own(frame.path)]
        frame = (own or change.frames)[-1]
        line = frame.line if change.is_exact else self._line_that_says(change, frame.path, frame.line)
        lines = self._source(frame.path)
        value = self.relative(change.value) if change.kind in ("path", "cwd") else change.value
        return ChangeReport(
            kind=change.kind,
            sign=change.sign,
            value=value,
            path=self.relative(frame.path),
            line=line,
            text=lines[line - 1].strip() if 0 < line <= len(lines) else "",
            during=self.relative(change.during),
            exact=change.is_exact,
            project=bool(own),
        )

    def _is_own(self, path: str) -> bool:
        return path.startswith(f"{self._root.rstrip('/')}/") and "/site-packages/" not in path

    def _line_that_says(self, change: Change, path: str, last: int) -> int:
        """The last line up to `last` (0: of all) that mentions what was changed and what it became, else only the former;
        `last` where none does."""
        lines = self._source(path)
        sign = _SIGNS.get(change.kind)
        if sign is None:
            return last
        upto = range(min(last, len(lines)) if last else len(lines), 0, -1)
        mentions = [number for number in upto if sign.search(lines[number - 1])]
        name = _NAMES[change.kind](change.value) if change.kind in _NAMES else ""
        named = (
            number
            for number in mentions
            if name and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", lines[number - 1])
        )
        return next(named, next(iter(mentions), last))

    def _source(self, path: str) -> list[str]:
        if path not in self._lines:
            try:
                self._lines[path] = self._tree.read(path).decode("utf-8", "replace").splitlines()
            except ReadFailure:
                self._lines[path] = []
        return self._lines[path]
