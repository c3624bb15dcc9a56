"""`muster probe`: the real collection, traced."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from muster.cli.recording import record_probe
from muster.cli.reports import known_format, write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.render.json import render_json
from muster.render.probe import render_probe
from muster.usecases.probe import ProbeRequest, probe, probe_exit_code
from muster.usecases.simulate import simulate
from muster.wiring import Choices, open_workspace


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """What `muster probe` was asked for beyond the session."""

    compare: bool = False
    alone: bool = True
    file_timeout_s: float = 120.0
    format: str = "text"
    output: str = ""
    verbose: bool = False


def run_probe(choices: Choices, options: ProbeOptions) -> int:
    """Collect for real, print what happened; 1 where a file fails or the simulation differs."""
    known_format(options.format)
    if options.file_timeout_s <= 0:
        raise UsageError(f"--file-timeout {options.file_timeout_s:g}: it takes seconds, more than 0")
    with open_workspace(choices) as workspace:
        simulated = simulate(workspace.ports, workspace.plan.request).collection if options.compare else None
        traced = workspace.traced(options.file_timeout_s)
        report = probe(traced, workspace.plan, workspace.ports.tree, ProbeRequest(options.alone), simulated)
    if options.format == "json":
        write_text(render_json(report), options.output)
    else:
        canvas = canvas_for(sys.stdout, environment_variables(), verbose=options.verbose)
        write_text(render_probe(report, canvas, verbose=options.verbose), options.output)
    exit_code = probe_exit_code(report)
    record_probe(workspace, choices, report, exit_code)
    return exit_code
