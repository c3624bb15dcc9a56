"""`collect`, `explain`, `init`, `schema`, `cache`, and the program itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from tests.unit.cli.conftest import Muster

import muster.cli.app
from muster import __version__
from muster.cli.main import run
from muster.cli.terminal import canvas_for
from muster.render.schema import node_ids_schema

SOURCE = str(Path(__file__).parents[3] / "src")
IDS = [
    "tests/good/test_add.py::test_add",
    "tests/good/test_add.py::test_zero[1]",
    "tests/good/test_add.py::test_zero[2]",
]


def test_collect_prints_node_ids_and_nothing_else(muster: Muster) -> None:
    ended = muster("collect", "-c", "good")
    assert (ended.code, ended.out.splitlines(), ended.err) == (0, IDS, "")


def test_files_that_are_missing_from_the_list_are_named_apart(muster: Muster) -> None:
    ended = muster("collect")
    assert (ended.code, ended.out.splitlines()) == (1, IDS)
    assert "tests/bad/test_gone.py" in ended.err


def test_collect_as_json_satisfies_its_schema(muster: Muster, project: Path) -> None:
    assert muster("collect", "tests/good", "--format", "json", "-o", "ids.json").out == ""
    printed = json.loads((project / "ids.json").read_text())
    jsonschema.validate(printed, node_ids_schema())
    assert printed["nodeids"] == IDS


def test_ids_with_unknown_parameters_stand_bare_and_apart(muster: Muster, project: Path) -> None:
    (project / "tests/good/test_add.py").write_text(
        "import os, pytest\n@pytest.mark.parametrize('n', os.urandom(3))\ndef test_n(n): pass\n"
    )
    ended = muster("collect", "tests/good")
    assert ended.out == "tests/good/test_add.py::test_n\n"
    assert "stand for all their parameters" in ended.err


def test_an_empty_list_is_five(muster: Muster) -> None:
    assert muster("collect", "tests/empty").code == 5


def test_a_code_prints_its_page(muster: Muster) -> None:
    ended = muster("explain", "m105")
    assert ended.code == 0
    assert ended.out.startswith("# M105")


def test_a_file_is_explained_frame_by_frame_and_alone(muster: Muster) -> None:
    ended = muster("explain", "tests/bad/test_gone.py")
    assert ended.code == 1
    assert "tests/bad/test_gone.py:1" in ended.out
    assert "from app.core import subtract" in ended.out
    assert "alone the file shows the same" in ended.out


def test_a_file_that_the_session_does_not_collect_is_told_apart(muster: Muster) -> None:
    ended = muster("explain", "app/core.py")
    assert ended.code == 1
    assert "session    not collected" in ended.out
    assert "this session does not collect the file" in ended.out


def test_a_module_is_looked_up_entry_by_entry(muster: Muster, project: Path) -> None:
    ended = muster("explain", "app.core", "--from", "tests/good/test_add.py")
    assert ended.code == 0
    assert "import app.core, while tests/good/test_add.py is collected" in ended.out
    assert "->   0  .  the regular package app/__init__.py" in ended.out
    assert "collected alone the same: the session's order has no part in it" in ended.out
    assert muster("explain", "app.nothing").code == 1


def test_a_module_that_the_sessions_order_changes_is_told_with_who_wins_why_and_whose_doing_it_is(
    muster: Muster, project: Path
) -> None:
    (project / "tests/app").mkdir()
    (project / "tests/app/__init__.py").write_text("")
    polluter = project / "tests/aa/test_first.py"
    polluter.parent.mkdir()
    polluter.write_text("import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parents[1]))\n")
    (project / "app/__init__.py").unlink()
    (project / "app/core.py").rename(project / "app/heart.py")
    (project / "tests/good/test_heart.py").write_text("from app.heart import add\n\n\ndef test_it(): ...\n")
    ended = muster("explain", "app.heart", "--from", "tests/good/test_heart.py")
    assert ended.code == 1
    said = " ".join(ended.out.split())
    assert "tests the regular package tests/app/__init__.py (put there by tests/aa/test_first.py:3)" in said
    assert "rule: a regular package or module always beats namespace portions" in said
    _, _, alone = ended.out.partition("tests/good/test_heart.py collected alone:\n")
    assert "app.heart  the module app/heart.py" in alone
    assert alone.endswith("in this session earlier files put entries on the path, at:\n   tests/aa/test_first.py:3\n")


def test_init_writes_one_table_and_refuses_to_write_a_second(muster: Muster, project: Path) -> None:
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    before = {path for path in project.rglob("*") if "cache" not in path.name}
    assert muster("init").code == 0
    assert {path for path in project.rglob("*") if "cache" not in path.name} == before
    assert "[tool.muster.categories.good]" in (project / "pyproject.toml").read_text()
    ended = muster("init")
    assert ended.code == 4
    assert "already" in ended.err


def test_the_health_test_passes_where_everything_collects(muster: Muster, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    assert muster("init", "--health-test").code == 0
    (project / "tests/bad/test_gone.py").unlink()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_collectability.py"]
    environ = {**os.environ, "PYTHONPATH": SOURCE}
    done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schemas_are_printed(muster: Muster) -> None:
    assert json.loads(muster("schema").out)["title"] == "Muster report"
    assert json.loads(muster("schema", "--nodeids").out)["title"] == "Muster node ids"


def test_the_cache_can_be_found_and_emptied(muster: Muster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / "own"))
    assert muster("cache", "dir").out == f"{tmp_path / 'own'}\n"
    assert muster("cache", "clear").code == 0
    muster("check", "tests/good")
    assert muster("cache", "clear").out.startswith("freed ")


@pytest.mark.parametrize("arguments", [["--version"], ["-V"]])
def test_the_version(muster: Muster, arguments: list[str]) -> None:
    assert muster(*arguments).out == f"muster {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["check", "--help"], ["cache", "--help"]])
def test_help_is_no_error(muster: Muster, arguments: list[str]) -> None:
    ended = muster(*arguments)
    assert ended.code == 0
    assert "Usage: muster" in ended.out


def test_ctrl_c_is_two(muster: Muster, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("muster.cli.check.check", interrupt)
    ended = muster("check")
    assert (ended.code, ended.err) == (2, "muster: interrupted\n")


def test_our_own_bug_is_three_and_says_how_to_report_it(muster: Muster, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("some\x1b[31mthing")

    monkeypatch.setattr("muster.cli.check.check", fail)
    ended = muster("check")
    assert ended.code == 3
    assert "internal error: RuntimeError" in ended.err
    assert "MUSTER_TRACEBACK=1" in ended.err
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err
    monkeypatch.setenv("MUSTER_TRACEBACK", "1")
    assert "Traceback" in muster("check").err


def test_running_the_module_takes_the_working_directory_off_the_path(project: Path) -> None:
    """A project may have a folder of any name; none of it is ever imported as ours."""
    for name in ("typer", "json", "msgspec", "shlex"):
        (project / name).mkdir()
        (project / name / "__init__.py").write_text("raise SystemExit('sprung')\n")
    environ = {**os.environ, "PYTHONPATH": SOURCE}
    done = subprocess.run(
        [sys.executable, "-m", "muster", "schema"],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_pipe_is_no_traceback(project: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": SOURCE}
    command = f"{sys.executable} -m muster schema | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=project, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("environ", "colour"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, False),
    ],
)
def test_colour_is_as_the_environment_wants_it(environ: dict[str, str], colour: bool) -> None:
    with open(os.devnull) as stream:
        assert canvas_for(stream, environ, verbose=False).colour is colour


def test_parsing_has_no_effects(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    muster.cli.app.parse_arguments(["init"])
    assert "[tool.muster.categories.unit]" not in (project / "pyproject.toml").read_text()
    assert run(["--version"]) == 0
