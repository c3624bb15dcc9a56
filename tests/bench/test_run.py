"""The benchmark of runs compares outcomes, not only seconds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bench.run import Measured, difference, outcomes


def test_every_difference_in_tests_or_outcomes_is_named(tmp_path: Path) -> None:
    def measured(*cases: str) -> Measured:
        (tmp_path / "x.xml").write_text(f"<testsuite>{''.join(cases)}</testsuite>")
        return Measured(1.0, 1.0, outcomes(tmp_path / "x.xml"), 0)

    good = '<testcase classname="a" name="t"/>'
    bad = '<testcase classname="a" name="t"><failure/></testcase>'
    other = '<testcase classname="a" name="u"/>'
    assert difference(measured(good), measured(good)) == ""
    assert difference(measured(good), measured(bad)) == "1 otherwise (a::t)"
    assert difference(measured(good, other), measured(good)) == "1 missing (a::u)"
    assert difference(measured(good), measured(good, other)) == "1 extra (a::u)"
    assert difference(measured(good, good), measured(good)) == "1 otherwise (a::t)"
    assert measured(bad).outcomes == {("a", "t"): Counter({"failure": 1})}
