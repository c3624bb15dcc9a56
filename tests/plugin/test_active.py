"""The active plugin: root causes in pytest's own output, the budget, and what is kept for the next check."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.plugin.conftest import RunPytest, Session

from muster.adapters.record_spool import RecordSpool
from muster.model.memory import HistoryRecord
from muster.usecases.wire import decode_record

pytestmark = pytest.mark.oracle

FILES = {
    "pyproject.toml": "[tool.muster]\n",
    "app.py": "def add(a, b): return a + b\n",
    "test_gone.py": "from app import subtract\n\ndef test_gone(): ...\n",
    "test_gone_too.py": "from app import subtract\n\ndef test_gone_too(): ...\n",
    "test_only_real.py": "import os\n\n{}[len(os.getcwd()) + 7]\n\ndef test_real(): ...\n",
    "test_well.py": "def test_well(): ...\n",
}
CHILD_FAILS = """
import muster.plugin.session as session
session._CHILD = {child!r}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def kept(project: Path) -> dict[str, Any]:
    """The one collection that was kept."""
    [path] = (project / ".muster/observed").iterdir()
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def recorded(project: Path) -> list[HistoryRecord]:
    """What was left for the history."""
    spool = RecordSpool(str(project))
    return [decode_record(spool.read(name) or b"") for name in spool.waiting()]


def heal(project: Path) -> None:
    for name in ("test_gone.py", "test_gone_too.py", "test_only_real.py"):
        (project / name).unlink()


def section_after(session: Session, file: str) -> str:
    """What stands behind pytest's own report of a file."""
    own = session.out.partition(f"ERROR collecting {file} ")[2]
    return re.split(r"\n_{3,} |\n=", own.partition("muster: root cause -")[2])[0]


def test_each_error_is_followed_by_its_root_cause_and_the_next_check_knows(
    project: Path, run_pytest: RunPytest
) -> None:
    session = run_pytest("--muster", "--continue-on-collection-errors", MUSTER_HISTORY="on")
    assert (session.code, session.ended) == (1, "1 passed, 3 errors")
    first = section_after(session, "test_gone.py")
    assert "M204" in first
    assert "confirmed" in first
    assert "define 'subtract' in app.py" in first
    assert (
        section_after(session, "test_gone_too.py").strip("- \n")
        == "M204 name gone or never there, as told at test_gone.py"
    )
    assert "test_only_real.py:3 raises KeyError" in section_after(session, "test_only_real.py")
    summary = session.out.partition("= muster: root causes =")[2]
    assert [summary.count(code) for code in ("M204", "M303")] == [1, 1]
    content = kept(project)
    assert content["files"] == [["test_well.py::", "test_well"]]
    assert [nodeid for nodeid, _ in content["errors"]] == ["test_gone.py", "test_gone_too.py", "test_only_real.py"]
    assert (project / ".muster/.gitignore").read_text() == "*\n"
    (record,) = recorded(project)
    assert (record.kind, record.category, record.whole, record.simulated) == ("plugin", "all", True, False)
    assert (record.files_blocked, record.tests, record.nodeids) == (3, 1, {"test_well.py": ("test_well",)})
    assert {cause.code for cause in record.causes or ()} == {"M204", "M303"}


def test_the_budget_makes_a_green_session_red(project: Path, run_pytest: RunPytest) -> None:
    heal(project)
    (project / "pyproject.toml").write_text('[tool.muster]\nplugin = true\nbudget = "1ms"\n')
    session = run_pytest("test_well.py", MUSTER_HISTORY="on")
    assert (session.code, session.ended) == (1, "1 passed")
    assert "over the budget, so this session ends with code 1" in session.out
    assert 0 < kept(project)["seconds"] < 60
    (record,) = recorded(project)
    assert (record.kind, record.whole, record.causes, record.tests) == ("plugin", False, None, 1)
    assert record.observed_s is not None
    assert (record.budget_s, record.observed_s > 0.001) == (0.001, True)
    assert run_pytest(plugins=("no:muster",)).code == 0


def test_with_xdist_only_the_controller_speaks(project: Path, run_pytest: RunPytest) -> None:
    (project / "test_only_real.py").unlink()
    session = run_pytest("--muster", "-n", "2", plugins=("no:hypothesispytest",), PYTEST_DISABLE_PLUGIN_AUTOLOAD="")
    assert "M204" in section_after(session, "test_gone.py")
    assert session.out.count("= muster: root causes =") == 1
    content = kept(project)
    assert (content["workers"], content["files"]) == (2, [["test_well.py::", "test_well"]])
    assert all(text.startswith("ImportError") for _, text in content["errors"])


@pytest.mark.parametrize(
    ("conftest", "told"),
    [
        (
            "import sys\nsys.modules['muster.plugin.session'] = None\n",
            "the plugin did not start, this run is not affected",
        ),
        (CHILD_FAILS.format(child="raise SystemExit('no idea')"), "gave up, this run is not affected: RuntimeError"),
        (CHILD_FAILS.format(child="print('[]')"), "gave up, this run is not affected: "),
        ("import muster.plugin.session as s\ns.describe = None\n", "gave up, this run is not affected: TypeError"),
    ],
    ids=["start", "child", "answer", "hook"],
)
def test_what_goes_wrong_inside_changes_nothing(project: Path, run_pytest: RunPytest, conftest: str, told: str) -> None:
    (project / "conftest.py").write_text(conftest)
    session = run_pytest("--muster", "--continue-on-collection-errors")
    assert (session.code, session.ended) == (1, "1 passed, 3 errors")
    assert session.out.count("this run is not affected") == 1
    assert told in session.out


def test_settings_that_cannot_be_used_are_told_in_one_line(project: Path, run_pytest: RunPytest) -> None:
    heal(project)
    (project / "pyproject.toml").write_text('[tool.muster]\nplugin = true\n"bud\\u001bgte" = 3\n')
    session = run_pytest()
    assert (session.code, session.ended) == (0, "1 passed")
    assert "unknown key 'bud\\x1bgte'" in session.out


def test_a_collection_that_broke_off_is_not_kept(project: Path, run_pytest: RunPytest) -> None:
    session = run_pytest("--muster", "-x")
    assert session.code == 1
    assert "M204" in session.out
    assert not (project / ".muster").exists()
