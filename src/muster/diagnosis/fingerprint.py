"""The identity of a cause across commits: it survives edits that only move the culprit's line."""

from __future__ import annotations

import hashlib

from muster.diagnosis.roots import normalised
from muster.model.cause import Cause


def fingerprint(cause: Cause, rootdir: str) -> str:
    """16 hexadecimal digits of code, subject, the culprit's path below `rootdir` and its text with white space
    folded."""
    place = cause.culprit
    path = place.path.removeprefix(rootdir.rstrip("/") + "/") if place else ""
    text = " ".join(normalised(place.text).split()) if place else ""
    identity = "\0".join((cause.code, cause.subject, path, text))
    return hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]
