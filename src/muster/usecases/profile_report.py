"""A profiled session becomes the published `muster.profile/1`."""

from __future__ import annotations

from collections.abc import Iterable

from muster import __version__
from muster.fixes import unified_diff
from muster.model.profile import HeavyImport, HeavyStatement, Part
from muster.model.profile_report import (
    FileCost,
    HeavyReport,
    ModuleCost,
    PartSeconds,
    ProfileReport,
    StatementUse,
)
from muster.ports import FileTree
from muster.profiling.dominators import dominated_weights
from muster.profiling.graph import ROOT
from muster.profiling.spans import seconds_by_part
from muster.usecases.confirm import failures_by_path
from muster.usecases.defer import NOTHING_TRIED, Deferred
from muster.usecases.profile import Profiled
from muster.usecases.report import make_report
from muster.usecases.report_paths import relative_path
from muster.usecases.source_text import source_line

MOST_MODULES = 200
"""So many of the heaviest modules are told; the chart has them all."""


def make_profile_report(
    found: Profiled,
    tree: FileTree,
    deferred: Deferred = NOTHING_TRIED,
    applied: Iterable[str] = (),
) -> ProfileReport:
    """The published form of `found`, with what was tried to be deferred."""
    root, collection = found.plan.root, found.session.collection
    return ProfileReport(
        schema="muster.profile/1",
        muster=__version__,
        root=root,
        command=found.plan.command.text,
        seconds=found.spans.seconds,
        budget=found.plan.budget_s,
        tests=len(collection.items),
        failed=len(failures_by_path(collection).keys() | {report.path for report in found.session.lost}),
        parts=_parts(found),
        modules=_modules(found),
        files=_files(found),
        heavy=tuple(_heavy(each, tree, root) for each in found.heavy),
        causes=make_report(found.checked).causes,
        deferrals=deferred.deferrals,
        together=deferred.together,
        patch=unified_diff(deferred.changes, root),
        applied=tuple(applied),
        notes=found.notes,
    )


def _parts(found: Profiled) -> tuple[PartSeconds, ...]:
    seconds = seconds_by_part(found.spans)
    return tuple(PartSeconds(part=part.value, seconds=seconds[part]) for part in Part)


def _modules(found: Profiled) -> tuple[ModuleCost, ...]:
    """The modules that take most, by themselves or with what they alone pull in; those that pytest itself needs left out."""
    graph, root = found.graph, found.plan.root
    targets = graph.targets()
    alone = dominated_weights(ROOT, targets, graph.seconds)
    counts = dominated_weights(ROOT, targets, dict.fromkeys(graph.seconds, 1.0))
    askers = {timing.file or timing.name: timing.asker for timing in reversed(found.session.imports)}
    shown = [node for node in graph.seconds if graph.parts.get(node) is not Part.PYTEST]
    ranked = sorted(shown, key=lambda node: (-max(graph.seconds[node], alone.get(node, 0.0)), node))
    costs = []
    for node in ranked[:MOST_MODULES]:
        asker = askers.get(graph.files[node] or graph.names[node])
        costs.append(
            ModuleCost(
                name=graph.names[node],
                file=relative_path(graph.files[node], root) if graph.files[node] else "",
                part=graph.parts.get(node, Part.THIRD_PARTY).value,
                own_seconds=graph.seconds[node],
                seconds=graph.total_seconds[node],
                alone_seconds=alone.get(node, 0.0),
                alone_modules=round(counts.get(node, 1.0)),
                asked_by=relative_path(asker.path, root) if asker is not None and asker.path else "",
                line=asker.line if asker is not None else 0,
            )
        )
    return tuple(costs)


def _files(found: Profiled) -> tuple[FileCost, ...]:
    """The test files, those that take most first."""
    session, root = found.session, found.plan.root
    tests: dict[str, int] = {}
    for item in session.collection.items:
        tests[item.path] = tests.get(item.path, 0) + 1
    parameters: dict[str, float] = {}
    for step in session.steps:
        if step.kind == "parameters":
            file = f"{found.simulation.invocation.rootdir.rstrip('/')}/{step.name.partition('::')[0]}"
            parameters[file] = parameters.get(file, 0.0) + step.seconds
    costs = [
        FileCost(
            path=relative_path(path, root),
            seconds=session.file_seconds.get(path, 0.0),
            parameter_seconds=parameters.get(path, 0.0),
            tests=tests.get(path, 0),
        )
        for path in session.collection.files
    ]
    return tuple(sorted(costs, key=lambda cost: (-cost.seconds, cost.path)))


def _heavy(heavy: HeavyImport, tree: FileTree, root: str) -> HeavyReport:
    return HeavyReport(
        module=heavy.module,
        path=relative_path(heavy.path, root) if heavy.path else "",
        seconds=heavy.seconds,
        modules=heavy.modules,
        deferrable=heavy.is_deferrable,
        blocked_by=heavy.blocked_by,
        statements=tuple(_statement(each, tree, root) for each in heavy.statements),
    )


def _statement(statement: HeavyStatement, tree: FileTree, root: str) -> StatementUse:
    return StatementUse(
        path=relative_path(statement.path, root),
        line=statement.line,
        text=source_line(tree, statement.path, statement.line),
        names=statement.aliases,
        use=statement.use,
        why=statement.why,
        use_line=statement.use_line,
    )
