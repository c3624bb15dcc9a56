"""Generated projects: however the groups are shared out among processes, each file fares as in the whole session.

The simulation is the judge of itself here, so that many projects can be drawn; that it says what real pytest says is the
subject of `test_generated_projects`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.properties.test_generated_projects import projects
from tests.support.oracle import Oracle
from tests.support.scenario import Scenario, render_scenario
from tests.support.simulation import MEMORY_ROOT, Simulated, simulated

from muster.model.collection import Outcome

EXAMPLES = int(os.environ.get("MUSTER_EXAMPLES", "40"))


def verdicts(simulation: Simulated) -> dict[str, list[str]]:
    """By file: its tests and what failed in it. A file that the session decided nothing about has no entry."""
    collection = simulation.collection
    told: dict[str, list[str]] = {os.path.relpath(file, MEMORY_ROOT): [] for file in collection.files}
    for item in collection.items:
        told.setdefault(item.nodeid.partition("::")[0], []).append(item.nodeid)
    for report in collection.reports:
        told.setdefault(os.path.relpath(report.path, MEMORY_ROOT), []).append(str(report))
        if report.outcome is Outcome.UNDECIDED:
            told.pop(os.path.relpath(report.path, MEMORY_ROOT))
    return told


def shares(files: Iterable[str], groups: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The groups, and every other file by itself."""
    grouped = {file for group in groups for file in group}
    return [*groups, *((file,) for file in files if file not in grouped)]


@pytest.mark.slow
@settings(
    max_examples=EXAMPLES * 3,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(scenario=projects(), backwards=st.booleans())
def test_groups_fare_alone_as_in_the_session(
    scenario: Scenario, backwards: bool, oracle_of: Callable[[str], Oracle]
) -> None:
    """Each group in a process of its own, and all of them in one process in another order, give the session's verdicts."""
    # A conftest that is loaded at another time is a matter of the worker's start, not of the groups.
    files = {name: text for name, text in scenario.files.items() if not name.endswith("conftest.py")}
    scenario = replace(scenario, files=files)
    (mode,) = scenario.modes
    oracle = oracle_of(sys.executable)
    whole = simulated(scenario, mode, oracle)
    if whole.collection.session.aborted_by is not None:
        return
    wanted = verdicts(whole)
    units = shares(wanted, whole.groups)
    note(render_scenario(scenario))
    note(f"units: {units}")
    in_one_process = [file for unit in (reversed(units) if backwards else units) for file in unit]
    for arguments in (*units, in_one_process):
        alone = verdicts(simulated(replace(scenario, args=tuple(arguments)), mode, oracle))
        for file in arguments:
            if file in alone and file in wanted:
                assert alone[file] == wanted[file], (arguments, file)
