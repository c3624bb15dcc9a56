"""`muster profile` as a command, on a project that really is slow to import."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from muster.cli.main import run
from muster.model.profile_report import Measured
from muster.usecases.defer import why_not_kept

FILES = {
    "pytest.ini": "[pytest]\npythonpath = .\n",
    "pyproject.toml": "[tool.muster]\nbudget = '0.2s'\n",
    "shop.py": "from engine import price\n\n\ndef total(n):\n    return price(n)\n",
    "engine.py": "import time\n\n\ndef load():\n    time.sleep(1.0)\n\n\nload()\n\n\ndef price(n):\n    return n\n",
    "test_shop.py": """
        import pytest
        from shop import total

        @pytest.mark.parametrize("n", range(3))
        def test_total(n):
            assert total(n) == n
        """,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(dedent(text))
    monkeypatch.chdir(tmp_path)
    # The plugins beside our own tests would take longer than the project.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / ".cache"))
    return tmp_path


def test_what_could_wait_is_moved_and_measured_and_taken_back(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    charts = ["--html", "p.html", "--speedscope", "p.speedscope.json", "--perfetto", "p.json"]
    command = ["profile", "--apply", "--rounds", "1", "--python", sys.executable, "--format", "json", *charts]
    assert run(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["tests"], report["failed"]) == ("muster.profile/1", 3, 0)
    assert sum(part["seconds"] for part in report["parts"]) == pytest.approx(report["seconds"])
    parts = {part["part"]: part["seconds"] for part in report["parts"]}
    assert 1.0 <= parts["first-party"] < report["seconds"]
    assert parts["parameters"] > 0
    assert (report["heavy"][0]["module"], report["heavy"][0]["deferrable"]) == ("engine", True)
    assert {cause["code"] for cause in report["causes"]} == {"M501", "M502", "M503"}
    (waits,) = [cause for cause in report["causes"] if cause["code"] == "M503"]
    assert (waits["seen"], waits["culprit"]["path"], waits["culprit"]["line"]) == ("confirmed", "engine.py", 5)
    assert [(each["path"], each["line"]) for each in waits["evidence"] if each["kind"] == "call"] == [
        ("engine.py", 8),
        ("shop.py", 1),
        ("test_shop.py", 3),
    ]
    (deferral,) = report["deferrals"]
    assert (deferral["kept"], deferral["verdict"]["state"], deferral["verdict"]["by"]) == (True, "proved", "collection")
    assert deferral["measured"]["saved"] > 0.25
    assert report["applied"] == ["shop.py"]
    assert (project / "shop.py").read_text() == ("def total(n):\n    from engine import price\n\n    return price(n)\n")
    assert all((project / name).stat().st_size for name in charts[1::2])
    assert run(["fix", "--undo"]) == 0
    assert (project / "shop.py").read_text() == FILES["shop.py"]


def test_what_cannot_be_asked_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", "--rounds", "0"]) == 4
    assert "--rounds 0: it takes a number from 1 to 50" in capsys.readouterr().err


def test_only_what_real_runs_show_to_save_is_kept() -> None:
    def measured(before: tuple[float, ...], after: tuple[float, ...], cpu: float = 1.0) -> Measured:
        one, other = (tuple(seconds for _ in before) for seconds in (1.0, cpu))
        return Measured(before=before, after=after, before_cpu=one, after_cpu=other, saved=0.0, saved_cpu=0.0)

    assert why_not_kept(measured((2.0, 2.1), (1.0, 1.1)), 0.5) == ""
    assert why_not_kept(measured((2.0, 2.1), (2.0, 2.2), cpu=0.6), 0.5) == ""
    assert why_not_kept(measured((2.0, 2.1), (1.9, 2.0), cpu=0.9), 0.5) == (
        "50.0% were predicted, and real runs do not show a quarter of that: 0.10 s on the clock, 0.10 s of processor"
    )
    assert why_not_kept(measured((2.0, 2.0, 2.0, 9.0), (2.1, 2.1, 2.1, 1.0)), 0.5) != ""
