"""`muster history`: what a project's records come to, in words, in bars and in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.history.records import cause, record, when

from muster.adapters.history.database import sqlite_url
from muster.adapters.history.store import DatabaseHistory
from muster.errors import UsageError
from muster.model.memory import RecordedResults
from muster.model.report import Since
from muster.render.history import render_history
from muster.render.layout import Canvas
from muster.render.sparkline import sparkline
from muster.usecases.trends import every_record, find_trends

NOW = when(240)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[DatabaseHistory]:
    with DatabaseHistory(sqlite_url(str(tmp_path / "history.db"))) as store:
        yield store


def shown(memory: DatabaseHistory, *, bars: bool = True) -> str:
    return render_history(find_trends(memory, "shop", NOW, count=30), Canvas(100), bars=bars)


def test_a_category_is_told_over_time(memory: DatabaseHistory) -> None:
    gone = cause(blocked_tests=3, since=Since(commit="abcdef123456", author="Ada", date="", subject=""))
    for minute, seconds in enumerate((4.0, 6.0, 11.0, 14.0)):
        memory.add(record(minute, minute, observed_s=seconds, budget_s=10.0, tests=40 - minute))
    memory.add(record("broken", 100, causes=(gone,), tests=30, blocked_tests=3, files_blocked=1, budget_s=10.0))
    memory.add(record("ran", 60, kind="run", budget_s=10.0, tests=37, results=RecordedResults(passed=35, failed=2)))
    memory.add(record("elsewhere", 120, category="unit", tests=2))
    assert shown(memory) == (
        "all  blocked  6 records · 2 h ago · c100 on main\n"
        "  collection  14.0 s, budget 10.0 s  ▃▄▇█  over budget since c2, 3 h ago\n"
        "  tests       30                     █▇▇▆▆▁  -10 over these records\n"
        "  blocked     3 in 1 file            ▁▁▁▁▁█  since c100, 2 h ago\n"
        "  failures    1 cause                ▁▁▁▁▁█\n"
        "  run         2 failed of 37\n"
        "\n"
        "unit  healthy  1 record · 2 h ago · c120 on main\n"
        "  collection  not measured\n"
        "  tests       2\n"
        "  failures    0 causes\n"
        "\n"
        "open: 1 cause\n"
        "  M103  module never existed  nowhere\n"
        "        blocks 1 file, 3 tests, at tests/test_b.py:1, by abcdef1234 Ada, first seen 2 h ago, in all\n"
    )
    assert "  tests       30                     from 40, at most 40  -10 over these records\n" in shown(
        memory, bars=False
    )


def test_a_memory_without_records_says_how_to_begin(memory: DatabaseHistory) -> None:
    assert shown(memory) == "nothing is recorded of shop yet: muster check leaves the first record\n"


def test_an_unknown_category_is_refused_with_those_that_there_are(memory: DatabaseHistory) -> None:
    memory.add(record("a"))
    with pytest.raises(UsageError, match="category 'untested' here; there are: all"):
        find_trends(memory, "shop", NOW, categories=["untested"], count=9)


def test_no_name_reaches_the_terminal_as_a_command(memory: DatabaseHistory) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\nnext"
    hostile = cause(title=evil, subject=evil, path=evil, since=Since(commit=evil, author=evil, date="", subject=""))
    memory.add(record("a", category=evil, branch=evil, commit=evil, causes=(hostile,)))
    text = shown(memory)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert not any(line.startswith("next") for line in text.splitlines())


def test_every_record_comes_out_page_by_page(memory: DatabaseHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muster.usecases.trends._PAGE", 2)
    for minute in range(5):
        memory.add(record(minute, minute, category="unit" if minute % 2 else "all", whole=minute != 3))
    assert [each.commit for each in every_record(memory, "shop")] == ["c4", "c3", "c2", "c1", "c0"]
    assert [each.commit for each in every_record(memory, "shop", categories=["unit"])] == ["c3", "c1"]
    assert [each.commit for each in every_record(memory, "shop", count=3)] == ["c4", "c3", "c2"]
    assert list(every_record(memory, "another")) == []


@pytest.mark.parametrize(
    ("values", "floor", "bars"),
    [
        ([], None, ""),
        ([7], None, "▁"),
        ([5, 5, 5], None, "▁▁▁"),
        ([5, 5], 0.0, "██"),
        ([0, 1, 2, 3, 4, 5, 6, 7], None, "▁▂▃▄▅▆▇█"),
        ([100, 90], 0.0, "█▇"),
        ([1, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], None, "█▁▁▁▁▁▁▁"),
    ],
)
def test_bars_show_how_numbers_compare(values: list[float], floor: float | None, bars: str) -> None:
    """Where there are more values than room the highest of each share is shown: none hides behind its neighbours."""
    assert sparkline(values, width=8, floor=floor) == bars
