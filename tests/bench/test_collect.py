"""bench/collect.py: what its table says of runs."""

from __future__ import annotations

from bench import collect
from bench.speed import Run


def run(wall_s: float, output: str = "test_a.py::test_one\ntest_a.py::test_two\n\n2 tests collected\n") -> Run:
    return Run(wall_s, wall_s / 2, 1.0, 0, output)


def test_the_first_round_compiles_and_is_not_counted() -> None:
    rounds = [(run(9.0), run(8.0)), (run(2.0), run(1.0)), (run(3.0), run(1.5))]
    row = collect.judged("shop", 2, ("pandas",), rounds)
    assert collect.render_row(row) == ("| shop | 2 | 2.00 s | 1.00 s | 1.00 s (50%) | 1.00 s | 0.50 s | `pandas` |")


def test_lost_tests_are_no_saving() -> None:
    rounds = [(run(2.0), run(1.0, "test_a.py::test_one\n\n1 test collected\n")), (run(2.0), run(1.0))]
    row = collect.judged("shop", 2, ("pandas",), rounds)
    assert collect.render_row(row) == "| shop | 2 |  | | | | | the node ids differ |"


def test_a_suite_with_nothing_to_defer_says_what_it_takes() -> None:
    assert collect.render_row(collect.Row("shop", 2, seconds=1.5)) == "| shop | 2 | 1.50 s | | | | | nothing |"
