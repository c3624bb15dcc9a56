"""M503: a file waits, reads or connects while it is imported; the simulation sees the seconds that it sleeps."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.model.cause import Evidence
from muster.model.collection import Wait


def explain(waits: tuple[Wait, ...], case: Case) -> Finding:
    """What the statement costs, and the calls that lead to it. `waits` are those of one statement."""
    first = waits[0]
    seconds = sum(wait.seconds for wait in waits)
    place = case.statement(first.culprit.path, first.culprit.line)
    shown = case.show(place.path)
    return Finding(
        "M503",
        shown,
        f"importing {shown} sleeps {_spelled(seconds)}: every collection pays for it, before any test runs",
        ("sleep", place.path, str(place.line)),
        place,
        evidence=tuple(
            Evidence("call", case.statement(frame.path, frame.line).text, frame.path, frame.line)
            for frame in reversed(first.frames[:-1])
        ),
        remedies=remedies(
            "do it when it is first needed: in a function that keeps its result (functools.cache), or a session fixture"
        ),
    )


def _spelled(seconds: float) -> str:
    return f"{seconds:g} s"
