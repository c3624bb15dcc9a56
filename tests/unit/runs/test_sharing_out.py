"""How work is planned, cut, sharded and queued."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import UsageError
from muster.model.collection import Collection, CollectorReport, Item, Outcome
from muster.model.invocation import Argument, Invocation
from muster.model.run import FileDurations, Task, Unit
from muster.runs.groups import join_groups
from muster.runs.plan import Costs, Limits, Planned, plan_tests, plan_units, split_units
from muster.runs.queue import Queue
from muster.runs.shards import Shard, fingerprint, parse_shard, pick_shard

COMMAND = Invocation("pytest", "default", (), "/p", "/p", arguments=(Argument("/p/tests"),))


def items(path: str, *names: str) -> tuple[Item, ...]:
    return tuple(Item(f"{path.removeprefix('/p/')}::{name}", path) for name in names)


def unit(path: str, weight: float, order: int = 0) -> Unit:
    return Unit((Task(path, (path,)),), weight, order)


def test_files_without_any_selected_test_are_not_imported_at_all() -> None:
    collection = Collection(files=("/p/a.py", "/p/b.py"), items=items("/p/b.py", "test_b"))
    assert list(plan_tests(collection, "/p").files) == ["/p/b.py"]


def test_files_that_fail_skip_themselves_or_are_undecided_are_given_to_pytest_all_the_same() -> None:
    reports = tuple(
        CollectorReport(f"{outcome}.py", f"/p/{outcome}.py", outcome)
        for outcome in (Outcome.FAILED, Outcome.SKIPPED, Outcome.UNDECIDED)
    )
    collection = Collection(files=tuple(report.path for report in reports), reports=reports)
    planned = plan_tests(collection, "/p")
    assert list(planned.files) == ["/p/failed.py", "/p/skipped.py", "/p/undecided.py"]
    assert planned.blocked == {"/p/failed.py"}
    assert planned.undecided == {"/p/undecided.py"}


def test_a_file_that_its_folder_keeps_from_being_collected_is_planned_too() -> None:
    planned = plan_tests(Collection(blocked=(("/p/a.py", items("/p/a.py", "test")),)), "/p")
    assert (dict(planned.files), planned.blocked) == ({"/p/a.py": ()}, {"/p/a.py"})


def test_an_imported_test_belongs_to_the_file_that_collects_it() -> None:
    imported = Item("b.py::test_a", "/p/a.py")
    collection = Collection(files=("/p/a.py", "/p/b.py"), items=(*items("/p/a.py", "test_a"), imported))
    assert plan_tests(collection, "/p").files == {"/p/a.py": items("/p/a.py", "test_a"), "/p/b.py": (imported,)}


def test_what_failed_last_is_planned_alone_and_everything_where_nothing_of_it_is_there() -> None:
    collection = Collection(files=("/p/a.py",), items=items("/p/a.py", "test_a", "test_b"))
    planned = plan_tests(collection, "/p", ["a.py::test_b"])
    assert (planned.files, planned.deselected) == ({"/p/a.py": items("/p/a.py", "test_b")}, 1)
    assert plan_tests(collection, "/p", ["gone.py::test_x"]).tests == 2


def test_files_that_depend_on_each_other_are_one_unit_in_the_session_order() -> None:
    planned = Planned({path: items(path, "test") for path in ("/p/a.py", "/p/b.py", "/p/c.py")})
    units = plan_units(planned, COMMAND, Costs(), {}, [("/p/c.py", "/p/a.py", "/p/unknown.py")])
    assert [[task.path for task in unit.tasks] for unit in units] == [["/p/a.py", "/p/c.py"], ["/p/b.py"]]


def test_files_with_tests_of_one_group_are_one_unit_and_are_not_cut() -> None:
    """A file alone with such tests, too; what depends on a file of a group comes along."""
    files = {path: items(path, "test_plain") for path in ("/p/a.py", "/p/b.py", "/p/c.py", "/p/d.py", "/p/e.py")}
    for path, group in (("/p/a.py", "db"), ("/p/c.py", "db"), ("/p/d.py", "alone")):
        files[path] = (*files[path], Item(f"{path}::test_grouped", path, group=group))
    planned = Planned(files)
    groups = join_groups(planned, [("/p/c.py", "/p/e.py"), ("/p/b.py", "/p/not_planned.py")])
    costs = Costs({"/p/d.py": FileDurations(100.0)})
    units = split_units(plan_units(planned, COMMAND, costs, {}, groups), planned, costs, 2)
    assert [[task.path for task in unit.tasks] for unit in units] == [
        ["/p/a.py", "/p/c.py", "/p/e.py"],
        ["/p/b.py"],
        ["/p/d.py"],
    ]
    assert [unit.tasks[0].is_bound for unit in units] == [True, False, True]


def test_a_node_id_on_the_command_line_is_what_pytest_is_told() -> None:
    command = Invocation("pytest", "", (), "/p", "/p", arguments=(Argument("/p/a.py", ("TestA", "test_x"), "[1]"),))
    (only,) = plan_units(Planned({"/p/a.py": items("/p/a.py", "TestA::test_x[1]")}), command, Costs(), {})
    assert only.tasks[0].arguments == ("/p/a.py::TestA::test_x[1]",)


def test_limits_of_a_category_reach_the_tasks() -> None:
    planned = Planned({"/p/a.py": items("/p/a.py", "test")})
    (only,) = plan_units(planned, COMMAND, Costs(), {"/p/a.py": Limits(2.0, 3)})
    assert (only.tasks[0].timeout_s, only.tasks[0].retries) == (2.0, 3)


def test_sizes_are_weighed_by_what_bytes_have_cost_elsewhere() -> None:
    costs = Costs({"/p/a.py": FileDurations(10.0)}, {"/p/a.py": 1000, "/p/b.py": 500})
    assert (costs.of("/p/a.py"), costs.of("/p/b.py")) == (10.0, 5.0)


def test_a_file_beyond_its_share_is_cut_and_a_quick_one_is_not() -> None:
    names = [f"test_{number}" for number in range(12)]
    planned = Planned({path: items(path, *names) for path in ("/p/slow.py", "/p/quick.py")})
    costs = Costs({"/p/slow.py": FileDurations(30.0), "/p/quick.py": FileDurations(1.0)})
    units = split_units(plan_units(planned, COMMAND, costs, {}), planned, costs, 2)
    parts = [unit.tasks[0].part for unit in units if unit.tasks[0].path == "/p/slow.py"]
    assert parts == [(number, 6) for number in range(6)]
    assert [unit.tasks[0].part for unit in units if unit.tasks[0].path == "/p/quick.py"] == [(0, 1)]
    assert len(split_units(plan_units(planned, COMMAND, costs, {}), planned, costs, 1)) == 2


@pytest.mark.parametrize(("took", "parts"), [(FileDurations(30.0, 29.0), 1), (FileDurations(30.0, 10.0), 2)])
def test_a_file_is_not_cut_where_importing_it_again_would_take_longer_than_its_tests(
    took: FileDurations, parts: int
) -> None:
    planned = Planned({"/p/a.py": items("/p/a.py", *(f"test_{number}" for number in range(600)))})
    costs = Costs({"/p/a.py": took})
    assert len(split_units(plan_units(planned, COMMAND, costs, {}), planned, costs, 2)) == parts


def test_the_longest_comes_first_and_one_worker_keeps_the_session_order() -> None:
    units = [unit(f"/p/{number}.py", weight, number) for number, weight in enumerate([1.0, 50.0, 2.0, 30.0])]
    queue = Queue(units, 2)
    assert [task.path for task in queue.take()] == ["/p/1.py"]
    alone = Queue(units, 1)
    assert next(iter(alone.take())).path == "/p/0.py"


@given(st.lists(st.floats(0.001, 100), max_size=40), st.integers(1, 5))
def test_every_unit_is_given_out_once(weights: list[float], workers: int) -> None:
    queue = Queue([unit(f"/p/{number}.py", weight, number) for number, weight in enumerate(weights)], workers)
    taken = []
    while tasks := queue.take():
        taken += [task.path for task in tasks]
    assert sorted(taken) == sorted(f"/p/{number}.py" for number in range(len(weights)))


def test_what_comes_back_comes_next_and_what_is_tried_again_comes_last() -> None:
    queue = Queue([unit("/p/a.py", 1.0), unit("/p/b.py", 1.0)], 8)
    queue.put_last(unit("/p/again.py", 0.0))
    queue.put_back([unit("/p/back.py", 0.0)])
    order = [task.path for tasks in iter(queue.take, ()) for task in tasks]
    assert (order[0], order[-1]) == ("/p/back.py", "/p/again.py")


@given(st.lists(st.floats(0.001, 100), max_size=40), st.integers(1, 7))
def test_shards_are_disjoint_and_together_the_whole(weights: list[float], count: int) -> None:
    units = [unit(f"/p/{number}.py", weight, number) for number, weight in enumerate(weights)]
    shards = [pick_shard(units, Shard(number, count)) for number in range(1, count + 1)]
    together = [unit for shard in shards for unit in shard]
    assert sorted(together, key=lambda unit: unit.order) == units


def test_shards_are_balanced_by_weight() -> None:
    units = [unit(f"/p/{number}.py", float(number), number) for number in range(1, 101)]
    loads = [sum(unit.weight for unit in pick_shard(units, Shard(number, 4))) for number in range(1, 5)]
    assert max(loads) - min(loads) < 5


def test_the_plan_has_one_name_wherever_the_project_lies() -> None:
    here, there = [unit("/here/a.py", 1.0)], [unit("/there/a.py", 1.0)]
    assert fingerprint(here, "/here") == fingerprint(there, "/there") != fingerprint([unit("/here/a.py", 2.0)], "/here")


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "-1/3"])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="it takes I/N"):
        parse_shard(text)
