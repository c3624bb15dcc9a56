"""The way out of the resolution: pytest refuses, and says so."""

from __future__ import annotations

from muster.model.invocation import Refusal
from muster.model.location import Location

UNCAUGHT = 1
"""Exit code of an exception that leaves pytest before its session has begun: Python prints a traceback."""
COLLECTOR_ERROR = 2
"""Exit code of a session with errors in its collectors."""
INTERNAL_ERROR = 3
"""Exit code of an exception inside the session: pytest prints `INTERNALERROR>`."""
USAGE_ERROR = 4
"""Exit code of a `pytest.UsageError`."""


class Refused(Exception):
    """Carries a `Refusal` from the step that met it to `resolve_invocation`, which turns it into data."""

    def __init__(
        self,
        message: str,
        setting: str,
        location: Location | None = None,
        exit_code: int = USAGE_ERROR,
        when: str = "start",
        type_: str = "UsageError",
    ) -> None:
        super().__init__(message)
        self.refusal = Refusal(message, setting, location, exit_code, when, type_)


def escaping(type_: str, message: str, setting: str, location: Location | None = None) -> Refused:
    """What pytest does where it does not expect the exception: it lets it escape, with a traceback."""
    return Refused(message, setting, location, UNCAUGHT, type_=type_)
