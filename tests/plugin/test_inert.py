"""Unless it is asked for, the plugin costs nothing and does nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from muster.cli.main import run
from muster.guest import controller, observer, worker
from muster.plugin import _is_set

LOAD = """
import json, sys, time
import pytest
before, started = set(sys.modules), time.perf_counter()
import muster.plugin
seconds = time.perf_counter() - started
print(json.dumps([seconds, sorted(set(sys.modules) - before)]))
"""


def test_loading_it_imports_nothing_else_and_takes_no_time(plugin_environ: dict[str, str]) -> None:
    """The least of three, for the machine may be busy."""
    told: list[Any] = [
        json.loads(
            subprocess.run([sys.executable, "-c", LOAD], env=plugin_environ, capture_output=True, check=True).stdout
        )
        for _ in range(3)
    ]
    assert [modules for _, modules in told] == [["muster", "muster.plugin"]] * 3
    assert min(seconds for seconds, _ in told) < 0.020


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, False),
        ({"pyproject.toml": "[tool.muster]\nplugin = true\n"}, True),
        ({"pyproject.toml": "[tool.muster]\nplugin = false\n"}, False),
        ({"pyproject.toml": '[tool.muster]\nplugin = "true"\n'}, False),
        ({"pyproject.toml": "[tool.other]\nplugin = true\n"}, False),
        ({"pyproject.toml": "tool = 3 # muster\n"}, False),
        ({"pyproject.toml": "[tool.muster\nplugin = true\n"}, False),
        ({"pyproject.toml": "[tool]\nmuster = 1\n"}, False),
        ({"muster.toml": "plugin = true\n"}, True),
        ({"muster.toml": "[tool.muster]\nplugin = true\n"}, True),
        ({"muster.toml": "\xff"}, False),
        ({"../pyproject.toml": "[tool.muster]\nplugin = true\n"}, True),
        ({"../pyproject.toml": "[tool.muster]\nplugin = true\n", "pyproject.toml": "[tool.muster]\n"}, False),
        ({"../pyproject.toml": "[tool.muster]\nplugin = true\n", "pyproject.toml": "[project]\n"}, True),
    ],
)
def test_the_nearest_settings_decide(tmp_path: Path, files: dict[str, str], expected: bool) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("latin-1"))
    assert _is_set(str(folder)) is expected


@pytest.mark.parametrize("kind", [observer.Observer, worker.Worker, controller.Controller])
def test_sessions_of_muster_are_left_alone(kind: Any) -> None:
    assert kind.muster_guest


def test_the_entry_point_is_declared() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert '[project.entry-points.pytest11]\nmuster = "muster.plugin"\n' in text


@pytest.mark.oracle
def test_neither_muster_nor_its_own_sessions_wake_it(
    tmp_path: Path, plugin_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is installed and set; the simulation says the same of the suite, `--confirm` and `run` are not watched twice."""
    (tmp_path / "pyproject.toml").write_text('[tool.muster]\nplugin = true\nbudget = "1h"\n')
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSTER_CACHE_DIR", plugin_environ["MUSTER_CACHE_DIR"])
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)

    def muster(*words: str) -> str:
        assert run(words) == 0
        return capfd.readouterr().out

    reports = []
    for installed in (False, True):
        if installed:
            monkeypatch.setenv("PYTHONPATH", plugin_environ["PYTHONPATH"])
        report = json.loads(muster("check", "--format", "json"))
        report["started_at"] = report["seconds"] = None
        reports.append(report)
    assert reports[0] == reports[1]
    muster("check", "--confirm")
    [kept] = (tmp_path / ".muster/observed").iterdir()
    assert json.loads(kept.read_text())["command"] == "pytest", "that is what --confirm saw, once"
    kept.unlink()
    assert "muster:" not in muster("run", "-n", "1")
    assert list((tmp_path / ".muster/observed").iterdir()) == []
