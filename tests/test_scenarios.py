"""Every scenario twice: real pytest on disk, and the simulation in memory; both must match its expect block."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator

import pytest
from tests.support.oracle import Oracle, oracle_interpreters
from tests.support.outcome import real_differences, simulated_differences
from tests.support.scenario import DEFAULT_MODE, Scenario, all_scenarios
from tests.support.simulation import MEMORY_ROOT, cause_differences, simulated


def _every_case() -> Iterator[object]:
    for scenario in all_scenarios():
        for mode in scenario.modes:
            name = scenario.id if mode == DEFAULT_MODE else f"{scenario.id}@{mode}"
            yield pytest.param(scenario, mode, id=name)


CASES = list(_every_case())


@pytest.fixture(params=oracle_interpreters(), ids=lambda path: f"python{oracle_interpreters().index(path)}")
def oracle(request: pytest.FixtureRequest, oracle_of: Callable[[str], Oracle]) -> Oracle:
    """Real pytest of each interpreter that this run asks."""
    return oracle_of(request.param)


@pytest.mark.oracle
@pytest.mark.parametrize(("scenario", "mode"), CASES)
def test_oracle(scenario: Scenario, mode: str, oracle: Oracle) -> None:
    """Real pytest does what the expect block says."""
    _skip_other_versions(scenario, oracle)
    expected = scenario.expected(mode, *oracle.versions)
    assert expected, f"{scenario.source}:{scenario.line}: record it with 'python -m tests.support.record'"
    collection, root = oracle.collect(scenario, mode)
    differences = real_differences(expected, collection, oracle.places(root))
    assert not differences, _told(scenario, differences)


@pytest.mark.parametrize(("scenario", "mode"), CASES)
def test_simulated(scenario: Scenario, mode: str, oracle: Oracle) -> None:
    """The simulation does what the expect block says, but for declared divergences, and names the cause."""
    _skip_other_versions(scenario, oracle)
    expected = scenario.expected(mode, *oracle.versions)
    simulation = simulated(scenario, mode, oracle)
    differences = simulated_differences(expected, simulation.collection, oracle.places(MEMORY_ROOT))
    differences += cause_differences(expected, simulation)
    assert not differences, _told(scenario, differences)


def _skip_other_versions(scenario: Scenario, oracle: Oracle) -> None:
    if not scenario.is_for(*oracle.versions):
        pytest.skip(f"for pytest{scenario.pytest} python{scenario.python}, this is {oracle.versions}")
    if not _is_its_turn(scenario, oracle.interpreter):
        pytest.skip("this release is not asked about it; MUSTER_ORACLE_EACH=1 asks all")


def _is_its_turn(scenario: Scenario, interpreter: str) -> bool:
    """Where nothing in a scenario depends on the release, every fourth asks a further release, always the same one."""
    further = oracle_interpreters()[1:]
    if interpreter not in further or os.environ.get("MUSTER_ORACLE_EACH") or scenario.names_versions:
        return True
    return zlib.crc32(scenario.id.encode()) % (4 * len(further)) == further.index(interpreter)


def _told(scenario: Scenario, differences: list[str]) -> str:
    return "\n".join([f"{scenario.source}:{scenario.line} {scenario.name}", *differences])
