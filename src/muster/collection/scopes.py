"""Fixture scopes (`_pytest/scope.py`): a higher scope holds more tests."""

from __future__ import annotations

from enum import IntEnum


class Scope(IntEnum):
    """Ordered as pytest orders them: `FUNCTION` is the narrowest."""

    FUNCTION = 0
    CLASS = 1
    MODULE = 2
    PACKAGE = 3
    SESSION = 4

    @property
    def next_lower(self) -> Scope:
        """The next narrower scope."""
        return Scope(self - 1)


HIGH_SCOPES = (Scope.SESSION, Scope.PACKAGE, Scope.MODULE, Scope.CLASS)

_NAMES = {scope.name.lower(): scope for scope in Scope}


def find_scope(name: str) -> Scope | None:
    """The scope of that name, or None."""
    return _NAMES.get(name)
