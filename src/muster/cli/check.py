"""`muster check`."""

from __future__ import annotations

from muster.cli.recording import record_check
from muster.cli.reports import Target, write_report
from muster.errors import UsageError
from muster.usecases.check import check, check_exit_code
from muster.usecases.simulate import Simulation
from muster.wiring import Choices, open_base_of, open_workspace


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
    simulations: list[Simulation] = []
    with open_workspace(choices) as workspace, open_base_of(workspace, choices, base) as opened:
        if fixes:
            from muster.usecases.fix import check_with_fixes  # it brings the parsers that rewrite files

            report = check_with_fixes(workspace.ports, workspace.clock, workspace.plan, simulations.append)
        else:
            confirmed = workspace.confirmation() if confirm else None
            report = check(
                workspace.ports,
                workspace.clock,
                workspace.plan,
                confirmed,
                opened,
                workspace.observations,
                simulations.append,
            )
        if gate:
            from muster.usecases.gate import judge

            report = judge(report, workspace.ports, workspace.settings, workspace.plan)
    for target in targets:
        write_report(report, target, verbose=verbose)
    exit_code = check_exit_code(report) if report.gate is None else report.gate.exit_code
    record_check(workspace, choices, report, exit_code, simulations)
    return exit_code
