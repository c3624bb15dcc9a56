"""Muster from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from muster import api
from muster.errors import UsageError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "muster.toml").write_text("[categories.good]\npaths = ['tests/test_good.py']\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_good.py").write_text("def test_one(): pass\n")
    (tmp_path / "tests/test_bad.py").write_text("import no_such_module\n\n\ndef test_two(): pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSTER_CACHE_DIR", str(tmp_path / "cache"))
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def test_check_returns_the_report(project: Path) -> None:
    report = api.check()
    assert (report.totals.files, report.totals.files_blocked, report.totals.tests) == (2, 1, 1)


def test_the_gate_judges_on_request(project: Path) -> None:
    assert api.check().gate is None
    shut, passed = api.check(gate=True).gate, api.check("tests/test_good.py", gate=True).gate
    assert shut is not None
    assert passed is not None
    assert ((shut.passed, shut.exit_code), (passed.passed, passed.exit_code)) == ((False, 1), (True, 0))


def test_collect_returns_the_ids_and_what_is_missing(project: Path) -> None:
    listing = api.collect()
    assert listing.nodeids == ("tests/test_good.py::test_one",)
    assert listing.missing == ("tests/test_bad.py",)


def test_a_category_or_path_that_collects_is_fine(project: Path) -> None:
    api.assert_collectable("good")
    api.assert_collectable("tests/test_good.py")


def test_what_does_not_collect_raises_with_the_whole_report(project: Path) -> None:
    with pytest.raises(AssertionError, match="no_such_module"):
        api.assert_collectable()


def test_what_cannot_be_used_is_a_usage_error(project: Path) -> None:
    with pytest.raises(UsageError, match="there is no category 'nope'"):
        api.check(categories=["nope"])
