"""One session that is asked for, and what the project's settings say of its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.model.acceptance import Accepted
from muster.model.location import Location
from muster.usecases.command import PytestCommand
from muster.usecases.simulate import Request

FAILED, OUR_BUG, NO_TESTS = 1, 3, 5
"""The exit codes that depend on what was found."""


@dataclass(frozen=True, slots=True)
class ExpectedCategory:
    """What a category must hold at least, as configured at `location`."""

    name: str
    min_tests: int = 1
    paths: tuple[str, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Standards:
    """What the project says of causes: severities by code, what categories must hold, and which causes it accepts."""

    severities: Mapping[str, str] = field(default_factory=dict)
    expected: tuple[ExpectedCategory, ...] = ()
    accepted: tuple[Accepted, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One session to simulate: the command, where it runs, and what the project's settings say of the result.

    `root` is what the report's paths are relative to; `budget_s` bounds what real pytest may need. `is_whole` is false
    where the user asked for a part of what the project's own command collects.
    """

    root: str
    command: PytestCommand
    cwd: str
    categories: tuple[str, ...] = ()
    standards: Standards = field(default_factory=Standards)
    budget_s: float | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = False

    @property
    def request(self) -> Request:
        """The plan as the simulation takes it."""
        command = self.command
        return Request(command.argv, self.cwd, command.text, command.why, command.cwd_on_path)
