"""Which tests come first, and which do not run at all."""

from __future__ import annotations

from pathlib import Path

from tests.runs.projects import muster_run, write_project


def test_failed_tests_come_first_with_ff(tmp_path: Path) -> None:
    """Their files before all others, and they before the others of their files; everything runs."""
    note = "import pathlib\ndef note(n): open('notes', 'a').write(n)\n"
    files = {
        f"test_{letter}.py": f"from notes_ import note\ndef test_one(): note('{letter}1 ')\n"
        f"def test_two(): note('{letter}2 '); assert {letter == 'c'} is False\n"
        for letter in "abcd"
    }
    folder = write_project(tmp_path, {"notes_.py": note, **files})
    assert muster_run(folder, "-n", "1").closing_line == "1 failed, 7 passed"
    (folder / "notes").unlink()
    again = muster_run(folder, "-n", "1", "--", "--ff")
    assert (again.code, again.closing_line) == (1, "1 failed, 7 passed")
    assert (folder / "notes").read_text() == "c2 c1 a1 a2 b1 b2 d1 d2 "


def test_a_category_without_its_service_is_skipped_loudly(tmp_path: Path) -> None:
    """With `on_missing = "skip"`: named, counted, and none of its tests has run."""
    settings = (
        "[categories.critical]\npaths = ['tests/critical']\nrequires = ['chat']\n"
        "[categories.unit]\npaths = ['tests/unit']\n"
        "[services.chat]\nurl = 'tcp://127.0.0.1:9'\non_missing = 'skip'\n"
    )
    critical = "def test_a(): open('ran', 'w')\ndef test_b(): open('ran', 'w')\n"
    files = {
        "muster.toml": settings,
        "tests/critical/test_c.py": critical,
        "tests/unit/test_u.py": "def test_u(): ...\n",
    }
    run = muster_run(write_project(tmp_path, files), "-c", "critical", "-c", "unit", "-n", "2")
    assert (run.code, run.closing_line) == (0, "1 passed, 2 skipped")
    assert not (tmp_path / "ran").exists()
    assert run.report["totals"]["planned"] == 3
    assert run.report["totals"]["skipped"] == 2
    assert "2 tests skipped without a service" in run.output
    for name in ("test_a", "test_b"):
        message = run.message(f"tests/critical/test_c.py::{name}")
        assert message == "service chat: 127.0.0.1:9 refused the connection: nothing listens there"
    assert run.report["services"][0]["state"] == "skipped"
