"""`muster check`: simulate the session, explain it, and where asked hold it against the real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.diagnosis import ExpectedTests, answer_from_tree, conclude, questions, review_directives
from muster.model.cause import Cause, Severity
from muster.model.collection import Collection
from muster.model.report import DifferenceReport, Report
from muster.ports import Clock, ObservedPytest
from muster.usecases.command import PytestCommand, command_words
from muster.usecases.confirm import collection_difference, mark_seen, merge_causes, only_observed
from muster.usecases.notes import notes_on
from muster.usecases.report import Checked, make_report
from muster.usecases.simulate import Ports, Request, Simulation, simulate

FAILED, OUR_BUG, NO_TESTS = 1, 3, 5


@dataclass(frozen=True, slots=True)
class Plan:
    """One session to simulate, and what is expected of it.

    `severities` change the default severity of a code; `budget_s` bounds what real pytest may need.
    """

    root: str
    command: PytestCommand
    cwd: str
    categories: tuple[str, ...] = ()
    expected: tuple[ExpectedTests, ...] = ()
    budget_s: float | None = None
    severities: Mapping[str, Severity] = field(default_factory=dict)

    @property
    def request(self) -> Request:
        """The plan as the simulation takes it."""
        command = self.command
        return Request(command.argv, self.cwd, command.text, command.why, command.cwd_on_path)


def check(ports: Ports, clock: Clock, plan: Plan, observed: ObservedPytest | None = None) -> Report:
    """The Report of the session in `plan`; with `observed` the real collection runs as well."""
    started_at, started = clock.now(), clock.monotonic()
    simulation = simulate(ports, plan.request)
    causes = diagnose(ports, simulation, simulation.collection, plan)
    simulated_s = clock.monotonic() - started
    real = None if observed is None else observed.collect(command_words(plan.command), plan.cwd)
    differences: tuple[DifferenceReport, ...] = ()
    if real is not None:
        causes = _confirmed(ports, simulation, real, plan, causes)
        differences = collection_difference(simulation.collection, real)
    return make_report(
        Checked(
            root=plan.root,
            collection=simulation.collection,
            invocation=simulation.invocation,
            environment=simulation.environment,
            causes=causes,
            started_at=started_at,
            simulated_s=simulated_s,
            observed_s=None if real is None else real.seconds,
            budget_s=plan.budget_s,
            categories=plan.categories,
            differences=differences,
            notes=notes_on(simulation.environment, simulation.invocation),
        )
    )


def check_exit_code(report: Report) -> int:
    """1 for any cause of severity error, 3 where we failed on a file ourselves, 5 for no tests, else 0."""
    if any(problem.code == "M002" for problem in report.problems):
        return OUR_BUG
    if any(cause.severity == "error" and cause.accepted is None for cause in report.causes):
        return FAILED
    if report.session.state == "aborted":
        return FAILED
    return 0 if report.totals.tests or report.totals.files_undecided else NO_TESTS
