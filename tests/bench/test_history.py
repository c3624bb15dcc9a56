"""The cost of evidence is measured on answers that are right."""

import sys

import pytest
from bench import history


def test_everything_is_found_in_a_small_history(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of the paths were there once; all names were; all imports and faults have a commit."""
    monkeypatch.setattr(sys, "argv", ["history.py", "--commits", "200", "--files", "120", "--causes", "20"])
    assert history.main() == 0
    found = "15 paths, 5 names, 20 imports: 10, 5 and 20 found; 20 faults: 20 dated; 5 lost names; in "
    assert capsys.readouterr().out.startswith(found)
