"""`muster profile`: where the seconds of a real collection go, and what could wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from muster.model.cause import Cause, Evidence, Seen
from muster.model.observation import Part
from muster.model.profile import HeavyImport
from muster.model.profile_report import ProfileReport
from muster.model.trace import TracedSession
from muster.ports import Clock, Observations, ObservedPytest, TracedPytest
from muster.profiling.effects import observed_effects
from muster.profiling.graph import ImportGraph, import_graph
from muster.profiling.spans import IsOwn, Span, span_tree
from muster.usecases.acceptance import mark_accepted
from muster.usecases.budget import over_budget
from muster.usecases.check import examine
from muster.usecases.command import command_words
from muster.usecases.diagnose import explain_costs
from muster.usecases.observe import observation_of
from muster.usecases.plan import FAILED, NO_TESTS, Plan
from muster.usecases.probe import collect_past_losses
from muster.usecases.report import Checked
from muster.usecases.simulate import Ports, Simulation
from muster.usecases.statement_uses import StatementUses, python_floor

LEAST_SHARE = 0.02
LEAST_SECONDS = 0.05
"""What takes less of the whole is not heavy."""

_COSTS = frozenset(("M501", "M502", "M503"))
_HEAVIEST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Profiled:
    """One profiled session: its spans, its graph, and what was concluded. `checked` holds the causes about time only."""

    plan: Plan
    session: TracedSession
    spans: Span
    graph: ImportGraph
    heavy: tuple[HeavyImport, ...]
    simulation: Simulation
    checked: Checked
    python_floor: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def deferrable(self) -> tuple[HeavyImport, ...]:
        """What can wait until a test runs, in the order in which it is worth it."""
        return tuple(each for each in self.heavy if each.is_deferrable)


def profile(
    ports: Ports,
    clock: Clock,
    plan: Plan,
    traced: TracedPytest,
    observed: ObservedPytest,
    observations: Observations | None = None,
) -> Profiled:
    """The session of `plan`, really collected and traced. Runs the project's code.

    What it took is kept in `observations`. Where tracing alone may have broken the budget, `observed` collects once more without.
    """
    session = _timed_session(traced, plan)
    simulation, checked = examine(ports, clock, plan)
    is_own = ownership(plan.root)
    spans = span_tree(session, is_own)
    graph = import_graph(session, spans, is_own)
    floor = python_floor(ports.tree, plan.root)
    uses = StatementUses(ports.tree, plan.root, floor)
    least_s = max(LEAST_SHARE * spans.seconds, LEAST_SECONDS)
    heavy = uses.heavy_imports(graph, least_s, frozenset(session.collection.files))
    seconds, notes = _held_to_budget(session, plan, observed)
    kept = observation_of(
        replace(session.collection, seconds=seconds), simulation.invocation, simulation.environment, checked.started_at
    )
    if observations is not None and kept is not None:
        observations.save(kept)
    causes = _causes(ports, simulation, checked, plan, session, heavy, seconds)
    checked = replace(checked, causes=causes, observed_s=seconds)
    return Profiled(plan, session, spans, graph, heavy, simulation, checked, floor, (*notes, *_notes(session, spans)))


def profile_exit_code(report: ProfileReport) -> int:
    """1 for a cause of severity error among those about time, 5 where there are no tests, else 0."""
    if any(cause.severity == "error" and cause.accepted is None for cause in report.causes):
        return FAILED
    return 0 if report.tests else NO_TESTS


def _timed_session(traced: TracedPytest, plan: Plan) -> TracedSession:
    """The session of `plan`; where files end the process, the one without them, from its own beginning to its end."""
    words = command_words(plan.command)
    session = collect_past_losses(traced, words, plan.cwd)
    if not session.lost:
        return session
    rest = traced.probe(words, plan.cwd, Part(skip=frozenset(report.path for report in session.lost)))
    return replace(rest, lost=session.lost)


def _notes(session: TracedSession, spans: Span) -> Iterator[str]:
    if sum(step.seconds for step in session.steps if step.kind == "rewriting") > LEAST_SHARE * spans.seconds:
        yield "pytest keeps the asserts that it rewrites: collected once more, that part will be gone"
    for report in session.lost:
        yield f"{report.nodeid or report.path} ended the process: the rest was profiled without it"


def ownership(root: str) -> IsOwn:
    """Whether a file is the project's: below its root, and in no environment there."""
    prefix = root.rstrip("/") + "/"
    return lambda path: path.startswith(prefix) and "/site-packages/" not in path and "/dist-packages/" not in path


def _held_to_budget(
    session: TracedSession, plan: Plan, observed: ObservedPytest
) -> tuple[float, tuple[str, ...]]:  # fmt: skip
    """The seconds that count. Tracing costs some: a budget that holds all the same is met, one that does not is tried again
    without."""
    seconds = session.collection.seconds or 0.0
    if plan.budget_s is None or seconds <= plan.budget_s:
        return seconds, ()
    plain = observed.collect(command_words(plan.command), plan.cwd).seconds
    if plain is None:
        return seconds, ()
    return plain, (f"without tracing it takes {plain:.2f} s: that is held against the budget",)


def _causes(
    ports: Ports,
    simulation: Simulation,
    checked: Checked,
    plan: Plan,
    session: TracedSession,
    heavy: Sequence[HeavyImport],
    seconds: float,
) -> tuple[Cause, ...]:
    """The causes about time: over budget, heavy imports, input and output; what the simulation saw too is confirmed."""
    effects = observed_effects(session.changes, ownership(plan.root))
    slow = over_budget(seconds, plan.budget_s, ", ".join(plan.categories) or "all", plan.standards.severities)
    first = [f"{each.module} {each.seconds:.2f} s" for each in heavy[:_HEAVIEST_TOLD]]
    told = (Evidence("heaviest", ", ".join(first)),) if first else ()
    slow = tuple(replace(cause, evidence=(*cause.evidence, *told)) for cause in slow)
    waiting = [each for each in heavy if each.is_deferrable]
    seen = explain_costs(
        simulation.collection,
        simulation.invocation,
        simulation.environment,
        ports.tree,
        simulation.store.facts,
        plan.standards,
        waiting,
        effects,
    )
    simulated = [cause for cause in checked.causes if cause.code in _COSTS]
    places = {cause.culprit for cause in simulated}
    confirmed = tuple(replace(cause, seen=Seen.CONFIRMED) if cause.culprit in places else cause for cause in seen)
    known = {cause.culprit for cause in seen}
    rest = tuple(cause for cause in simulated if cause.culprit not in known)
    return mark_accepted((*slow, *confirmed, *rest), plan.standards.accepted, checked.started_at, checked.root)
