"""Import times as bars."""

from __future__ import annotations

import pytest

from muster.model.memory import RecordedImport
from muster.render.icicle import MOST_ROWS, icicle_bars


def imported(name: str, asked_by: str, seconds: float) -> RecordedImport:
    """A module in a file of its own."""
    return RecordedImport(name=name, file=f"{name}.py", asked_by=asked_by, seconds=seconds, own_seconds=seconds / 2)


def bars(*imports: RecordedImport) -> list[tuple[str, int, float, float]]:
    return [
        (bar.label, bar.row, round(bar.start_percent, 2), round(bar.width_percent, 2)) for bar in icicle_bars(imports)
    ]


def test_each_module_stands_below_the_one_that_asked_for_it() -> None:
    """Side by side in the order in which they were imported, in proportion; the file that took longest is first."""
    assert bars(
        imported("small", "conftest.py", 2.0),
        imported("large", "test_a.py", 6.0),
        imported("inner", "large.py", 3.0),
        imported("other", "large.py", 1.5),
    ) == [
        ("test_a.py", 0, 0.0, 75.0),
        ("conftest.py", 0, 75.0, 25.0),
        ("large", 1, 0.0, 75.0),
        ("small", 1, 75.0, 25.0),
        ("inner", 2, 0.0, 37.5),
        ("other", 2, 37.5, 18.75),
    ]


def test_what_was_measured_below_a_module_never_stands_out_of_it() -> None:
    assert bars(imported("a", "t.py", 1.0), imported("b", "a.py", 3.0), imported("c", "a.py", 1.0))[2:] == [
        ("b", 2, 0.0, 75.0),
        ("c", 2, 75.0, 25.0),
    ]


def test_what_is_too_narrow_to_be_seen_is_left_out() -> None:
    assert [bar[0] for bar in bars(imported("a", "t.py", 1000.0), imported("b", "t.py", 1.0))] == ["t.py", "a"]


@pytest.mark.parametrize(
    "imports",
    [(), (imported("a", "t.py", 0.0),), (imported("a", "t.py", -5.0),), (imported("a", "b.py", 1.0), imported("b", "a.py", 1.0)),
     (imported("a", "a.py", 1.0),)],
    ids=["none", "no time", "less than none", "in a circle", "of itself"],
)  # fmt: skip
def test_there_is_nothing_to_draw(imports: tuple[RecordedImport, ...]) -> None:
    assert bars(*imports) == []


def test_a_circle_below_a_file_ends() -> None:
    """Two modules of one file: whoever was first is the one that others hang below."""
    twice = RecordedImport(name="again", file="a.py", asked_by="b.py", seconds=1.0)
    assert [bar[:2] for bar in bars(imported("a", "t.py", 2.0), imported("b", "a.py", 1.5), twice)] == [
        ("t.py", 0),
        ("a", 1),
        ("b", 2),
        ("again", 3),
    ]


def test_what_began_before_any_file_is_the_start_of_pytest() -> None:
    assert bars(imported("pytest", "<muster observer>", 1.0))[0][0] == "the start of pytest"


def test_a_deep_chain_is_cut() -> None:
    chain = [imported("m0", "t.py", 1.0)] + [imported(f"m{each}", f"m{each - 1}.py", 1.0) for each in range(1, 5000)]
    assert max(bar.row for bar in icicle_bars(chain)) == MOST_ROWS - 1
