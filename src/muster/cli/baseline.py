"""`muster baseline compare` and `muster baseline record`."""

from __future__ import annotations

import sys
from contextlib import nullcontext

from muster.cli.reports import Target, write_report
from muster.errors import UsageError
from muster.usecases.check import check_exit_code
from muster.usecases.compare import compare
from muster.usecases.record import encode_record, record
from muster.wiring import Choices, absolute_path, open_base, open_workspace, recorded_base, write_file

DEFAULT_RECORD = "muster-baseline.json"


def run_compare(choices: Choices, reference: str, recorded: str, targets: tuple[Target, ...], *, verbose: bool) -> int:
    """Compare the project with the base or the record, write every report, and return the exit code."""
    if reference and recorded:
        raise UsageError("--base and --record do not go together: a comparison has one base")
    with open_workspace(choices) as workspace:
        found = (
            nullcontext(recorded_base(workspace, recorded)) if recorded else open_base(workspace, choices, reference)
        )
        with found as base:
            report = compare(workspace.ports, workspace.clock, workspace.plan, base)
    for target in targets:
        write_report(report, target, verbose=verbose)
    return check_exit_code(report)


def run_record(choices: Choices, output: str) -> int:
    """Write the record of the project as it is; 1 where some files cannot be collected, and so are not in it."""
    with open_workspace(choices) as workspace:
        made = record(workspace.ports, workspace.clock, workspace.plan)
        root = workspace.plan.root
    path = absolute_path(output) if output else f"{root}/{DEFAULT_RECORD}"
    write_file(path, encode_record(made))
    sys.stdout.write(f"{len(made.tests)} tests recorded in {path}\n")
    if made.blocked:
        sys.stdout.write(
            f"{len(made.blocked)} files cannot be collected: what they hold is not recorded (muster check)\n"
        )
    return 1 if made.blocked else 0
