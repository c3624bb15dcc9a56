"""A real collection that was seen once, as it is kept for later."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """What pytest collected, when, and how long that took as a whole process.

    `selection` identifies what it was told to collect. `errors` are node ids with the exception of each; `workers` is 0
    where the process collected itself, else how many processes of pytest-xdist did it for it.
    """

    selection: str
    observed_at: str
    seconds: float
    command: str
    python: str
    pytest: str
    workers: int = 0
    errors: tuple[tuple[str, str], ...] = ()
    nodeids: tuple[str, ...] = ()
