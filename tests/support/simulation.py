"""The simulated half of a scenario: its files in memory, at a path where nothing is on disk."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

from tests.support.oracle import Oracle
from tests.support.scenario import ExpectLine, Scenario

MEMORY_ROOT = "/muster-scenario/project"
_NEEDED = ("muster.usecases.simulate", "muster.trees.memory")


def unavailable() -> str | None:
    """Why the simulation cannot be asked, or None where it can."""
    for name in _NEEDED:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return f"there is no '{name}' yet"
    return None


def simulated(scenario: Scenario, mode: str, oracle: Oracle) -> Any:
    """The simulation of the scenario's command, in the environment of the oracle's interpreter."""
    raise NotImplementedError


def cause_differences(expected: Sequence[ExpectLine], simulation: Any) -> list[str]:
    """Cause codes, culprits and losses that the block names and the diagnosis does not."""
    return []
