"""Real pytest and the simulation on one generated project."""

from __future__ import annotations

from tests.support.oracle import Oracle
from tests.support.outcome import lines_of, simulated_differences
from tests.support.scenario import ExpectLine, Scenario
from tests.support.simulation import MEMORY_ROOT, simulated


def disagreements(scenario: Scenario, oracle: Oracle) -> list[str]:
    """Where the two differ in the scenario's one mode, but for what the simulation says it cannot know."""
    (mode,) = scenario.modes
    real, root = oracle.collect(scenario, mode)
    simulation = simulated(scenario, mode, oracle).collection
    unknown = [
        ExpectLine(line.verb, line.rest)
        for line in lines_of(simulation, oracle.places(MEMORY_ROOT))
        if line.verb in ("undecided", "unexpanded")
    ]
    expected = [*lines_of(real, oracle.places(root)), *unknown]
    return simulated_differences(expected, simulation, oracle.places(MEMORY_ROOT))
