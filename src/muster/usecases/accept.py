"""`muster accept`: which failures are accepted for now, and until when. Only what is found today can be accepted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from muster.errors import UsageError
from muster.model.acceptance import Accepted
from muster.model.report import CauseReport, Report
from muster.settings.accepted import writable

_FINGERPRINT = re.compile(r"[0-9a-f]{6,16}")
_REASON_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Terms:
    """Why something is accepted, and the last day on which it is (ISO 8601)."""

    reason: str
    expires: str


def parse_terms(reason: str, expires: str, today: str) -> Terms:
    """The terms as typed. Raises `UsageError` where there is no reason, and for a day that is none or has passed."""
    return Terms(_parse_reason(reason), _parse_day(expires, today[:10]))


def accept(
    report: Report, wanted: Sequence[str], terms: Terms, known: Sequence[Accepted]
) -> tuple[tuple[Accepted, ...], tuple[Accepted, ...]]:
    """All acceptances once those causes of `report` that are `wanted` are among them, and the new ones alone.

    What was accepted before is accepted anew. Raises `UsageError` for what names no open cause.
    """
    causes = {cause.fingerprint: cause for cause in (find_cause(report, word, known) for word in wanted)}
    losing = {loss.cause for loss in report.baseline.lost} if report.baseline is not None else set()
    new = tuple(_accepted(cause, terms, cause.id in losing) for cause in causes.values())
    return (*(entry for entry in known if entry.fingerprint not in causes), *new), new


def find_cause(report: Report, word: str, known: Iterable[Accepted] = ()) -> CauseReport:
    """The cause that `word` means: its number in `report`, or the beginning of its fingerprint. Raises `UsageError`."""
    if word.isdecimal() and len(word) < 6:
        found = [cause for cause in report.causes if cause.id == int(word)]
    elif _FINGERPRINT.fullmatch(word):
        found = [cause for cause in report.causes if cause.fingerprint.startswith(word)]
    else:
        raise UsageError(f"'{word}' is neither a cause's number nor a fingerprint of at least 6 hexadecimal digits")
    if len({cause.fingerprint for cause in found}) > 1:
        raise UsageError(f"'{word}' begins the fingerprints of several causes: give more of it")
    if not found:
        there_are = f"1 to {len(report.causes)}" if report.causes else "none"
        raise UsageError(f"there is no cause '{word}' in this check; there are: {there_are}")
    [cause, *_] = found
    if cause.accepted is not None and cause.fingerprint not in {entry.fingerprint for entry in known}:
        raise UsageError(f"cause {word} is silenced by a comment at {cause.culprit} already")
    return cause


def _accepted(cause: CauseReport, terms: Terms, is_loss: bool) -> Accepted:
    place = cause.culprit.path if cause.culprit is not None else cause.victims[0] if cause.victims else ""
    return Accepted(
        fingerprint=cause.fingerprint,
        code=cause.code,
        subject=writable(cause.subject),
        place=writable(place),
        reason=terms.reason,
        expires=terms.expires,
        seen="compared" if is_loss else "observed" if cause.seen == "observed" else "simulated",
    )


def _parse_reason(text: str) -> str:
    reason = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    if not reason:
        raise UsageError("nothing is accepted without a reason: --reason WHY")
    if len(reason) > _REASON_LIMIT:
        raise UsageError(f"the reason is longer than {_REASON_LIMIT} characters")
    return reason


def _parse_day(text: str, today: str) -> str:
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        told = f"'{text}' is no day" if text else "nothing is accepted for ever"
        raise UsageError(f"{told}: --expires takes a date such as 2026-12-31") from None
    if day < today:
        raise UsageError(f"--expires {day}: that day has passed (today is {today})")
    return day
