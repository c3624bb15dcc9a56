"""What the bench of watching counts."""

from __future__ import annotations

from bench.accuracy import Suite
from bench.probe import TESTS, Spent, Turn, added, is_within, render_table


def turn(plain_s: float, traced_s: float, traced_tests: int = 7) -> Turn:
    return Turn(Spent(7, 1.0, plain_s), Spent(7, 1.0, plain_s), Spent(traced_tests, 1.0, traced_s))


def test_what_is_added_is_the_median_of_the_turns() -> None:
    """One turn in which the machine did something else spoils nothing."""
    turns = [turn(2.0, 2.2), turn(4.0, 4.4), turn(1.0, 9.0)]
    assert round(added(turns, lambda each: each.traced), 6) == 0.1
    assert is_within(turns)
    suite = Suite("shop", "sdist", "3.11", "8.4.2", [], "pytest", "kept")
    assert render_table([(suite, turns)]).splitlines()[-1] == (
        "| shop | 7 | 1.0 / 2.0 | 1.0 / 2.0 | 1.0 / 4.4 | +0.0 % | +10.0 % |"
    )


def test_more_than_the_limit_or_other_tests_fail() -> None:
    assert not is_within([turn(2.0, 2.4)])
    assert not is_within([turn(2.0, 2.0, traced_tests=6)])


def test_the_number_of_tests_is_read_from_the_last_line() -> None:
    for text, number in (("3 tests collected in 1s", "3"), ("1 test collected", "1"), ("== 2/5 tests collected", "2")):
        found = TESTS.search(f"a::b\n\n{text}\n")
        assert found is not None
        assert (found["some"] or found["all"]) == number
