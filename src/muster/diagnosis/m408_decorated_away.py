"""M408: a decorator turns a test class into something that pytest does not collect, without a word."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import at_culprit, count_tests, places
from muster.model.cause import Evidence
from muster.model.collection import Loss


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """One decorator is one cause, whatever it decorates."""
    return (loss.root,) if loss.root else at_culprit(loss)


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """The decorator, and the tests that vanish."""
    first = losses[0]
    decorator, definition = first.root or first.culprit.text.lstrip("@") or "a decorator", first.definition
    what = f"the class '{first.subject}'" if len(losses) == 1 else f"{len(losses)} classes"
    return Finding(
        "M408",
        first.root or first.subject,
        f"'{decorator}' turns {what} into a function: {count_tests(losses)} vanish",
        group(first, case),
        first.culprit if len(losses) == 1 or definition is None else definition,
        evidence=(
            *(
                [
                    Evidence(
                        "definition",
                        definition.text or f"'{decorator}' is defined here",
                        definition.path,
                        definition.line,
                    )
                ]
                if definition
                else []
            ),
            Evidence("rule", "pytest collects a class only while the name is bound to a class"),
            *places(losses),
        ),
        remedies=remedies(
            "let the decorator return the class that it was given",
            "decorate the test functions instead of the class",
        ),
    )
