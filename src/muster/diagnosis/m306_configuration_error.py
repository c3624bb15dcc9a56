"""M306: pytest refuses the configuration or the command line; nothing is collected."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.model.cause import Evidence
from muster.model.invocation import Refusal


def explain(refusal: Refusal, case: Case) -> Finding:
    """The setting, its file and line, and pytest's words."""
    place, words = refusal.location, refusal.message.partition("\n")[0]
    where = f" in {case.show(place.path)}:{place.line}" if place and place.line else ""
    return Finding(
        "M306",
        refusal.setting,
        f"pytest refuses '{refusal.setting}'{where}: {words}",
        ("configuration", refusal.setting, words),
        place,
        evidence=(
            Evidence("pytest", refusal.message, place.path if place else "", place.line if place else 0),
            Evidence("exit", f"pytest ends with code {refusal.exit_code} and collects nothing"),
        ),
        remedies=remedies(f"correct '{refusal.setting}'{where}"),
    )
