"""Does real pytest stay within the budget for collecting? Only an observed time can tell."""

from __future__ import annotations

from collections.abc import Mapping

from muster.diagnosis.catalogue import BY_CODE
from muster.model.cause import Cause, Evidence, Remedy, Scope, Seen, Severity
from muster.model.collection import Confidence

CODE = "M501"


def over_budget(
    observed_s: float | None, budget_s: float | None, subject: str, severities: Mapping[str, str]
) -> tuple[Cause, ...]:
    """The cause M501 where a time was observed and is over the budget, else nothing."""
    if observed_s is None or budget_s is None or observed_s <= budget_s:
        return ()
    entry = BY_CODE[CODE]
    return (
        Cause(
            code=CODE,
            severity=Severity(severities.get(CODE, entry.severity)),
            confidence=Confidence.CERTAIN,
            scope=Scope.SESSION,
            title=entry.title,
            subject=subject,
            message=f"pytest needs {observed_s:.1f} s to collect, {observed_s - budget_s:.1f} s over the budget",
            evidence=(Evidence("measured", "the whole process: interpreter, plugins and conftests included"),),
            remedies=(Remedy("`muster profile` says where the seconds go, and defers the imports that can wait"),),
            seen=Seen.OBSERVED,
        ),
    )
