"""Real pytest, observed: nothing of the observer shows to the project, and the record is what happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.oracle import Oracle, base_environ
from tests.support.scenario import Scenario

from muster.adapters.observed_pytest import ObservationFailed, PytestProcess
from muster.model.collection import Frame, ModuleMissing, Outcome, SessionState

TELLTALE = """
import json, os, sys
facts = {
    "path": sys.path, "argv": sys.argv, "cwd": os.getcwd(), "modules": sorted(sys.modules),
    "main": getattr(sys.modules["__main__"], "__file__", None), "environ": sorted(os.environ),
}
with open(os.environ["TELLTALE"], "w") as stream:
    json.dump(facts, stream)
"""


def _told(place: Path) -> dict[str, object]:
    facts: dict[str, object] = json.loads(place.read_text())
    place.unlink()
    return facts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose test module writes down what it sees."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_telltale.py").write_text(TELLTALE + "def test_it(): ...\n")
    return folder


@pytest.mark.oracle
@pytest.mark.parametrize("command", ["pytest", "python -m pytest"])
def test_the_project_sees_the_plain_command(project: Path, tmp_path: Path, command: str) -> None:
    """`sys.path`, `sys.argv`, the working directory and the environment equal those of an unobserved run."""
    place = tmp_path / "facts.json"
    environ = base_environ() | {"TELLTALE": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    words = ["--collect-only", "-p", "no:cacheprovider"]
    scripts = os.path.dirname(sys.executable)
    plain = [os.path.join(scripts, "pytest")] if command == "pytest" else [sys.executable, "-m", "pytest"]
    subprocess.run([*plain, *words], cwd=project, env=environ, check=True, capture_output=True)
    expected = _told(place)

    PytestProcess(sys.executable, environ=environ).collect([*command.split(), *words], str(project))
    observed = _told(place)
    with Oracle(sys.executable) as oracle:
        env = {"TELLTALE": str(place)}
        scenario = Scenario(project, "telltale", 0, 0, args=tuple(words), command=command, env=env)
        oracle.collect_folder(str(project), scenario, "default")
    forked = _told(place)

    for name in ("path", "argv", "cwd", "main"):
        assert observed[name] == expected[name], name
        assert forked[name] == expected[name], name
    assert observed["environ"] == expected["environ"]
    # `-c` and `runpy` themselves leave no module behind that a plain run would not have.
    assert set(observed["modules"]) - set(expected["modules"]) <= {"runpy", "importlib.machinery", "pkgutil"}  # type: ignore[call-overload]  # because JSON is untyped


@pytest.mark.oracle
def test_a_failure_is_recorded_with_its_innermost_exception(tmp_path: Path) -> None:
    """The frames are the project's own, and the detail is what the import system knows."""
    helper, test = tmp_path / "helper.py", tmp_path / "test_it.py"
    helper.write_text("import absent_module\n")
    test.write_text("\nimport helper\n")
    collection = PytestProcess(sys.executable).collect(["pytest"], str(tmp_path))
    (report,) = collection.reports
    assert (report.nodeid, report.outcome) == ("test_it.py", Outcome.FAILED)
    assert report.exception is not None
    assert report.exception.frames == (Frame(str(test), 2), Frame(str(helper), 1))
    assert isinstance(report.exception.detail, ModuleMissing)
    assert report.exception.detail.name == "absent_module"
    assert collection.session.pytest_exit == 2
    assert collection.seconds is not None


@pytest.mark.oracle
def test_no_test_runs(tmp_path: Path) -> None:
    """Only collection happens, though the command does not say `--collect-only`."""
    (tmp_path / "test_it.py").write_text("def test_it(): open('ran', 'w').close()\n")
    collection = PytestProcess(sys.executable).collect(["python", "-m", "pytest"], str(tmp_path))
    assert [item.nodeid for item in collection.items] == ["test_it.py::test_it"]
    assert not (tmp_path / "ran").exists()


@pytest.mark.oracle
def test_a_session_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    """On timeout the process group dies, and the file at fault is named."""
    (tmp_path / "test_a.py").write_text("def test_a(): ...\n")
    child = "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    (tmp_path / "test_b.py").write_text(child + "time.sleep(600)\n")
    collection = PytestProcess(sys.executable, timeout_s=5).collect(["pytest"], str(tmp_path))
    assert collection.session.state is SessionState.ABORTED
    assert collection.session.aborted_by is not None
    assert collection.session.aborted_by.nodeid == "test_b.py"
    assert str(tmp_path / "test_a.py") in collection.files


@pytest.mark.oracle
def test_a_process_that_vanishes_is_an_aborted_session(tmp_path: Path) -> None:
    """`os._exit` at import time ends pytest without a word; the record still says where."""
    (tmp_path / "test_a.py").write_text("import os\nos._exit(0)\n")
    collection = PytestProcess(sys.executable).collect(["pytest"], str(tmp_path))
    assert collection.session.state is SessionState.ABORTED
    assert collection.session.aborted_by is not None
    assert collection.session.aborted_by.path == str(tmp_path / "test_a.py")


def test_only_pytest_commands_are_observed(tmp_path: Path) -> None:
    """A command that is none of the two known forms is refused before anything runs."""
    with pytest.raises(ObservationFailed, match="is no pytest command"):
        PytestProcess(sys.executable).collect(["make", "test"], str(tmp_path))
