"""M409: `parametrize` gets nothing, gets it only once, or in an order that changes from run to run."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import at_culprit
from muster.model.cause import Evidence
from muster.model.collection import Loss


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """Calls of one file that lose parameters in the same way are one cause."""
    return (loss.culprit.path, loss.text) if loss.text else at_culprit(loss)


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """The call, and what becomes of the tests."""
    first = losses[0]
    names = f"'{first.subject}'" if len(losses) == 1 else f"{len(losses)} tests"
    return Finding(
        "M409",
        first.subject,
        f"parametrize at {case.show(first.culprit.path)}:{first.culprit.line} loses parameters of {names}"
        + (f": {first.text}" if first.text else ""),
        group(first, case),
        first.culprit,
        evidence=tuple(
            Evidence(
                "lost",
                f"{loss.subject}: {loss.text}" if loss.text else loss.subject,
                loss.culprit.path,
                loss.culprit.line,
            )
            for loss in losses[:5]
        ),
        remedies=remedies("give parametrize a list: not empty, in a fixed order"),
    )
