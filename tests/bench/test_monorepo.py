"""The synthetic monorepo: the same each time, and broken as it says."""

import ast
from collections import Counter

from bench.monorepo import BROKEN, plan_tree


def broken_syntax(files: dict[str, str]) -> list[str]:
    """The files that do not parse."""
    found = []
    for path, text in files.items():
        try:
            ast.parse(text)
        except SyntaxError:
            found.append(path)
    return found


def test_the_same_seed_gives_the_same_tree() -> None:
    """Benchmarks of two days compare only if their trees are equal."""
    assert plan_tree(1000, seed=7).files == plan_tree(1000, seed=7).files
    assert plan_tree(1000, seed=7).files != plan_tree(1000, seed=8).files


def test_every_broken_kind_is_planned_and_only_planned_files_do_not_parse() -> None:
    """Sixty of a thousand files are broken, in every way, and the others parse."""
    plan = plan_tree(1000, seed=20)
    tests = [path for path in plan.files if path.rpartition("/")[2].startswith("test_")]
    mission = [path for path in tests if path.startswith("tests/mission_critical/")]

    assert set(plan.broken) == set(BROKEN)
    assert plan.broken["hub_name"] == 20
    assert len(broken_syntax(plan.files)) == plan.broken["syntax"]
    assert (len(tests), len(mission)) == (602, 42)
    assert abs(len(plan.files) - 1000) < 20


def test_counts_grow_with_the_tree() -> None:
    """Ten times the files, ten times the broken ones."""
    small, large = plan_tree(1000, seed=1), plan_tree(3000, seed=1)

    assert Counter(large.broken)["hub_name"] == 3 * small.broken["hub_name"]
    assert len(large.files) > 2.9 * len(small.files)
