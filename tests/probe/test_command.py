"""`muster probe` as a command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from muster.cli.main import run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_a.py").write_text("import absent\n\ndef test_a(): ...\n")
    (tmp_path / "test_b.py").write_text("def test_b(): ...\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / ".cache"))
    return tmp_path


def test_text_and_json_and_the_comparison(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["probe", "--compare", "--python", sys.executable]) == 1
    text = capsys.readouterr().out
    assert "fails        ModuleNotFoundError: No module named 'absent'" in text
    assert "alone        the same" in text
    assert "the simulation says the same" in text
    (project / "pyproject.toml").write_text('[tool.muster.categories.one]\npaths = ["test_b.py"]\n')
    assert run(["probe", "-c", "one", "--format", "json", "--python", sys.executable]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["tests"], report["failures"]) == ("muster.probe/1", 1, [])
    assert list(report["moments"]) == "start configure sessionstart collection collected finish end".split()
    assert any(timing["name"] == "_pytest.main" for timing in report["imports"])


def test_what_cannot_be_asked_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["probe", "--file-timeout", "0"]) == 4
    assert "--file-timeout 0: it takes seconds, more than 0" in capsys.readouterr().err
