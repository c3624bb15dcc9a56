"""`muster run --collect-only`: what pytest really collects, and whether it stays within the budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from muster.model.collection import Collection
from muster.ports import ObservedPytest
from muster.usecases.command import command_words
from muster.usecases.plan import FAILED, NO_TESTS, Plan


@dataclass(frozen=True, slots=True)
class ObservedListing:
    """The node ids in pytest's order, what it could not collect and why, and what the whole process took."""

    nodeids: tuple[str, ...]
    errors: tuple[str, ...]
    seconds: float
    budget_s: float | None
    pytest_exit: int

    @property
    def is_over_budget(self) -> bool:
        """Whether it took longer than the budget allows; false where there is none."""
        return self.budget_s is not None and self.seconds > self.budget_s

    @property
    def exit_code(self) -> int:
        """pytest's own, and at least 1 where it is over the budget or did not end by itself."""
        if self.pytest_exit < 0:
            return FAILED
        return FAILED if self.is_over_budget and self.pytest_exit in (0, NO_TESTS) else self.pytest_exit


def collect_observed(
    observed: ObservedPytest, plan: Plan, seen: Callable[[Collection], None] = lambda collection: None
) -> ObservedListing:
    """What the command in `plan` really collects; `seen` is given all of it. This runs the project's code."""
    real = observed.collect(command_words(plan.command), plan.cwd)
    seen(real)
    aborted = real.session.aborted_by
    failed = [*real.reports, *([aborted] if aborted is not None else [])]
    return ObservedListing(
        nodeids=tuple(item.nodeid for item in real.items),
        errors=tuple(f"{report.nodeid or report.path}  {report.exception}" for report in failed if report.exception),
        seconds=real.seconds or 0.0,
        budget_s=plan.budget_s,
        pytest_exit=real.session.pytest_exit,
    )
