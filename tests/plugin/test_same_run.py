"""Node ids, order, outcomes and exit code are those of a session without the plugin, in suites that others wrote."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.plugin.conftest import RunPytest

RECORDER = """
import json

ROWS = []

def pytest_collection_finish(session):
    ROWS.append([item.nodeid for item in session.items])

def pytest_collectreport(report):
    if report.outcome != "passed":
        ROWS.append([report.nodeid, report.outcome])

def pytest_runtest_logreport(report):
    ROWS.append([report.nodeid, report.when, report.outcome, str(getattr(report, "wasxfail", ""))])

def pytest_unconfigure(config):
    with open("record.json", "w") as file:
        json.dump(ROWS, file)
"""
OWN = """
import pytest

@pytest.fixture
def broken(): raise ValueError

@pytest.mark.parametrize("n", [1, 2, pytest.param(3, marks=pytest.mark.xfail)])
def test_numbers(n): assert n != 3

def test_fails(): assert 1 == 2
def test_skips(): pytest.skip("so")
def test_error(broken): ...
"""
# One file of the second asks for a folder that its wheel does not hold: it fails while it is collected.
SUITES = ("jsonschema_specifications.tests", "referencing.tests")


def folder_of(package: str) -> str:
    spec = find_spec(package.rpartition(".")[0])
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / package.rpartition(".")[2])


@pytest.mark.oracle
def test_real_suites_run_as_without_it(tmp_path: Path, run_pytest: RunPytest) -> None:
    (tmp_path / "recorder.py").write_text(RECORDER)
    (tmp_path / "test_own.py").write_text(OWN)
    (tmp_path / "test_broken.py").write_text("import nowhere\n")
    suites = ["test_own.py", "test_broken.py", *(folder_of(package) for package in SUITES)]
    records, endings = [], []
    for plugins, words in ((("no:muster",), []), (("muster",), []), (("muster",), ["--muster"])):
        session = run_pytest(
            "--continue-on-collection-errors", "--rootdir=.", "-q", *words, *suites, plugins=("recorder", *plugins)
        )
        assert ("muster: root cause" in session.out) == bool(words)
        records.append(json.loads((tmp_path / "record.json").read_text()))
        endings.append((session.code, session.ended))
    assert endings[0] == endings[1] == endings[2]
    assert records[0] == records[1] == records[2]
    assert len(records[0]) > 100
    assert {row[2] for row in records[0] if len(row) == 4} == {"passed", "failed", "skipped"}
