"""Which pytest is simulated: its version as three numbers."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

PytestVersion = tuple[int, int, int]

NEWEST_KNOWN: PytestVersion = (9, 2, 0)
"""The newest pytest whose sources these rules were read from; assumed where the environment tells none."""


def parse_pytest_version(text: str) -> PytestVersion:
    """The release numbers of `text`, padded to three; `NEWEST_KNOWN` where there is none to read."""
    try:
        release = Version(text).release
    except InvalidVersion:
        return NEWEST_KNOWN
    major, minor, micro, *_ = (*release, 0, 0, 0)
    return major, minor, micro
