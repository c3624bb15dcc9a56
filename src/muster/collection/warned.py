"""Warnings of pytest's own collectors that `filterwarnings` turns into errors (`_pytest/warnings.py`)."""

from __future__ import annotations

import re

from muster.collection.outcomes import warning_error
from muster.collection.walk import Walk
from muster.invocation.filters import FilterRefused, WarningFilter, parse_warning_filter

_ANCESTRY = {
    "PytestCollectionWarning": ("PytestWarning", "UserWarning", "Warning"),
    "PytestWarning": ("UserWarning", "Warning"),
    "PytestRemovedIn10Warning": ("PytestDeprecationWarning", "PytestWarning", "DeprecationWarning", "Warning"),
}


def warn(walk: Walk, category: str, message: str, path: str, line: int, addition: str = "") -> None:
    """Raise `Raised` where the configuration makes an error of this warning; else nothing happens.

    `addition` is what pytest adds to the message of the error.
    """
    if walk.lenient or "no:warnings" in walk.invocation.plugins:
        return
    if _action(walk, category, message) == "error":
        raise warning_error(category, message + addition, (category, *_ANCESTRY[category]), path, line)


def _action(walk: Walk, category: str, message: str) -> str:
    """What the last filter that applies says."""
    names = {"", category, *_ANCESTRY[category]}
    for text in reversed(walk.invocation.filterwarnings):
        try:
            entry = parse_warning_filter(text, walk.version)
        except FilterRefused:
            continue
        if entry.category.rpartition(".")[2] in names and _applies(entry, message):
            return entry.action
    return ""


def _applies(entry: WarningFilter, message: str) -> bool:
    if entry.module or entry.line:
        return False
    try:
        return re.match(entry.message, message, re.IGNORECASE) is not None
    except re.error:
        return False
