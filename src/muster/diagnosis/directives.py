"""`# muster: ignore[M402] reason`: what such a comment silences, and which ones are wrong.

A directive silences causes with one of its codes whose place is its own line, the line below it (a comment that stands
alone), or the statement that it ends. One without a reason or without codes silences nothing. A directive that is wrong
or unused is a `Problem` with code M000.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from muster.diagnosis.catalogue import BY_CODE, DIRECTIVE_PROBLEM, ONLY_PROFILED
from muster.facts.module_facts import Directive
from muster.index.near import nearest
from muster.model.cause import Cause
from muster.model.collection import Collection, Problem
from muster.model.location import Location

Directives = Mapping[str, Sequence[Directive]]
"""The directives of each file that has any, by absolute path."""


def reason_at(directives: Directives, code: str, place: Location | None) -> str:
    """Why `code` is silenced at `place`, or "" where it is not."""
    if place is None:
        return ""
    reasons = (each.reason for each in directives.get(place.path, ()) if _silences(each, code, place))
    return next((reason for reason in reasons if reason), "")


def review_directives(directives: Directives, causes: Iterable[Cause], collection: Collection) -> tuple[Problem, ...]:
    """A problem for each directive that is unused, has no reason, or names no known code; by path and line."""
    places = [(cause.code, cause.culprit) for cause in causes if cause.culprit]
    places.extend((loss.kind, loss.culprit) for loss in collection.losses)
    found: list[Problem] = []
    for path in sorted(directives):
        for directive in directives[path]:
            location = Location(path, directive.line)
            found.extend(Problem(DIRECTIVE_PROBLEM, location, text) for text in _faults(directive, path, places))
    return tuple(found)


def _faults(directive: Directive, path: str, places: list[tuple[str, Location]]) -> Iterator[str]:
    if not directive.codes:
        yield "this ignore names no code: write '# muster: ignore[CODE] why'"
        return
    unknown = [code for code in directive.codes if code not in BY_CODE]
    for code in unknown:
        near = nearest(code, BY_CODE, limit=1, threshold=0.6)
        yield f"'{code}' is no code of a cause" + (f"; did you mean {near[0]}?" if near else "")
    if not directive.reason:
        yield f"ignore[{', '.join(directive.codes)}] gives no reason, so it silences nothing"
        return
    for code in directive.codes:
        here = (place for kind, place in places if kind == code and place.path == path)
        if (
            code not in unknown
            and code not in ONLY_PROFILED
            and not any(_silences(directive, code, place) for place in here)
        ):
            yield f"ignore[{code}] is unused: {code} does not occur here"


def _silences(directive: Directive, code: str, place: Location) -> bool:
    if code not in directive.codes:
        return False
    last = max(place.line, place.end_line)
    return place.line == 0 or place.line - 1 <= directive.line <= last
