"""On SQLite and on PostgreSQL: what changes is told once, whoever looks at the same time, and never lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from tests.history.records import cause, record, when

from muster.adapters.history.store import DatabaseHistory
from muster.model.alert import AlertRules, AlertState, AlertTarget, Delivery, Letter, Series
from muster.render.alert import compose_letter
from muster.usecases.alerts_overview import alerts_overview
from muster.usecases.tell_alerts import tell

TEAM, BOSS = AlertTarget("team", "json://team"), AlertTarget("boss", "json://boss")
BLOCKED: dict[str, Any] = {"causes": (cause(),), "blocked_tests": 3, "files_blocked": 1}


# What the store has no part in.
on_one_backend = pytest.mark.parametrize("history_url", ["sqlite"], indirect=True)


class Post:
    """Takes letters, but for targets that are out of reach; `meanwhile` happens while one is on its way."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.unreachable: set[str] = set()
        self.meanwhile: Callable[[], object] = lambda: None

    def send(self, letters: Sequence[Letter]) -> Sequence[str]:
        self.meanwhile()
        reached = [each for each in letters if each.target.name not in self.unreachable]
        self.sent += [(each.target.name, line) for each in reached for line in each.body.splitlines()]
        return ["" if each in reached else "out of reach" for each in letters]

    def heard(self, target: str = "team") -> list[str]:
        """What `target` was sent since this was asked last: the first words of each line."""
        lines = [f"{line.split()[0]} {line.partition(': ')[2]}" for name, line in self.sent if name == target]
        self.sent = [each for each in self.sent if each[0] != target]
        return lines


class Clock:
    """A clock that goes on by an hour each time that it is looked at, so that no claim is waited for."""

    hour = 0

    def now(self) -> str:
        self.hour += 1
        return f"2026-12-{1 + self.hour // 24:02}T{self.hour % 24:02}:00:00Z"

    def monotonic(self) -> float:
        return 0.0


def tell_all(memory: DatabaseHistory, post: Post, *targets: AlertTarget, **options: Any) -> tuple[Delivery, ...]:
    by_print = {f"print of {target.name}": target for target in targets or (TEAM,)}
    return tell(memory, post, Clock(), compose_letter, by_print, "shop", **options)


MISSING = "NEW module nowhere is missing (module never existed, M103): 1 file and 3 tests blocked"
BLOCKED_TEXT = "NEW 3 tests blocked in 1 file (module never existed, M103, tests/test_b.py:1)"
OVER = "OVER it is found again (since"


def test_what_changes_is_told_once_and_so_is_its_end(memory: DatabaseHistory) -> None:
    post = Post()
    memory.add(record("well", 0))
    assert tell_all(memory, post) == ()
    memory.add(record("bad", 1, **BLOCKED))
    assert [(each.target, each.changes, each.error) for each in tell_all(memory, post)] == [("team", 2, "")]
    assert post.heard() == [MISSING, BLOCKED_TEXT]
    memory.add(record("still bad", 2, **BLOCKED))
    assert tell_all(memory, post) == ()
    memory.add(record("well again", 3))
    tell_all(memory, post)
    assert [line[: len(OVER)] for line in post.heard()] == [OVER, "OVER nothing is blocked any m"]
    assert tell_all(memory, post) == ()
    memory.add(record("bad again", 4, **BLOCKED))
    tell_all(memory, post)
    assert len(post.heard()) == 2


def test_a_target_out_of_reach_hears_of_it_later_and_the_others_once(memory: DatabaseHistory) -> None:
    post = Post()
    post.unreachable = {"boss"}
    memory.add(record("bad", 1, **BLOCKED))
    assert [(each.target, each.error) for each in tell_all(memory, post, TEAM, BOSS)] == [
        ("team", ""),
        ("boss", "out of reach"),
    ]
    assert len(post.heard("team")) == 2
    tell_all(memory, post, TEAM, BOSS)
    shown = alerts_overview(memory, "shop", AlertRules(), {"print of team": TEAM, "print of boss": BOSS})
    assert [(each.rule, each.told, [(one.target, one.error) for one in each.untold]) for each in shown.alerts] == [
        ("missing", ("team",), [("boss", "out of reach")]),
        ("blocked", ("team",), [("boss", "out of reach")]),
    ]
    memory.add(record("well", 2))
    tell_all(memory, post, TEAM, BOSS)
    post.unreachable = set()
    tell_all(memory, post, TEAM, BOSS)
    assert len(post.heard("team")) == 2
    late = post.heard("boss")
    assert [line.endswith("this could not be told then)") for line in late] == [True, True]
    assert tell_all(memory, post, TEAM, BOSS) == ()


@on_one_backend
def test_a_target_that_is_new_hears_what_is_wrong(memory: DatabaseHistory) -> None:
    post = Post()
    memory.add(record("bad", 1, **BLOCKED))
    tell_all(memory, post)
    assert [(each.target, each.changes) for each in tell_all(memory, post, TEAM, BOSS)] == [("boss", 2)]


@on_one_backend
def test_the_end_of_it_is_told_though_it_came_while_the_beginning_was_on_its_way(memory: DatabaseHistory) -> None:
    post, other = Post(), Post()
    memory.add(record("bad", 1, **BLOCKED))

    def well_again() -> None:
        post.meanwhile = lambda: None
        memory.add(record("well", 2))
        tell(memory, other, StillClock(), compose_letter, {"print of team": TEAM}, "shop")

    post.meanwhile = well_again
    tell(memory, post, StillClock(), compose_letter, {"print of team": TEAM}, "shop")
    assert other.sent == []
    assert [line.split()[0] for line in post.heard()] == ["NEW", "NEW", "OVER", "OVER"]


