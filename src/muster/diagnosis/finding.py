"""What a rule concludes about one root, before victims and tests are counted."""

from __future__ import annotations

from dataclasses import dataclass

from muster.model.cause import Candidate, Evidence, Remedy
from muster.model.collection import Confidence
from muster.model.commit import Commit
from muster.model.location import Location


@dataclass(frozen=True, slots=True)
class Finding:
    """One explanation. Roots whose findings share `code` and `group` are one cause: the first one's words, all
    victims."""

    code: str
    subject: str
    message: str
    group: tuple[str, ...]
    culprit: Location | None = None
    confidence: Confidence = Confidence.CERTAIN
    evidence: tuple[Evidence, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    since: Commit | None = None
    candidates: tuple[Candidate, ...] = ()


def remedies(*titles: str) -> tuple[Remedy, ...]:
    """A remedy for each title that says something."""
    return tuple(Remedy(title) for title in titles if title)
