"""M404: a setting keeps pytest from looking into a folder or file that holds tests."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import at_culprit, count_tests, places
from muster.model.cause import Evidence
from muster.model.collection import Loss


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """One entry of one setting is one cause, whatever it leaves out."""
    return (loss.setting, loss.root) if loss.root else (loss.setting, *at_culprit(loss))


def setting_of(loss: Loss) -> str:
    """The setting's name, from the loss itself or from its text (`excluded by norecursedirs`)."""
    return loss.setting or loss.text.rpartition(" by ")[2] or "a setting"


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """Which setting excludes what, and the tests lost."""
    first = losses[0]
    setting = setting_of(first)
    what = f"'{first.subject}' is" if len(losses) == 1 else f"{len(losses)} folders and files are"
    return Finding(
        "M404",
        first.subject if len(losses) == 1 else first.root or setting,
        f"{what} left out by {setting}: pytest collects none of {count_tests(losses)}",
        group(first, case),
        first.culprit,
        evidence=(
            Evidence("setting", first.text or setting, first.culprit.path, first.culprit.line),
            *places(losses),
        ),
        remedies=remedies(f"take it out of {setting}, or accept the loss with '# muster: ignore[M404] why'"),
    )
