"""`muster check`: simulate the session, explain it, and where asked hold it against the real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from muster.model.acceptance import Accepted
from muster.model.cause import Cause
from muster.model.collection import Collection
from muster.model.report import ConfirmationReport, Report
from muster.ports import Clock, Observations
from muster.usecases.acceptance import mark_accepted, stale_acceptances, stale_problems
from muster.usecases.baseline import Base, hold_against
from muster.usecases.budget import over_budget
from muster.usecases.confirm import collection_difference
from muster.usecases.diagnose import diagnose
from muster.usecases.notes import notes_on
from muster.usecases.observe import observation_of, selection_of
from muster.usecases.plan import FAILED, NO_TESTS, OUR_BUG, Plan, Standards
from muster.usecases.report import Checked, make_report
from muster.usecases.report_paths import report_root
from muster.usecases.settle import (
    among_the_seen,
    merge_causes,
    seen_of_files,
    settle_causes,
    settle_collection,
    unforeseen,
)
from muster.usecases.simulate import Meanwhile, Ports, Simulation, say_nothing, simulate
from muster.usecases.source_text import quote_culprit
from muster.usecases.witness import Confirmation, witness


def check(
    ports: Ports,
    clock: Clock,
    plan: Plan,
    confirmation: Confirmation | None = None,
    base: Base | None = None,
    observations: Observations | None = None,
    seen: Callable[[Simulation], None] = lambda simulation: None,
) -> Report:
    """The Report of the session in `plan`; with `confirmation` real pytest collects as well, with `base` it is held
    against that.

    What a real collection took is kept in `observations`, where an earlier one of the same is looked for otherwise.
    `seen` is given what was simulated.
    """
    return make_report(examine_whole(ports, clock, plan, confirmation, base, observations, seen))


def examine_whole(
    ports: Ports,
    clock: Clock,
    plan: Plan,
    confirmation: Confirmation | None = None,
    base: Base | None = None,
    observations: Observations | None = None,
    seen: Callable[[Simulation], None] = lambda simulation: None,
) -> Checked:
    """What a Report of the session in `plan` is made of, acceptances that no longer match anything among its problems."""
    simulation, checked = examine(ports, clock, plan, grouped=confirmation is not None, base=base)
    seen(simulation)
    if confirmation is not None:
        checked = _confirmed(ports, simulation, checked, plan, confirmation, observations)
    elif observations is not None:
        checked = _remembered(simulation, checked, plan, observations)
    return _with_stale_acceptances(checked, plan)


def examine(
    ports: Ports,
    clock: Clock,
    plan: Plan,
    *,
    grouped: bool = False,
    base: Base | None = None,
    meanwhile: Meanwhile = say_nothing,
) -> tuple[Simulation, Checked]:
    """The simulated session in `plan`, and what there is to be said of it; `grouped` and `meanwhile` as in `simulate`.

    Held against `base`, a loss of its tests is an error, whatever the code's severity is otherwise.
    """
    started_at, started = clock.now(), clock.monotonic()
    simulation = simulate(ports, plan.request, grouped=grouped, meanwhile=meanwhile)
    held = hold_against(ports, clock, base, simulation) if base is not None else None
    seen = held.collection if held is not None else simulation.collection
    causes, collection = _diagnosed(ports, simulation, seen, plan)
    ports.cache.flush()
    root = report_root(plan.root, simulation.invocation.rootdir)
    causes = mark_accepted(causes, plan.standards.accepted, started_at, root)
    checked = Checked(
        root=root,
        collection=collection,
        invocation=simulation.invocation,
        environment=simulation.environment,
        causes=causes,
        started_at=started_at,
        simulated_s=clock.monotonic() - started,
        budget_s=plan.budget_s,
        categories=plan.categories,
        notes=(*(base.notes if base else ()), *notes_on(simulation.environment, simulation.invocation, causes)),
        baseline=held.comparison if held is not None else None,
    )
    return simulation, checked


def check_exit_code(report: Report) -> int:
    """1 for any cause of severity error, 3 where we failed on a file ourselves, 5 for no tests, else 0."""
    if "M002" in {*(problem.code for problem in report.problems), *(cause.code for cause in report.causes)}:
        return OUR_BUG
    if any(cause.severity == "error" and cause.accepted is None for cause in report.causes):
        return FAILED
    if report.session.state == "aborted":
        return FAILED
    return 0 if report.totals.tests or report.totals.files_undecided else NO_TESTS


def _diagnosed(
    ports: Ports, simulation: Simulation, collection: Collection, plan: Plan
) -> tuple[tuple[Cause, ...], Collection]:
    causes, collection = diagnose(
        collection,
        simulation.invocation,
        simulation.environment,
        ports.tree,
        simulation.store.facts,
        plan.standards,
        simulation.store.mentions,
        ports.history,
    )
    return tuple(quote_culprit(ports.tree, cause) for cause in causes), collection


def _confirmed(
    ports: Ports,
    simulation: Simulation,
    checked: Checked,
    plan: Plan,
    confirmation: Confirmation,
    observations: Observations | None,
) -> Checked:
    """`checked` with what the real run saw: outcomes, which causes, which further ones, where it differs, its seconds."""
    seen = witness(confirmation, plan, simulation, ports.tree)
    real, simulated, rootdir = seen.collection, simulation.collection, simulation.invocation.rootdir
    standards = Standards(severities=plan.standards.severities)
    found, _ = _diagnosed(ports, simulation, unforeseen(simulated, seen, rootdir), replace(plan, standards=standards))
    kept = observation_of(real, simulation.invocation, simulation.environment, checked.started_at)
    if observations is not None and kept is not None:
        observations.save(kept)
    settled = replace(
        checked,
        collection=settle_collection(checked.collection, seen, rootdir),
        causes=merge_causes(settle_causes(checked.causes, simulated, seen), found, checked.causes),
        differences=collection_difference(among_the_seen(simulated, seen, rootdir), real),
        confirmation=ConfirmationReport(extent="whole" if seen.is_whole else "doubtful", files=len(seen.seen)),
        seen=seen_of_files(simulated, seen),
    )
    return _timed(settled, plan, real.seconds)


def _remembered(simulation: Simulation, checked: Checked, plan: Plan, observations: Observations) -> Checked:
    """`checked` with what an earlier real run of the same took, where one was kept."""
    seen = observations.load(selection_of(simulation.invocation))
    if seen is None:
        return checked
    return replace(_timed(checked, plan, seen.seconds), observed_at=seen.observed_at)


def _timed(checked: Checked, plan: Plan, observed_s: float | None) -> Checked:
    """`checked` with the seconds of a real run, held against the budget."""
    slow = over_budget(observed_s, plan.budget_s, ", ".join(plan.categories) or "all", plan.standards.severities)
    causes = mark_accepted((*checked.causes, *slow), plan.standards.accepted, checked.started_at, checked.root)
    return replace(checked, causes=causes, observed_s=observed_s)


def _with_stale_acceptances(checked: Checked, plan: Plan) -> Checked:
    stale = stale_in(checked, plan)
    problems = (*checked.collection.problems, *stale_problems(stale, plan.root))
    return replace(checked, collection=replace(checked.collection, problems=problems))


def stale_in(checked: Checked, plan: Plan) -> tuple[Accepted, ...]:
    """The acceptances that no longer match anything, as far as this check can tell: one of a part tells nothing."""
    if not plan.is_whole:
        return ()
    was_run = checked.confirmation is not None and checked.confirmation.extent == "whole"
    was_compared = checked.baseline is not None
    accepted = plan.standards.accepted
    return stale_acceptances(checked.causes, accepted, checked.root, was_run=was_run, was_compared=was_compared)
