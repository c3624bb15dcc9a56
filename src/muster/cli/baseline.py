"""`muster baseline compare`."""

from __future__ import annotations

from muster.cli.reports import Target, write_report
from muster.usecases.check import check_exit_code
from muster.usecases.compare import compare
from muster.wiring import Choices, open_base, open_workspace


def run_compare(choices: Choices, reference: str, targets: tuple[Target, ...], *, verbose: bool) -> int:
    """Compare the project with the base that `reference` names, write every report, and return the exit code."""
    with open_workspace(choices) as workspace, open_base(workspace, choices, reference) as base:
        report = compare(workspace.ports, workspace.clock, workspace.plan, base)
    for target in targets:
        write_report(report, target, verbose=verbose)
    return check_exit_code(report)
