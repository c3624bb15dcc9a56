"""M306: pytest refuses the configuration or the command line; nothing is collected."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence, Scope
from muster.model.invocation import Refusal


def explain(root: Root, case: Case) -> Finding | None:
    """A usage error that only shows when the session starts: a path that is not there, an expression that does not parse."""
    exception = root.first.exception
    if exception.type != "UsageError" or root.first.scope is not Scope.SESSION:
        return None
    if root.first.report.path and case.is_ours(root.first.report.path):
        return None
    return explain_refusal(Refusal(exception.message, "the command line"), case)


def explain_refusal(refusal: Refusal, case: Case) -> Finding:
    """The setting, its file and line, and pytest's words."""
    place, words = refusal.location, _gist(refusal.message)
    where = f" in {case.show(place.path)}:{place.line}" if place and place.line else ""
    return Finding(
        "M306",
        refusal.setting,
        f"pytest refuses {_named(refusal)}{where}: {words}",
        ("configuration", refusal.setting, words),
        place,
        evidence=(
            Evidence("pytest", refusal.message, place.path if place else "", place.line if place else 0),
            Evidence("exit", f"pytest ends with code {refusal.exit_code} and collects nothing"),
        ),
        remedies=remedies(f"correct {_named(refusal)}{where}"),
    )


def _gist(message: str) -> str:
    """The line that says what is wrong: argparse's usage comes before it."""
    lines = message.split("\n")
    return next((line.partition("error: ")[2] for line in lines if ": error: " in line), lines[0])


def _named(refusal: Refusal) -> str:
    return refusal.setting if " " in refusal.setting else f"'{refusal.setting}'"
