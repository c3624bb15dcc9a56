"""How losses are counted and worded: the same way for every code."""

from __future__ import annotations

from muster.model.cause import Evidence
from muster.model.collection import Loss


def at_culprit(loss: Loss) -> tuple[str, ...]:
    """The group of losses that share their place."""
    return (loss.culprit.path, str(loss.culprit.line))


def lost_tests(losses: tuple[Loss, ...]) -> int:
    """How many tests `losses` cost, parameters counted where known."""
    return sum(max(loss.lost_count, len(loss.lost)) for loss in losses)


def count_tests(losses: tuple[Loss, ...]) -> str:
    """`its 3 tests`, `their 12 tests`, or the same without a number where none is known."""
    number, whose = lost_tests(losses), "its" if len(losses) == 1 else "their"
    if not number:
        return f"{whose} tests"
    return f"{whose} 1 test" if number == 1 else f"{whose} {number} tests"


def classes(losses: tuple[Loss, ...]) -> str:
    """The subject of a sentence about classes, with its verb."""
    return f"the class '{losses[0].subject}' has" if len(losses) == 1 else f"{len(losses)} classes have"


def places(losses: tuple[Loss, ...], limit: int = 5) -> tuple[Evidence, ...]:
    """Where the first losses stand, and how many more there are."""
    shown = [
        Evidence(
            "lost", f"{loss.subject}: {loss.text}" if loss.text else loss.subject, loss.culprit.path, loss.culprit.line
        )
        for loss in losses[:limit]
    ]
    if len(losses) > limit:
        shown.append(Evidence("lost", f"and {len(losses) - limit} more"))
    return tuple(shown)
