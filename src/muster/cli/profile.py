"""`muster profile`: the report, the charts, and on request the fixes."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from muster.cli.recording import record_observed
from muster.cli.reports import known_format, write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.model.profile_report import ProfileReport
from muster.profiling.spans import Span
from muster.render.flame import render_flame
from muster.render.json import render_json
from muster.render.layout import Canvas
from muster.render.profile import render_profile
from muster.render.traces import render_perfetto, render_speedscope
from muster.usecases.defer import NOTHING_TRIED, defer_imports
from muster.usecases.profile import Profiled, profile, profile_exit_code
from muster.usecases.profile_report import make_profile_report
from muster.wiring import Choices, Workspace, open_workspace, paired_runs, project_writer, read_data

_MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """What `muster profile` was asked for beyond the session."""

    fix: bool = False
    apply: bool = False
    rounds: int = 5
    html: str = ""
    speedscope: str = ""
    perfetto: str = ""
    file_timeout_s: float = 120.0
    format: str = "text"
    output: str = ""
    verbose: bool = False


def run_profile(choices: Choices, options: ProfileOptions) -> int:
    """Collect for real, tell where the time went; 1 for a cause about time of severity error, 5 for no tests."""
    known_format(options.format)
    if options.file_timeout_s <= 0:
        raise UsageError(f"--file-timeout {options.file_timeout_s:g}: it takes seconds, more than 0")
    if not 1 <= options.rounds <= _MOST_ROUNDS:
        raise UsageError(f"--rounds {options.rounds}: it takes a number from 1 to {_MOST_ROUNDS}")
    with open_workspace(choices) as workspace:
        traced = workspace.traced(options.file_timeout_s, profiled=True)
        found = profile(
            workspace.ports, workspace.clock, workspace.plan, traced, workspace.observed, workspace.observations
        )
        report = _report(workspace, found, options)
        exit_code = profile_exit_code(report)
        record_observed(workspace, choices, "probe", found.session.collection, exit_code)
    _write_charts(found.spans, report, options)
    if options.format == "json":
        write_text(render_json(report), options.output)
    else:
        in_file = Canvas(100)
        canvas = in_file if options.output else canvas_for(sys.stdout, environment_variables(), verbose=options.verbose)
        write_text(
            render_profile(report, canvas, verbose=options.verbose), "" if options.output == "-" else options.output
        )
    return exit_code


def _report(workspace: Workspace, found: Profiled, options: ProfileOptions) -> ProfileReport:
    deferred = NOTHING_TRIED
    if options.fix and found.deferrable:
        deferred = defer_imports(workspace.ports, found, paired_runs(workspace), options.rounds)
    applied: list[str] = []
    if options.apply and deferred.changes:
        project_writer(workspace.plan.root).apply(deferred.changes)
        prefix = workspace.plan.root.rstrip("/") + "/"
        applied = [change.path.removeprefix(prefix) for change in deferred.changes]
    return make_profile_report(found, workspace.ports.tree, deferred, applied)


def _write_charts(spans: Span, report: ProfileReport, options: ProfileOptions) -> None:
    if options.html:
        write_text(render_flame(spans, report, read_data("flame.css"), read_data("flame.js")), options.html)
    if options.speedscope:
        write_text(render_speedscope(spans, report.command), options.speedscope)
    if options.perfetto:
        write_text(render_perfetto(spans, report.command), options.perfetto)
