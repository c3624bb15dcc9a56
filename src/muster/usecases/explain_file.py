"""`muster explain PATH`: what becomes of one file in the session, frame by frame, and what would if it were alone."""

from __future__ import annotations

from dataclasses import dataclass

from muster.errors import UsageError
from muster.model.collection import Collection, CollectorReport, Frame, Outcome, PathEffect
from muster.model.report import CauseReport, Report
from muster.ports import Clock, FileTree
from muster.usecases.alone import plan_of_file
from muster.usecases.check import check
from muster.usecases.plan import Plan
from muster.usecases.report_paths import relative_path
from muster.usecases.simulate import Ports, simulate
from muster.usecases.source_text import source_line

NOT_COLLECTED = "not collected"


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """One step towards the exception: where it stands, and the statement there."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class FileStory:
    """What one session makes of the file: its outcome, its tests, and the way to its exception."""

    command: str
    outcome: str
    tests: int
    exception: str = ""
    reason: str = ""
    frames: tuple[ShownFrame, ...] = ()


@dataclass(frozen=True, slots=True)
class FileExplanation:
    """The file in the session and alone; `before` are the statements of earlier files that changed the search path."""

    path: str
    session: FileStory
    alone: FileStory
    causes: tuple[CauseReport, ...] = ()
    before: tuple[ShownFrame, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether collecting the file alone would show something else."""
        ours, alone = self.session, self.alone
        return (ours.outcome, ours.exception, ours.tests) != (alone.outcome, alone.exception, alone.tests)


def explain_file(ports: Ports, clock: Clock, plan: Plan, path: str) -> FileExplanation:
    """The story of the file at the absolute `path`. Raises `UsageError` where no session collects it."""
    simulation = simulate(ports, plan.request)
    alone_plan = plan_of_file(plan, path)
    alone = simulate(ports, alone_plan.request).collection
    report = check(ports, clock, plan)
    collection = simulation.collection
    if not _is_known(collection, path) and not _is_known(alone, path):
        raise UsageError(f"{relative_path(path, plan.root)} is collected neither in this session nor alone")
    return FileExplanation(
        path=relative_path(path, plan.root),
        session=_story(ports.tree, plan, collection, path),
        alone=_story(ports.tree, alone_plan, alone, path),
        causes=_causes_of(report, relative_path(path, plan.root)),
        before=tuple(_shown_effect(effect, plan.root) for effect in _effects_before(collection, path)),
    )


def _is_known(collection: Collection, path: str) -> bool:
    return (
        path in collection.files
        or any(report.path == path for report in collection.reports)
        or any(blocked == path for blocked, _ in collection.blocked)
        or (collection.session.aborted_by is not None and collection.session.aborted_by.path == path)
    )


def _story(tree: FileTree, plan: Plan, collection: Collection, path: str) -> FileStory:
    tests = sum(item.path == path for item in collection.items)
    report = _decisive(collection, path)
    if report is None:
        return FileStory(plan.command.text, _unreported_outcome(collection, path), tests)
    exception = report.exception
    return FileStory(
        command=plan.command.text,
        outcome=report.outcome.value,
        tests=tests,
        exception=str(exception) if exception is not None else "",
        reason=report.reason,
        frames=tuple(_shown_frame(tree, frame, plan.root) for frame in exception.frames)
        if exception is not None
        else (),
    )


def _unreported_outcome(collection: Collection, path: str) -> str:
    if any(blocked == path for blocked, _ in collection.blocked):
        return "not reached"
    return "collected" if path in collection.files else NOT_COLLECTED


def _decisive(collection: Collection, path: str) -> CollectorReport | None:
    """The report that settles the file's outcome: a failure before anything else, the file's own before a class's."""
    reports = [report for report in collection.reports if report.path == path]
    aborted_by = collection.session.aborted_by
    if aborted_by is not None and aborted_by.path == path:
        reports.insert(0, aborted_by)
    reports.sort(key=lambda report: report.outcome is not Outcome.FAILED)
    return reports[0] if reports else None


def _causes_of(report: Report, path: str) -> tuple[CauseReport, ...]:
    return tuple(
        cause
        for cause in report.causes
        if path in cause.victims or (cause.culprit is not None and cause.culprit.path == path)
    )


def _effects_before(collection: Collection, path: str) -> list[PathEffect]:
    """What earlier files and conftests did to the search path and to `sys.modules`."""
    position = collection.files.index(path) if path in collection.files else len(collection.files)
    later = frozenset(collection.files[position:])
    return [effect for effect in collection.effects if effect.during not in later and effect.culprit.line]


def _shown_effect(effect: PathEffect, root: str) -> ShownFrame:
    verbs = {"insert": "puts", "append": "appends", "remove": "takes", "assign": "sets", "module": "replaces"}
    value = relative_path(effect.value, root)
    where = (
        "in sys.modules" if effect.kind == "module" else "off sys.path" if effect.kind == "remove" else "on sys.path"
    )
    place = f"{relative_path(effect.culprit.path, root)}:{effect.culprit.line}"
    return ShownFrame(place, f"{verbs.get(effect.kind, effect.kind)} {value} {where}")


def _shown_frame(tree: FileTree, frame: Frame, root: str) -> ShownFrame:
    return ShownFrame(f"{relative_path(frame.path, root)}:{frame.line}", source_line(tree, frame.path, frame.line))
