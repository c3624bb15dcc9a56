"""`muster check`."""

from __future__ import annotations

from muster.cli.reports import Target, write_report
from muster.errors import UsageError
from muster.usecases.check import check, check_exit_code
from muster.wiring import Choices, open_workspace


def run_check(
    choices: Choices, targets: tuple[Target, ...], *, verbose: bool, confirm: bool, fixes: bool = False
) -> int:  # fmt: skip
    """Check what `choices` select, write every report, and return the exit code."""
    if fixes and confirm:
        raise UsageError("--fixes and --confirm do not go together: muster fix --confirm proves a patch for real")
    with open_workspace(choices) as workspace:
        if fixes:
            from muster.usecases.fix import check_with_fixes  # it brings the parsers that rewrite files

            report = check_with_fixes(workspace.ports, workspace.clock, workspace.plan)
        else:
            report = check(workspace.ports, workspace.clock, workspace.plan, workspace.observed if confirm else None)
    for target in targets:
        write_report(report, target, verbose=verbose)
    return check_exit_code(report)
