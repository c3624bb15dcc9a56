"""`muster check`."""

from __future__ import annotations

from muster.cli.reports import Target, write_report
from muster.usecases.check import check, check_exit_code
from muster.wiring import Choices, open_workspace


def run_check(choices: Choices, targets: tuple[Target, ...], *, verbose: bool, confirm: bool) -> int:
    """Check what `choices` select, write every report, and return the exit code."""
    with open_workspace(choices) as workspace:
        report = check(workspace.ports, workspace.clock, workspace.plan, workspace.observed if confirm else None)
    for target in targets:
        write_report(report, target, verbose=verbose)
    return check_exit_code(report)
