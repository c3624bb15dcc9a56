"""`muster run`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from muster.cli.recording import record_observed, record_run
from muster.cli.reports import Target, parse_target, write_report, write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.model.collection import Collection
from muster.model.report import Report
from muster.render.escape import escape_text
from muster.render.json import render_json
from muster.render.layout import Canvas
from muster.render.run import NO_CLOSING_LINE, render_categories, render_collected, render_nothing_ran
from muster.usecases.check import check
from muster.usecases.collect_observed import collect_observed
from muster.usecases.run import run_tests
from muster.wiring import Choices, RunChoices, find_settings, open_run, open_workspace, stream_view

FORMATS_OF_A_RUN = ("json", "sarif", "github", "gitlab", "markdown", "html")
"""All but JSON tell of its collection only, as those of `muster check` do."""


def run_run(choices: Choices, run: RunChoices, reports: Sequence[str]) -> int:
    """Run what `choices` select, write every report, and return the exit code."""
    targets = [_target(text) for text in reports]
    signal.signal(signal.SIGTERM, _as_interrupt)
    canvas = _canvas()
    view = stream_view(sys.stdout, canvas.width if sys.stdout.isatty() else 0)
    with open_workspace(choices) as workspace, open_run(workspace, choices, run, view, canvas) as (request, ports):
        report = run_tests(workspace.ports, workspace.clock, workspace.plan, request, ports)
    for target in targets:
        if target.format == "json":
            write_text(render_json(report), target.path)
        else:
            write_report(report.collection, target, verbose=False)
    if report.pytest_exit in NO_CLOSING_LINE:
        write_text(render_nothing_ran(report), "")
    record_run(workspace, choices, report)
    return report.exit_code


def run_collect_only(choices: Choices) -> int:
    """List what pytest really collects, with its seconds against the budget, and return the exit code."""
    with open_workspace(choices) as workspace:
        real: list[Collection] = []
        listing = collect_observed(workspace.observed, workspace.plan, real.append)
    write_text("".join(f"{nodeid}\n" for nodeid in listing.nodeids), "")
    for error in listing.errors:
        print(f"ERROR {escape_text(error)}", file=sys.stderr)
    print(render_collected(listing.seconds, listing.budget_s, len(listing.nodeids)))
    record_observed(workspace, choices, "run", real[0], listing.exit_code)
    return listing.exit_code


def run_list_categories(choices: Choices) -> int:
    """Show the categories of the settings; 0."""
    _, settings = find_settings(choices.root)
    reports: dict[str, Report] = {}
    for name in settings.categories:
        with open_workspace(_of_category(choices, name)) as workspace:
            reports[name] = check(workspace.ports, workspace.clock, workspace.plan)
    write_text(render_categories(settings.categories, reports, _canvas()), "")
    return 0


def _of_category(choices: Choices, name: str) -> Choices:
    return Choices(
        categories=(name,),
        invocation=choices.invocation,
        python=choices.python,
        cache=choices.cache,
        root=choices.root,
    )


def _target(text: str) -> Target:
    """Where one `--report` goes: a file, for standard output is the run's own."""
    if text.partition("=")[0] == "junit":
        raise UsageError(f"--report {text}: --junit FILE has the tests of a run in JUnit XML")
    target = parse_target(text, FORMATS_OF_A_RUN)
    if not target.path:
        raise UsageError(f"--report {text}: name a file, {target.format}=FILE")
    if not os.path.isdir(os.path.dirname(os.path.abspath(target.path))):
        raise UsageError(f"--report {text}: there is no folder for it")
    return target


def _canvas() -> Canvas:
    return canvas_for(sys.stdout, environment_variables(), verbose=False)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
