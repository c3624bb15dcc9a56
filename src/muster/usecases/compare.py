"""`muster baseline compare`: which tests a change loses, gains or keeps under another node id, and what did it.

`check(..., base=base)` gives everything that `muster check` says with `Report.baseline` filled; `compare` only what the
comparison is about. A gate asks `silent_losses(report)`: where that is not empty, tests were lost that nobody deleted.
"""

from __future__ import annotations

from dataclasses import replace

from muster.model.cause import Cause
from muster.model.report import BaselineLoss, Report
from muster.ports import Clock
from muster.usecases.baseline import Base
from muster.usecases.check import examine_whole
from muster.usecases.plan import Plan
from muster.usecases.report import Checked, make_report
from muster.usecases.simulate import Ports


def compare(ports: Ports, clock: Clock, plan: Plan, base: Base) -> Report:
    """The Report of what changed since `base`: its causes are those that lose tests or newly block files."""
    return report_of_changes(examine_whole(ports, clock, plan, base=base))


def report_of_changes(checked: Checked) -> Report:
    """The Report of what was held against a base, with those causes only that the comparison is about."""
    assert checked.baseline is not None
    blocked = {path for path, _ in checked.baseline.blocked}
    return make_report(replace(checked, causes=tuple(cause for cause in checked.causes if _is_news(cause, blocked))))


def silent_losses(report: Report) -> tuple[BaselineLoss, ...]:
    """The tests that a change has lost without deleting them, but for those whose cause is accepted."""
    if report.baseline is None:
        return ()
    accepted = {cause.id for cause in report.causes if cause.accepted is not None}
    return tuple(loss for loss in report.baseline.lost if loss.cause not in accepted)


def _is_news(cause: Cause, blocked: set[str]) -> bool:
    return cause.is_regression or (not cause.lost and not blocked.isdisjoint(cause.victims))
