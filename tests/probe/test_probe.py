"""`muster probe` on small projects, really collected. What each must show stands in the documents beside this file.

collects FILE NUMBER             a file, and how many tests it yields
change KIND VALUE path:line      a change that the project made; VALUE may be left out
running NAME path:line           a thread that still runs in the end, and what started it
fails FILE EXCEPTION             a file that fails in the session
behind FILE RELATION EXCEPTION   what its exception comes from: its cause, or its context
alone FILE WORDS                 what it does collected alone
polluter FILE OTHER trace|bisection
lost FILE                        a file that ended the process
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.oracle import base_environ, project_on_disk
from tests.support.scenario import DEFAULT_MODE, Scenario, parse_scenarios

from muster.adapters.disk_tree import DiskTree
from muster.adapters.traced_pytest import TracedProcess
from muster.model.probe_report import ProbeReport
from muster.usecases.command import PytestCommand
from muster.usecases.plan import Plan
from muster.usecases.probe import ProbeRequest, probe

DOCUMENTS = sorted(Path(__file__).parent.glob("*.md"))
SCENARIOS = [scenario for document in DOCUMENTS for scenario in parse_scenarios(document)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name.replace(" ", "-"))
def test_a_real_collection_shows_it(scenario: Scenario) -> None:
    if not scenario.is_for(pytest.__version__, platform.python_version()):
        pytest.skip(f"for python{scenario.python}")
    with project_on_disk(scenario) as root:
        words = tuple(word.replace("${ROOT}", root) for word in scenario.args)
        command = PytestCommand(scenario.command, "test", words, scenario.command.startswith("python"))
        traced = TracedProcess(sys.executable, base_environ() | {"PYTHONPATH": ""}, file_timeout_s=5.0)
        report = probe(traced, Plan(root, command, root), DiskTree(), ProbeRequest())
    said = list(told(report))
    for line in scenario.expected(DEFAULT_MODE, pytest.__version__, platform.python_version()):
        assert str(line) in said


def told(report: ProbeReport) -> Iterator[str]:
    """The report in the words of the documents."""
    for change in report.changes:
        if change.project:
            yield f"change {change.kind} {change.sign}{change.value} {change.path}:{change.line}"
            yield f"change {change.kind} {change.path}:{change.line}"
    for file in report.files:
        yield f"collects {file.path} {file.tests}"
    for thread in report.running:
        yield f"running {thread.name} {thread.path}:{thread.line}"
    for failure in report.failures:
        yield f"fails {failure.path} {failure.exception}"
        for origin in failure.origins:
            yield f"behind {failure.path} {origin.relation} {origin.exception}"
        yield f"alone {failure.path} {failure.alone}"
        if failure.polluter is not None:
            yield f"polluter {failure.path} {failure.polluter.path} {failure.polluter.by}"
    for note in report.notes:
        yield f"lost {note.partition(' ')[0]}"
