"""M406: tests of the baseline are gone, and no other code says why."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import places
from muster.model.collection import Confidence, Loss

_ONE_BY_ONE = frozenset(("renamed", "unexplained"))
"""Kinds of change whose words name the single test."""


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """One kind of change is one cause, wherever it was made."""
    return (loss.root, "" if loss.root in _ONE_BY_ONE else loss.text)


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """The tests lost, and what changed around them."""
    first = losses[0]
    count = sum(len(loss.baseline) or len(loss.lost) for loss in losses)
    if count == 1:
        words = f"'{first.lost[0]}' is not collected any more: {first.text}"
    elif first.root in _ONE_BY_ONE and len(losses) > 1:
        words = f"{count} tests of the baseline are not collected any more ({first.root})"
    else:
        words = f"{count} tests of the baseline are not collected any more: {first.text}"
    return Finding(
        "M406",
        first.subject if len(losses) == 1 else first.root,
        words,
        group(first, case),
        first.culprit,
        Confidence.CERTAIN,
        places(losses),
        remedies("undo the change, or delete the tests themselves where they are not wanted"),
    )
