"""What a target is known by in the memory."""

from __future__ import annotations

import hashlib

_ROUNDS = 100_000


def target_fingerprint(url: str) -> str:
    """A digest that is slow to make: whoever reads a team's memory shall not find out the password of a mailbox by trying."""
    content = url.encode("utf-8", "surrogateescape")
    return hashlib.pbkdf2_hmac("sha256", content, b"muster.alert-target", _ROUNDS).hex()