class StillClock(Clock):
    """One that does not go on."""

    def now(self) -> str:
        return "2026-12-01T00:00:00Z"


def test_of_many_that_look_at_once_one_tells(open_memory: Callable[[], DatabaseHistory]) -> None:
    stores = [open_memory() for _ in range(4)]
    stores[0].add(record("bad", 1, **BLOCKED))
    posts = [Post() for _ in stores]
    barrier = threading.Barrier(len(stores))

    def look(store: DatabaseHistory, post: Post) -> None:
        barrier.wait()
        tell(store, post, StillClock(), compose_letter, {"print of team": TEAM}, "shop")

    threads = [threading.Thread(target=look, args=pair) for pair in zip(stores, posts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line for post in posts for line in post.heard()) == sorted([MISSING, BLOCKED_TEXT])


def test_a_state_changes_for_whoever_knew_it_last(memory: DatabaseHistory) -> None:
    first = AlertState(project="shop", target="t", key="k", rule="budget", state="firing", owes=True, text="too slow")
    (kept,) = memory.change_alerts([first])
    assert kept == replace(first, version=1)
    assert memory.change_alerts([first]) == ()
    assert memory.change_alerts([replace(kept, version=7)]) == ()
    (told,) = memory.change_alerts([replace(kept, told="firing", owes=False)])
    assert memory.alert_states("shop") == (told,)
    assert memory.alert_states("other") == ()
    assert memory.change_alerts([]) == ()


def test_what_is_over_is_forgotten_with_its_records(memory: DatabaseHistory) -> None:
    old = AlertState(
        project="shop",
        target="t",
        key="over",
        rule="budget",
        category="all",
        branch="main",
        since="2026-01-01T00:00:00Z",
    )
    firing = replace(old, key="firing", state="firing")
    memory.change_alerts(
        [old, firing, replace(firing, key="branch is gone", branch="gone"), replace(old, key="new", since=when(0))]
    )
    memory.add(record("old", 0))
    memory.add(record("newer", 100))
    memory.prune(when(0))
    assert len(memory.alert_states("shop")) == 4
    memory.add(record("new", 101))
    memory.add(record("ancient", 0, branch="gone"))
    memory.prune(when(50))
    assert [state.key for state in memory.alert_states("shop")] == ["firing"]


def test_rules_that_a_stranger_pushed_break_nothing(memory: DatabaseHistory) -> None:
    post = Post()
    for runs in (2**31 - 1, -1000):
        rules = AlertRules(slower_by=-7, runs=runs, branches=("[" * 300, "*a" * 4000, "*") * 30)
        memory.add(record(runs, 1, project="shop", alerts=rules, observed_s=1.0, **BLOCKED))
        tell_all(memory, post)
    assert len(post.heard()) == 2


LESS: dict[str, Any] = {"nodeids": {"tests/test_a.py": ("test_one",)}, "tests": 1}


@on_one_backend
def test_each_loss_is_told_and_so_is_the_return_of_its_tests(memory: DatabaseHistory) -> None:
    post = Post()
    memory.add(record("all", 0))
    memory.add(record("less", 1, **LESS))
    tell_all(memory, post)
    assert post.heard() == ["NEW 1 test no longer there with commit c1: tests/test_a.py::test_two"]
    memory.add(record("still less", 2, **LESS))
    assert tell_all(memory, post) == ()
    memory.add(record("none", 3, nodeids={}, tests=0))
    tell_all(memory, post)
    assert post.heard() == ["NEW 1 test no longer there with commit c3: tests/test_a.py::test_one"]
    memory.add(record("back", 4))
    tell_all(memory, post)
    assert [line.partition(" (")[0] for line in post.heard()] == ["OVER they are there again"] * 2
    assert tell_all(memory, post) == ()


@on_one_backend
def test_a_loss_of_long_ago_is_no_news_to_anybody(memory: DatabaseHistory) -> None:
    post = Post()
    memory.add(record("all", 0))
    for minute in range(1, 12):
        memory.add(record(minute, minute, **LESS))
    assert tell_all(memory, post) == ()


@on_one_backend
def test_collection_that_is_slower_than_usual(memory: DatabaseHistory) -> None:
    post = Post()
    for minute, seconds in enumerate([10.0, 11.0, 9.0, 10.0]):
        memory.add(record(minute, minute, observed_s=seconds, budget_s=30.0))
        assert tell_all(memory, post) == ()
    memory.add(record("slow", 5, observed_s=40.0, budget_s=30.0))
    tell_all(memory, post)
    assert post.heard() == [
        "NEW collection takes 40.0 s, over its budget of 30 s",
        "NEW collection takes 40.0 s, 300 % more than the median of the last 4 (10.0 s)",
    ]
    memory.add(record("check", 6))  # it measures nothing
    assert tell_all(memory, post) == ()
    memory.add(record("fast", 7, observed_s=10.0, budget_s=30.0))
    tell_all(memory, post)
    assert len(post.heard()) == 2


@on_one_backend
def test_only_what_a_push_touched_is_looked_at(memory: DatabaseHistory) -> None:
    post = Post()
    memory.add(record("main", 1, **BLOCKED))
    memory.add(record("dev", 2, branch="dev", **BLOCKED))
    memory.add(record("part", 3, branch="part", whole=False, **BLOCKED))
    tell_all(memory, post, touched=[Series("all", "main"), Series("all", "gone")])
    assert {line.partition(": ")[0] for _, line in post.sent} == {"NEW   all on main"}
    post.heard()
    tell_all(memory, post)
    assert {line.partition(": ")[0] for _, line in post.sent} == {"NEW   all on dev"}
