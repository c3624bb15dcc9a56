"""`muster fix`: the patch, and on request its writing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from muster.cli.reports import known_format, write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.model.report import Verdict
from muster.render.escape import escape_text
from muster.render.fixes import render_fixes
from muster.render.json import render_json
from muster.render.layout import Canvas
from muster.usecases.fix import FixPlan, FixRequest, commit_message, confirm_plan, make_fix_report, plan_fixes
from muster.wiring import (
    Choices,
    Workspace,
    find_settings,
    fix_commits,
    open_workspace,
    project_copy,
    project_writer,
)

LEFT = 1


@dataclass(frozen=True, slots=True)
class FixChoices:
    """What was asked for beyond `Choices`."""

    cause: int = 0
    fix: str = ""
    apply: bool = False
    commit: bool = False
    until_green: bool = False
    confirm: bool = False
    format: str = "text"
    output: str = ""


def run_fix(choices: Choices, wanted: FixChoices) -> int:
    """Find, prove and print fixes, write them where asked; 0, or 1 where causes of severity error are left."""
    known_format(wanted.format)
    if wanted.fix and not wanted.cause:
        raise UsageError("--fix names one of the fixes of a cause: say which with --cause")
    if wanted.until_green and wanted.cause:
        raise UsageError("--until-green goes on with every cause: leave out --cause")
    with open_workspace(choices) as workspace:
        request = FixRequest(wanted.cause, wanted.fix, wanted.until_green)
        plan = plan_fixes(workspace.ports, workspace.clock, workspace.plan, request)
        confirmed = _confirmed(workspace, plan) if wanted.confirm and plan.changes else None
        applied, commits = _written(plan, wanted, confirmed)
    report = make_fix_report(plan, confirmed, applied, commits)
    if wanted.format == "json":
        write_text(render_json(report), wanted.output)
    else:
        canvas = Canvas() if wanted.output else canvas_for(sys.stdout, environment_variables(), verbose=False)
        write_text(render_fixes(report, canvas), "" if wanted.output == "-" else wanted.output)
    return LEFT if report.left else 0


def run_undo(root: str) -> int:
    """Take the last applied fix back; 0."""
    folder, _ = find_settings(root)
    for name in project_writer(folder).undo():
        write_text(f"restored {escape_text(name)}\n", "")
    return 0


def _confirmed(workspace: Workspace, plan: FixPlan) -> Verdict:
    observed = project_copy(workspace).collect(plan.changes, workspace.words, workspace.plan.cwd)
    return confirm_plan(plan, observed)


def _written(
    plan: FixPlan, wanted: FixChoices, confirmed: Verdict | None
) -> tuple[Sequence[str], Sequence[str]]:  # fmt: skip
    """The files written, and the commits made. What a real collection refutes is not written."""
    if not plan.changes or not (wanted.apply or wanted.commit):
        return (), ()
    if confirmed is not None and confirmed.state == "refuted":
        raise UsageError(f"nothing was written: the real collection refutes the patch: {confirmed.reason}")
    writer = project_writer(plan.root)
    names = [change.path.removeprefix(plan.root.rstrip("/") + "/") for change in plan.changes]
    if not wanted.commit:
        writer.apply(plan.changes)
        return names, ()
    commits = fix_commits(plan.root)
    commits.refuse_unclean(plan.changes)
    made: list[str] = []
    for stage in plan.stages:
        writer.apply(stage.changes)
        made.append(commits.commit([change.path for change in stage.changes], commit_message(stage, plan.root)))
    return names, made
