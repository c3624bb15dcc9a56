"""M402: two definitions of one name in one scope: the later one wins, the earlier never runs."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import at_culprit, count_tests
from muster.model.cause import Evidence
from muster.model.collection import Loss


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """Each lost definition is its own cause."""
    return at_culprit(loss)


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """Which definition wins, and which never runs."""
    loss = losses[0]
    winner = loss.definition
    by = f": {case.show(winner.path)}:{winner.line} defines it again" if winner else ""
    kind = "class" if loss.subject.rpartition("::")[2][:1].isupper() else "test"
    return Finding(
        "M402",
        loss.subject,
        f"the {kind} '{loss.subject}' at {case.show(loss.culprit.path)}:{loss.culprit.line} never runs{by}"
        + (f" ({count_tests(losses)})" if kind == "class" else ""),
        group(loss, case),
        loss.culprit,
        evidence=(
            *([Evidence("winner", winner.text or "the later definition", winner.path, winner.line)] if winner else []),
            Evidence("loser", loss.culprit.text or loss.subject, loss.culprit.path, loss.culprit.line),
            Evidence("rule", "a name is bound to what was defined last"),
        ),
        remedies=remedies("rename one of the two", "delete the one that is not wanted"),
    )
