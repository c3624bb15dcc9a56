"""What commands leave for the history, once they have said what they have to say."""

from __future__ import annotations

from collections.abc import Sequence

from muster.model.collection import Collection
from muster.model.memory import RecordKind
from muster.model.probe_report import ProbeReport
from muster.model.report import Report
from muster.model.run_report import RunReport
from muster.usecases.simulate import Simulation
from muster.wiring import Choices, Workspace
from muster.wiring.recording import complain, recorder_of


def record_check(
    workspace: Workspace, choices: Choices, report: Report, exit_code: int, simulations: Sequence[Simulation]
) -> None:
    """Leave what `check` found; the first of `simulations` is that of the session."""
    recorder = recorder_of(workspace, choices)
    if recorder is None:
        return
    from muster.usecases.imports_of_file import imports_of_failed_files
    from muster.usecases.remember import remember_report

    simulation = simulations[0]
    complain(
        recorder.keep(
            lambda provenance: remember_report(
                provenance,
                "check",
                report,
                exit_code,
                simulation.collection.items,
                imports_of_failed_files(simulation, workspace.ports.tree, report.root),
            )
        )
    )


def record_listing(
    workspace: Workspace, choices: Choices, simulation: Simulation, exit_code: int, simulated_s: float
) -> None:
    """Leave what `collect` listed."""
    if recorder := recorder_of(workspace, choices):
        from muster.usecases.remember import remember_listing

        complain(
            recorder.keep(
                lambda provenance: remember_listing(
                    provenance, simulation.collection, workspace.plan, exit_code, simulated_s
                )
            )
        )


def record_observed(
    workspace: Workspace, choices: Choices, kind: RecordKind, collection: Collection, exit_code: int
) -> None:
    """Leave what a real collection collected."""
    if recorder := recorder_of(workspace, choices):
        from muster.usecases.remember import remember_observed

        complain(
            recorder.keep(lambda provenance: remember_observed(provenance, kind, collection, workspace.plan, exit_code))
        )


def record_run(workspace: Workspace, choices: Choices, report: RunReport) -> None:
    """Leave what became of the tests of a run."""
    if recorder := recorder_of(workspace, choices, whole=False if report.shard else None):
        from muster.usecases.remember import remember_run

        complain(recorder.keep(lambda provenance: remember_run(provenance, report)))


def record_probe(workspace: Workspace, choices: Choices, report: ProbeReport, exit_code: int) -> None:
    """Leave what a traced collection took."""
    if recorder := recorder_of(workspace, choices):
        from muster.usecases.remember import remember_probe

        complain(recorder.keep(lambda provenance: remember_probe(provenance, report, workspace.plan, exit_code)))
