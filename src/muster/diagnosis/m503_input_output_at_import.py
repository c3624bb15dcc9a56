"""M503: a file waits, connects or starts a program while it is imported.

The simulation sees the seconds that it sleeps; a traced run sees sockets, programs and every sleep.
"""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.model.cause import Evidence
from muster.model.collection import Wait
from muster.model.profile import ObservedEffect

_REMEDY = "do it when it is first needed: in a function that keeps its result (functools.cache), or a session fixture"
_VALUES_TOLD = 3


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
        remedies=remedies(_REMEDY),
    )


def explain_observed(effect: ObservedEffect, case: Case) -> Finding:
    """What was done, by which statement, and the imports and calls that led to it."""
    path, line = effect.chain[-1]
    place = case.statement(path, line)
    shown, during = case.show(place.path), case.show(effect.during)
    asked = f"{shown} imports {effect.beyond}, which" if effect.beyond else f"importing {shown}"
    return Finding(
        "M503",
        shown,
        f"{asked} {_deed(effect)}: every collection pays for it, before any test runs",
        (effect.kind, place.path, str(line)),
        place,
        evidence=(
            *(
                Evidence("call", case.statement(frame_path, frame_line).text, frame_path, frame_line)
                for frame_path, frame_line in reversed(effect.chain[:-1])
            ),
            Evidence("during", f"seen while {during} was collected", effect.during),
        ),
        remedies=remedies(_REMEDY),
    )


def _deed(effect: ObservedEffect) -> str:
    told = ", ".join(dict.fromkeys(effect.values[:_VALUES_TOLD]))
    match effect.kind:
        case "sleep":
            return f"sleeps {_spelled(effect.seconds)}"
        case "socket":
            return f"opens a socket ({told})"
        case _:
            return f"starts a process ({told})"


def _spelled(seconds: float) -> str:
    return f"{seconds:g} s"
