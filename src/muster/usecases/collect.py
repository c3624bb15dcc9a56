"""`muster collect`: the node ids that pytest would collect, in its order and spelling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from muster.model.collection import Outcome
from muster.usecases.plan import FAILED, NO_TESTS, Plan
from muster.usecases.report_paths import relative_path
from muster.usecases.simulate import Ports, Simulation, simulate


@dataclass(frozen=True, slots=True)
class Listing:
    """The ids in order; the bare ones among them; and the files that could or might hold more."""

    nodeids: tuple[str, ...]
    unexpanded: tuple[str, ...]
    missing: tuple[str, ...]
    undecided: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 where files are missing from the list, 5 where it is empty, else 0."""
        if self.missing or self.undecided:
            return FAILED
        return 0 if self.nodeids else NO_TESTS


def collect(ports: Ports, plan: Plan, seen: Callable[[Simulation], None] = lambda simulation: None) -> Listing:
    """What the session in `plan` would collect; `seen` is given what was simulated."""
    simulation = simulate(ports, plan.request)
    seen(simulation)
    collection = simulation.collection
    missing = {report.path: None for report in collection.reports if report.outcome is Outcome.FAILED}
    missing.update((path, None) for path, _ in collection.blocked)
    if collection.session.aborted_by is not None:
        missing[collection.session.aborted_by.path] = None
    undecided = {report.path: None for report in collection.reports if report.outcome is Outcome.UNDECIDED}
    return Listing(
        nodeids=tuple(item.nodeid for item in collection.items),
        unexpanded=tuple(item.nodeid for item in collection.items if not item.expanded),
        missing=tuple(relative_path(path, plan.root) for path in missing if path),
        undecided=tuple(relative_path(path, plan.root) for path in undecided if path not in missing),
    )
