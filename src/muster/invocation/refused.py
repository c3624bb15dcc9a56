"""The way out of the resolution: pytest refuses, and says so."""

from __future__ import annotations

from muster.model.invocation import Refusal
from muster.model.location import Location


class Refused(Exception):
    """Carries a `Refusal` from the step that met it to `resolve_invocation`, which turns it into data."""

    def __init__(
        self,
        message: str,
        setting: str,
        location: Location | None = None,
        exit_code: int = 4,
        when: str = "start",
    ) -> None:
        super().__init__(message)
        self.refusal = Refusal(message, setting, location, exit_code, when)


UNCAUGHT = 1
"""Exit code of an exception that leaves pytest before its session has begun: Python prints a traceback."""
INTERNAL_ERROR = 3
"""Exit code of an exception inside the session: pytest prints `INTERNALERROR>`."""
