"""A failure that is known and accepted for now: which one, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry of the file of accepted failures.

    `fingerprint` is the cause's own; `code`, `subject` and `place` say to a reader which one that is. `expires` is the last
    day on which it is accepted (ISO 8601). `seen` is `observed` where only a real run shows it, `compared` where only a
    comparison with a baseline does. `line` is where it stands in the file.
    """

    fingerprint: str
    code: str
    subject: str
    place: str
    reason: str
    expires: str
    seen: str = "simulated"
    line: int = 0

    def __str__(self) -> str:
        return f"{self.code} {self.subject}".rstrip()

    def has_expired(self, today: str) -> bool:
        """Whether it no longer counts on the day `today` (ISO 8601)."""
        return self.expires < today[:10]
