"""`muster check`."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial

from muster.cli.reports import Target, write_report
from muster.errors import UsageError
from muster.model.report import Report
from muster.usecases.baseline import Base
from muster.usecases.check import check, check_exit_code
from muster.wiring import Choices, Workspace, open_base, open_workspace


def run_check(
    choices: Choices,
    targets: tuple[Target, ...],
    *,
    verbose: bool,
    confirm: bool,
    fixes: bool = False,
    gate: bool = False,
    base: str | None = None,
) -> int:
    """Check what `choices` select, write every report, and return the exit code."""
    if fixes and confirm:
        raise UsageError("--fixes and --confirm do not go together: muster fix --confirm proves a patch for real")
    if fixes and base is not None:
        raise UsageError("--fixes and --base do not go together: a fix is proved against the tree as it lies")
    with open_workspace(choices) as workspace, open_base_of(workspace, choices, base) as opened:
        if fixes:
            from muster.usecases.fix import check_with_fixes  # it brings the parsers that rewrite files

            report = check_with_fixes(workspace.ports, workspace.clock, workspace.plan)
        else:
            observed = workspace.observed if confirm else None
            report = check(workspace.ports, workspace.clock, workspace.plan, observed, opened, workspace.observations)
        if gate:
            report = _judged(report, workspace)
    for target in targets:
        write_report(report, target, verbose=verbose)
    return check_exit_code(report) if report.gate is None else report.gate.exit_code


def open_base_of(workspace: Workspace, choices: Choices, reference: str | None) -> AbstractContextManager[Base | None]:
    """The base that was asked for, if one was; "" is the merge base with the default branch."""
    return nullcontext() if reference is None else open_base(workspace, choices, reference)


def _judged(report: Report, workspace: Workspace) -> Report:
    from muster.usecases.gate import count_tests, judge

    tests_of = partial(count_tests, workspace.ports, workspace.settings, workspace.plan)
    return judge(report, workspace.settings, workspace.plan, tests_of)
