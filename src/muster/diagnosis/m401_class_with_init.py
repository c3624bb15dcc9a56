"""M401: pytest does not collect a test class that has an `__init__` (or `__new__`), its own or inherited."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import at_culprit, classes, count_tests, places
from muster.model.cause import Evidence
from muster.model.collection import Loss


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """One constructor is one cause, however many classes inherit it."""
    return (loss.root,) if loss.root else at_culprit(loss)


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """The constructor, and the tests that it costs."""
    first, constructor = losses[0], "__new__" if "__new__" in losses[0].text else "__init__"
    owner = f" of '{first.root}'" if first.root and first.root != first.subject else ""
    return Finding(
        "M401",
        first.root or first.subject,
        f"{classes(losses)} a constructor ({constructor}{owner}): pytest collects none of {count_tests(losses)}",
        group(first, case),
        first.culprit,
        evidence=(
            Evidence(
                "rule", "pytest makes an instance for each test without arguments, so it passes over such classes"
            ),
            *places(losses),
        ),
        remedies=remedies("turn the constructor into setup_method, or into an autouse fixture"),
    )
