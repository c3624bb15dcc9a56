"""A worker that collects ahead, beside the simulation of a session of many files: whatever becomes of it, the run is the same.

How many files are many, and whether the worker is near its end, is set here: else the projects would be too large for a test.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.runs.projects import Run, run_in, write_project

pytestmark = pytest.mark.slow

MUSTER_AT_ONCE = """
from muster.runs import head_start
from muster.usecases import workforce
workforce.MANY_FILES, head_start.LEAST_PATIENCE_S = 0, 0.5
head_start.HeadStart.is_worth_waiting_for = lambda self, files: {waits}
from muster.cli.main import main
main()
"""
NOTE = "open('imported', 'a').write(__name__ + ' ')\n"
SUITE = {
    "test_a.py": NOTE
    + "import pytest\n@pytest.mark.parametrize('row', iter([1, 2]))\ndef test_row(row): assert row == 1\n",
    "test_b.py": NOTE + "import pytest\npytest.skip('not here', allow_module_level=True)\n",
    "test_c.py": NOTE + "def test_keep(): pass\ndef test_left_out(): pass\n",
    "test_d.py": NOTE + "def test_left_out(): pass\n",
}
SELECTED = ("-k", "row or keep")


def _run(folder: Path, *arguments: str, waits: bool = True) -> Run:
    launcher = MUSTER_AT_ONCE.format(waits=waits)
    report = ("--report", f"json={folder / 'run.json'}")
    done = run_in(folder, sys.executable, "-c", launcher, "run", "--python", sys.executable, *report, *arguments)
    return Run(done.returncode, done.stdout + done.stderr, json.loads((folder / "run.json").read_text()))


@pytest.mark.parametrize("waits", [True, False], ids=["goes on", "sent away"])
def test_the_run_is_what_pytest_makes_of_it(tmp_path: Path, waits: bool) -> None:
    """Parameters that can be gone through only once among them; a file of which nothing is left is imported ahead only."""
    folder = write_project(tmp_path, SUITE)
    plain = run_in(folder, sys.executable, "-m", "pytest", *SELECTED).stdout.strip().splitlines()[-1]
    (folder / "imported").unlink()
    run = _run(folder, *SELECTED, "-n", "2", waits=waits)
    assert run.closing_line == plain.strip("= ").rpartition(" in ")[0]
    assert run.closing_line.startswith("1 failed, 2 passed, 1 skipped, 2 deselected")
    assert run.fates == {
        "test_a.py::test_row[1]": "passed", "test_a.py::test_row[2]": "failed", "test_c.py::test_keep": "passed",
    }  # fmt: skip
    assert (run.code, run.report["ran_unforeseen"], run.report["foreseen_not_run"]) == (1, [], [])
    if waits:
        assert (folder / "imported").read_text().split().count("test_d") == 1


@pytest.mark.parametrize("end", ["import faulthandler; faulthandler._sigsegv()", "import time; time.sleep(99)"])
def test_a_file_that_nobody_asked_for_costs_no_test(tmp_path: Path, end: str) -> None:
    """The import of it ends or holds up the worker that collects ahead; another one takes its place."""
    folder = write_project(tmp_path, {**SUITE, "test_d.py": end})
    run = _run(folder, "-n", "2", "-k", "keep")
    assert run.fates == {"test_c.py::test_keep": "passed"}
    assert (run.code, run.closing_line) == (0, "1 passed, 1 skipped, 3 deselected")


def test_nobody_collects_ahead_where_nothing_may_run_before_it_is_known(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"test_c.py": SUITE["test_c.py"]})
    assert _run(folder, "--strict", "-k", "no_such_name", "-n", "2").code == 5
    assert not (folder / "imported").exists()
