"""M304: a conftest or plugin is refused by pytest itself; a conftest that merely fails to import keeps that cause's
own code."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence, Scope
from muster.model.collection import OtherFailure

REFUSALS = frozenset(
    ("UsageError", "PluginValidationError", "Failed", "Exit", "PluggyTeardownRaisedWarning", "CollectError")
)
"""What pytest and pluggy raise about a plugin, as opposed to what the plugin's own code raises."""


def explain(root: Root, case: Case) -> Finding | None:
    """pytest's words about the conftest or plugin."""
    failure = root.first
    if failure.scope is Scope.FILE or not isinstance(root.detail, OtherFailure):
        return None
    if root.detail.kind not in ("", "plugins", "hook"):
        return None
    if failure.exception.type not in REFUSALS:
        return None
    place, words = case.place_of(failure), failure.exception.message.partition("\n")[0]
    return Finding(
        "M304",
        case.show(place.path),
        f"pytest refuses {case.show(place.path)}: {words}",
        ("refused", place.path, words),
        place,
        failure.exception.confidence,
        (Evidence("exception", f"{failure.exception.type}: {words}", place.path, place.line),),
        remedies("change the conftest or plugin as pytest's message says, or take it out"),
    )
