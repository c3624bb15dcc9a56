"""M309: pytest refuses a class, a function or its parameters while it collects them."""

from __future__ import annotations

import re

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import OtherFailure

KINDS = frozenset(("fixture", "signature", "parametrize", "collect"))
_WORDS = re.compile(
    r"fixture|uses no argument|parametriz|duplicate|missing 1 required positional argument: 'self'"
    r"|Marks applied to|must be a list|cannot be called directly",
    re.IGNORECASE,
)


_WHERE = re.compile(r"In (?:[^\s:]*::)?([\w:]+(?:\[.*?\])?): ")


def explain(root: Root, case: Case) -> Finding | None:
    """The class or function, and pytest's own words."""
    detail, exception = root.detail, root.first.exception
    if not isinstance(detail, OtherFailure):
        return None
    by_words = (
        not detail.kind
        and exception.type in ("Failed", "CollectError", "TypeError")
        and _WORDS.search(exception.message)
    )
    if detail.kind not in KINDS and not by_words:
        return None
    if exception.type == "TypeError" and not detail.kind and "fixture" not in exception.message:
        return None
    place = detail.definition or case.place_of(root.first)
    words = exception.message.partition("\n")[0]
    subject = detail.subject or _subject(words, root.first.report.nodeid)
    return Finding(
        "M309",
        subject,
        f"pytest cannot collect '{subject}': {words}",
        ("signature", place.path, str(place.line), words),
        place,
        exception.confidence,
        (Evidence("exception", f"{exception.type}: {words}", place.path, place.line), *case.places_of(root, "place")),
        remedies("make the signature, fixture or parameters agree, as pytest's message says"),
    )


def _subject(words: str, nodeid: str) -> str:
    """The class or function that pytest's words speak of, else the collector's own name."""
    match = _WHERE.match(words)
    return match[1].rpartition("::")[2] if match else nodeid.rpartition("::")[2]
