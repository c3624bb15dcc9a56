"""The text report, whole: what a person reads."""

from __future__ import annotations

import re

import pytest
from tests.unit.render.sample_reports import report

from muster.render.escape import cell_width
from muster.render.layout import Canvas
from muster.render.quantity import render_count, render_quantity, render_seconds
from muster.render.text import render_text

AT_100 = """\
mission_critical   405 files   1 445 tests   1 file blocked (12 tests)   1 test lost   1 undecided
checked in 1.4 s

  1  M105  search path polluted                                              blocks 1 file, 12 tests
       'infrastructure' resolves to tests/infrastructure/__init__.py, not infrastructure/
       culprit    tests/golden/test_agent.py:43
                  sys.path.insert(0, str(PROJECT_ROOT))
       winner     a regular package  (tests/infrastructure/__init__.py)
       loser      a namespace package, which always loses  (infrastructure)
       victims    tests/test_vpc.py
       fix        parents[3] at line 42                             proved: 12 tests back, none lost
       or         delete line 43
       not        infrastructure/__init__.py                             refuted: tests/ stays first

  2  M402  test defined twice   likely, confirmed                                       loses 1 test
       the second 'test_one' replaces the first
       culprit    tests/test_twice.py:9
                  def test_one():
       lost       tests/test_twice.py::test_one

1 file undecided: what they collect depends on code that was not run (-v lists them, --confirm
decides)

  M001 tests/locked.py: permission denied

the real run differs from the simulation in 1 point (-v lists them)

1 root cause to put right: muster explain CODE tells more
"""


def test_the_report_is_counts_then_causes_then_what_is_left() -> None:
    assert render_text(report(), Canvas(width=100)) == AT_100


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, verbose: bool) -> None:
    lines = render_text(report(), Canvas(width=width, verbose=verbose)).splitlines()
    assert [line for line in lines if cell_width(line) > width] == []


def test_colour_adds_nothing_but_colour() -> None:
    coloured = render_text(report(), Canvas(width=100, colour=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == AT_100


def test_verbose_names_the_command_and_lists_what_is_undecided() -> None:
    text = render_text(report(), Canvas(width=120, verbose=True))
    assert "python -m pytest  (from [tool.muster])" in text
    assert "tests/test_unknown.py  line 4 raises if a variable of the environment is missing" in text
    assert "observed   collected" in text


@pytest.mark.parametrize(("seconds", "text"), [(0.123, "0.12 s"), (1.44, "1.4 s"), (59.94, "59.9 s"), (95.2, "95 s")])
def test_seconds_keep_the_digits_that_matter(seconds: float, text: str) -> None:
    assert render_seconds(seconds) == text


def test_counts_keep_thousands_apart() -> None:
    assert render_count(1234567) == "1 234 567"
    assert [render_quantity(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
