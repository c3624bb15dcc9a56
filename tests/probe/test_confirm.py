"""`muster check --confirm` on real projects: what is in doubt is really collected, and nothing else."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from muster.adapters.observed_pytest import PytestProcess
from muster.model.report import Report
from muster.usecases.check import check
from muster.usecases.witness import Confirmation
from muster.wiring import Choices, open_workspace

OPEN = 'import random\nexec(random.choice(["", ""]))\n'
"""After this the simulation does not know what stands in the module."""

LOG = 'import os\nopen("log", "a").write(os.path.basename(__file__) + " ")\n'
TEST = "def test_it(): ...\n"

pytestmark = pytest.mark.oracle


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (tmp_path / "conftest.py").write_text('collect_ignore = ["log"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / ".cache"))
    return tmp_path


def confirmed(project: Path, *, budget_s: float | None = None, processes: int = 2) -> Report:
    """The Report; a file may take 3 seconds to collect."""
    with open_workspace(Choices(root=str(project), python=sys.executable)) as workspace:
        real = PytestProcess(workspace.interpreter, environ=workspace.ports.environ, file_timeout_s=3.0)
        plan = replace(workspace.plan, budget_s=budget_s)
        return check(workspace.ports, workspace.clock, plan, Confirmation(real, "doubtful", processes))


def outcomes(report: Report) -> dict[str, str]:
    return {file.path.removesuffix(".py").removeprefix("test_"): f"{file.outcome} {file.seen}" for file in report.files}


def test_only_what_is_in_doubt_is_collected_behind_what_it_depends_on(project: Path) -> None:
    (project / "lib/late").mkdir(parents=True)
    (project / "lib/late/__init__.py").write_text("from nowhere import thing\n")
    (project / "test_1_path.py").write_text(f'{LOG}import sys\nsys.path.insert(0, os.path.abspath("lib"))\n{TEST}')
    (project / "test_2_sure.py").write_text(LOG + TEST)
    (project / "test_3_victim.py").write_text(f"{LOG}import late\n{TEST}")
    (project / "test_4_open.py").write_text(f"{LOG}{OPEN}if random.random() < 2:\n    raise RuntimeError\n{TEST}")
    (project / "test_5_sure.py").write_text(LOG + TEST)
    report = confirmed(project)
    assert sorted((project / "log").read_text().split()) == ["test_1_path.py", "test_3_victim.py", "test_4_open.py"]
    assert outcomes(report) == {
        "1_path": "collected confirmed",
        "2_sure": "collected simulated",
        "3_victim": "failed confirmed",
        "4_open": "failed observed",
        "5_sure": "collected simulated",
    }
    assert {(cause.subject, cause.seen, cause.severity) for cause in report.causes} == {
        ("nowhere", "confirmed", "error"),
        ("RuntimeError", "observed", "error"),
    }
    assert (report.differences, report.seconds.observed, report.session.pytest_exit) == ((), None, 2)
    assert report.confirmation is not None
    assert (report.confirmation.extent, report.confirmation.files) == ("doubtful", 3)


def test_files_that_end_hold_up_or_flood_their_process_are_named_and_the_rest_goes_on(project: Path) -> None:
    hostile = {
        "a_sure": "",
        "b_exit": f"{OPEN}import os\nos._exit(0)\n",
        "c_system_exit": f"{OPEN}import sys\nif random.random() < 2:\n    sys.exit(7)\n",
        "d_crash": f"{OPEN}import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
        "e_hang": f"{OPEN}import threading\nthreading.Event().wait()\n",
        "f_flood": f'{OPEN}import os\nfor _ in range(40): os.write(2, b"x" * (1 << 20))\nos.close(1)\nos.close(2)\n',
        "g_well": OPEN,
    }
    for name, text in hostile.items():
        (project / f"test_{name}.py").write_text(f"{text}{TEST}")
    report = confirmed(project)
    assert outcomes(report) == {
        "a_sure": "collected simulated",
        "b_exit": "failed observed",
        "c_system_exit": "failed observed",
        "d_crash": "failed observed",
        "e_hang": "failed observed",
        "f_flood": "collected observed",
        "g_well": "collected observed",
    }
    exceptions = {file.path: str(file.exception).split(":  ")[0] for file in report.files if file.exception is not None}
    assert exceptions == {
        "test_b_exit.py": "ProcessEnded: pytest ended with code 0, without a report",
        "test_c_system_exit.py": "SystemExit: 7",
        "test_d_crash.py": "ProcessEnded: pytest was killed by SIGSEGV, without a report",
        "test_e_hang.py": "TimeExceeded: pytest did not end in time and was killed",
    }
    assert (report.session.state, report.totals.tests, report.totals.files_undecided) == ("aborted", 3, 0)
    victims = {victim for cause in report.causes for victim in cause.victims}
    assert exceptions.keys() <= victims, "each is a cause's"


def test_nothing_runs_where_nothing_is_in_doubt_and_everything_where_a_budget_is_to_be_measured(project: Path) -> None:
    (project / "test_a.py").write_text(LOG + TEST)
    report = confirmed(project)
    assert not (project / "log").exists()
    assert report.confirmation is not None
    assert (report.confirmation.files, report.seconds.observed) == (0, None)
    report = confirmed(project, budget_s=0.001)
    assert (project / "log").read_text() == "test_a.py "
    assert [cause.code for cause in report.causes] == ["M501"]
    assert report.seconds.observed is not None
    assert outcomes(report) == {"a": "collected confirmed"}


def test_where_reality_refutes_a_verdict_everything_is_collected(project: Path) -> None:
    """A module that is only there while pytest runs: what else the simulation says may be as wrong."""
    (project / "test_a.py").write_text(f"{LOG}import made\n{TEST}")
    (project / "test_b.py").write_text(LOG + TEST)
    with open_workspace(Choices(root=str(project), python=sys.executable)) as workspace:
        environ = {**workspace.ports.environ, "PYTHONPATH": str(project / "made")}
        real = PytestProcess(workspace.interpreter, environ=environ)
        (project / "made").mkdir()
        (project / "made/made.py").touch()
        report = check(workspace.ports, workspace.clock, workspace.plan, Confirmation(real))
    assert (project / "log").read_text() == "test_a.py test_a.py test_b.py "
    assert (report.causes, report.totals.tests, report.session.pytest_exit) == ((), 2, 0)
    assert [(each.kind, each.subject) for each in report.differences] == [
        ("failure", "test_a.py"),
        ("test", "test_a.py::test_it"),
        ("session", ""),
    ]
