"""M407: a file skips itself while it is imported; an absent distribution may hide behind it."""

from __future__ import annotations

import re

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import count_tests, places
from muster.diagnosis.m107_distribution_missing import find_provider
from muster.model.cause import Evidence
from muster.model.collection import Loss

_COULD_NOT_IMPORT = re.compile(r"could not import '([\w.]+)'")


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """One missing module, one reason, or one place."""
    missing = missing_module(loss, case)
    return ("module", missing.partition(".")[0]) if missing else ("reason", loss.text or str(loss.culprit))


def missing_module(loss: Loss, case: Case) -> str:
    """The module whose absence makes the file skip, or ""."""
    match = _COULD_NOT_IMPORT.search(loss.text)
    return match[1] if match else loss.root


def is_optional(loss: Loss, case: Case) -> bool:
    """Whether what is absent is a third-party distribution: a note, since leaving it out may be meant."""
    missing = missing_module(loss, case).partition(".")[0]
    return bool(missing) and missing not in case.index.top_level_modules


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """What is hidden, and why it skips here."""
    first, missing = losses[0], missing_module(losses[0], case)
    what = case.show(first.culprit.path) if len(losses) == 1 else f"{len(losses)} files"
    verb = "skips itself" if len(losses) == 1 else "skip themselves"
    why = f"'{missing}' cannot be imported here" if missing else first.text or "a condition that holds here"
    provider = find_provider(missing, case)[0] if missing and is_optional(first, case) else ""
    return Finding(
        "M407",
        missing or first.subject,
        f"{what} {verb}, and {count_tests(losses)} with {'it' if len(losses) == 1 else 'them'}: {why}",
        group(first, case),
        first.culprit,
        evidence=(
            *([Evidence("provider", f"'{missing}' is provided by {provider}")] if provider else []),
            *places(losses),
        ),
        remedies=remedies(
            f"install {provider}" if provider else "", "accept the loss with '# muster: ignore[M407] why'"
        ),
    )
