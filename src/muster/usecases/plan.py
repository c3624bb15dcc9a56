"""One session that is asked for, and what the project's settings say of its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """What the project's settings say of causes: severities by code, and what categories must hold."""

    severities: Mapping[str, str] = field(default_factory=dict)
    expected: tuple[ExpectedCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One session to simulate: the command, where it runs, and what the project's settings say of the result.

    `root` is what the report's paths are relative to; `budget_s` bounds what real pytest may need.
    """

    root: str
    command: PytestCommand
    cwd: str
    categories: tuple[str, ...] = ()
    standards: Standards = field(default_factory=Standards)
    budget_s: float | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def request(self) -> Request:
        """The plan as the simulation takes it."""
        command = self.command
        return Request(command.argv, self.cwd, command.text, command.why, command.cwd_on_path)
