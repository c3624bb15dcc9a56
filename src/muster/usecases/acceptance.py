"""Which causes the project accepts for now, which acceptances have expired, and which no longer match anything."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import replace

from muster.diagnosis import fingerprint
from muster.diagnosis.catalogue import DIRECTIVE_PROBLEM, ONLY_PROFILED
from muster.model.acceptance import Accepted
from muster.model.cause import Cause, Evidence
from muster.model.collection import Problem
from muster.model.location import Location
from muster.settings import ACCEPTED_FILE


def mark_accepted(
    causes: Iterable[Cause], accepted: Sequence[Accepted], today: str, root: str
) -> tuple[Cause, ...]:  # fmt: skip
    """`causes` with what is accepted on the day `today` marked, and behind those that are open.

    One whose acceptance has expired stays open, and says so among its evidence.
    """
    by_fingerprint = {entry.fingerprint: entry for entry in accepted}
    marked = [_marked(cause, by_fingerprint.get(fingerprint(cause, root)), today) for cause in causes]
    return tuple(sorted(marked, key=lambda cause: bool(cause.accepted)))


def stale_acceptances(
    causes: Iterable[Cause], accepted: Sequence[Accepted], root: str, *, was_run: bool, was_compared: bool
) -> tuple[Accepted, ...]:
    """Those of `accepted` that match none of `causes`: all causes of the whole project.

    What only a real run shows is not judged unless it `was_run`, nor what only a comparison shows unless it `was_compared`,
    nor what a profile shows.
    """
    judged = {"simulated", *(["observed"] if was_run else []), *(["compared"] if was_compared else [])}
    matched = {fingerprint(cause, root) for cause in causes}
    judged_entries = (entry for entry in accepted if entry.seen in judged and entry.code not in ONLY_PROFILED)
    return tuple(entry for entry in judged_entries if entry.fingerprint not in matched)


def stale_problems(stale: Iterable[Accepted], root: str) -> tuple[Problem, ...]:
    """A problem for each acceptance that is stale."""
    path = posixpath.join(root, ACCEPTED_FILE)
    return tuple(
        Problem(
            DIRECTIVE_PROBLEM,
            Location(path, entry.line),
            f"'{entry}' is accepted and does not occur any more; muster accept --prune removes it",
        )
        for entry in stale
    )


def _marked(cause: Cause, entry: Accepted | None, today: str) -> Cause:
    if entry is None or cause.accepted:
        return cause
    if entry.has_expired(today):
        told = Evidence("expired", f"accepted until {entry.expires} ({entry.reason}); it counts again")
        return replace(cause, evidence=(*cause.evidence, told))
    return replace(cause, accepted=entry.reason, accepted_until=entry.expires)
