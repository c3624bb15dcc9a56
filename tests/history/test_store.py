"""The memory, on SQLite and on PostgreSQL: what goes in comes out, and what follows from it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.history.records import cause, identifier, record, when

from muster.adapters.history.store import DatabaseHistory
from muster.model.memory import (
    ComparedTests,
    HistoryRecord,
    MissingDependency,
    RecordedFile,
    RecordedFix,
    RecordedImport,
    RecordedResults,
    RecordedService,
    ResolvedImport,
    StoredToken,
    TestChange,
)
from muster.model.report import Since

FULL = record(
    "full",
    job="tests / unit #7",
    job_url="https://ci.example/7",
    category="mission_critical",
    causes=(
        cause(
            since=Since(commit="abc", author="A. Uthor", date="2026-01-01T00:00:00Z", subject="Move it"),
            fix=RecordedFix(title="write it", patch="--- a\n+++ b\n", state="proved"),
            evidence=("no trace in the history",),
        ),
    ),
    files=(
        RecordedFile(
            path="tests/test_b.py",
            outcome="failed",
            seconds=0.25,
            causes=("f1",),
            exception="ModuleNotFoundError: No module named 'nowhere'",
            imports=(
                ResolvedImport(module="nowhere", line=1, outcome="missing", steps=("not in the standard library",)),
            ),
        ),
    ),
    imports=(RecordedImport(name="json", asked_by="tests/test_b.py", seconds=0.5, own_seconds=0.1),),
    observed_s=12.5,
    budget_s=10.0,
    results=RecordedResults(passed=2, failed=1, error=1),
    compared=ComparedTests(base="abc", lost=("tests/test_a.py::test_gone",)),
    missing=(MissingDependency(module="nowhere", distribution="nowhere-lib", blocked_tests=3),),
    services=(RecordedService(name="db", state="down", message="refused"),),
)


def test_what_goes_in_comes_out(memory: DatabaseHistory) -> None:
    assert memory.add(FULL)
    assert memory.record(FULL.id) == FULL
    summary = memory.summary(FULL.id)
    assert summary is not None
    assert (summary.open_causes, summary.missing, summary.passed, summary.failed) == (1, 1, 2, 2)
    assert (summary.commit, summary.observed_s, summary.is_over_budget, summary.health) == ("c0", 12.5, True, "failing")
    assert memory.record(identifier("another")) is None


def test_a_record_that_comes_twice_is_kept_once(memory: DatabaseHistory) -> None:
    assert memory.add(record("a"))
    assert not memory.add(record("a", tests=99))
    assert not memory.add(record("a", category="another"))
    assert [each.tests for each in memory.recent(9)] == [2]


def test_it_is_there_for_whoever_opens_it_next(open_memory: Callable[[], DatabaseHistory]) -> None:
    first = open_memory()
    first.add(FULL)
    first.close()
    assert open_memory().record(FULL.id) == FULL


def test_the_newest_come_first_and_page_by_page(memory: DatabaseHistory) -> None:
    for minute in (3, 1, 2, 0):
        memory.add(record(minute, minute))
    memory.add(record("elsewhere", 9, project="other"))
    memory.add(record("branch", 8, branch="topic"))
    page = memory.recent(2, project="shop", branch="main")
    assert [each.commit for each in page] == ["c3", "c2"]
    assert [each.commit for each in memory.recent(2, project="shop", branch="main", before=page[-1].id)] == ["c1", "c0"]
    assert [each.project for each in memory.recent(1)] == ["other"]
    assert memory.recent(9, before=identifier("unknown")) == ()
    assert memory.projects() == ("other", "shop")
    assert memory.branches("shop") == ("topic", "main")


def test_partial_and_unmeasured_records_can_be_left_out(memory: DatabaseHistory) -> None:
    memory.add(record("part", 1, whole=False))
    memory.add(record("timed", 2, observed_s=1.5))
    memory.add(record("plain", 3))
    assert [each.commit for each in memory.recent(9, whole=True)] == ["c3", "c2"]
    assert [each.commit for each in memory.recent(9, measured=True)] == ["c2"]
    assert [each.id for each in memory.recent(9, commit="c1")] == [identifier("part")]


def test_a_category_stands_where_its_newest_diagnosed_record_says(memory: DatabaseHistory) -> None:
    memory.add(record("check", 1, tests=10))
    memory.add(record("timed", 2, kind="probe", causes=None, observed_s=4.0))
    memory.add(record("ran", 3, kind="run", results=RecordedResults(passed=9)))
    memory.add(record("newest", 5, tests=12))
    memory.add(record("late", 4, tests=11))
    memory.add(record("collected", 6, kind="collect", causes=None))
    memory.add(record("part", 7, whole=False))
    (standing,) = memory.standings("shop")
    assert (standing.category, standing.branch, standing.latest.id) == ("all", "main", identifier("newest"))
    assert standing.measured is not None
    assert standing.measured.observed_s == 4.0
    assert standing.ran is not None
    assert standing.ran.passed == 9


def test_a_category_that_was_never_diagnosed_stands_where_it_was_seen(memory: DatabaseHistory) -> None:
    memory.add(record("a", 1, causes=None))
    memory.add(record("b", 2, causes=None))
    assert [each.latest.id for each in memory.standings()] == [identifier("b")]
    assert memory.standings(branch="topic") == ()


def test_a_cause_is_open_from_the_first_record_to_the_first_without_it(memory: DatabaseHistory) -> None:
    memory.add(record("broken", 1, causes=(cause(blocked_tests=1), cause("f2", blocked_tests=7))))
    memory.add(record("still", 2, causes=(cause(blocked_tests=5), cause("f2", blocked_tests=7))))
    assert [(each.fingerprint, each.opened_at, each.last_at) for each in memory.open_causes("shop")] == [
        ("f2", when(1), when(2)),
        ("f1", when(1), when(2)),
    ]
    memory.add(record("healed", 3, causes=(cause("f2"),)))
    memory.add(record("again", 4, causes=(cause(), cause("f2"))))
    assert {each.fingerprint: each.opened_at for each in memory.open_causes("shop")} == {"f1": when(4), "f2": when(1)}
    assert [(each.opened_commit, each.closed_at) for each in memory.episodes("shop", "f1")] == [
        ("c4", ""),
        ("c1", when(3)),
    ]


def test_nothing_follows_for_causes_from_records_that_cannot_tell(memory: DatabaseHistory) -> None:
    memory.add(record("broken", 1, causes=(cause(), cause("f2", code="M406"))))
    memory.add(record("collected", 2, causes=None))
    memory.add(record("part", 3, whole=False))
    memory.add(record("earlier", 0))
    memory.add(record("elsewhere", 4, branch="topic"))
    assert len(memory.open_causes("shop", branch="main")) == 2
    memory.add(record("without a base", 5))
    assert [each.code for each in memory.open_causes("shop", branch="main")] == ["M406"]
    memory.add(record("with one", 6, compared=ComparedTests(base="abc")))
    assert memory.open_causes("shop") == ()


def test_the_tests_lost_and_gained_are_told_for_each_record(memory: DatabaseHistory) -> None:
    broken = RecordedFile(path="tests/test_c.py", outcome="failed")
    tests = {"tests/test_a.py": ("test_one", "test_three", "test_p[1]", "test_p[2]"), "tests/test_d.py": ("",)}
    memory.add(
        record(
            "before", 1, nodeids={"tests/test_a.py": ("test_one", "test_two", "test_p"), "tests/test_c.py": ("test_c",)}
        )
    )
    memory.add(record("real", 2, simulated=False, nodeids={}))
    memory.add(record("after", 3, nodeids=tests, files=(broken,)))
    memory.add(record("same", 4, nodeids=tests))
    assert memory.test_change(identifier("before")) is None
    assert memory.test_change(identifier("after")) == TestChange(
        record=identifier("after"),
        previous=identifier("before"),
        lost=("tests/test_a.py::test_two",),
        gained=("tests/test_a.py::test_three", "tests/test_d.py"),
        shut=("tests/test_c.py::test_c",),
    )
    same = memory.test_change(identifier("same"))
    assert same is not None
    assert (same.previous, same.lost) == (identifier("after"), ())
    assert [(each.commit, each.lost, each.gained, each.shut) for each in memory.changed(9, project="shop")] == [
        ("c3", 1, 2, 1)
    ]


def test_what_is_old_is_forgotten_and_the_rest_stays_whole(memory: DatabaseHistory) -> None:
    memory.add(record("old", 1, observed_s=3.0, causes=(cause("gone"),)))
    memory.add(record("dead branch", 2, branch="topic", causes=(cause("dead"),)))
    memory.add(record("new", 10, causes=(cause(),)))
    assert memory.prune(when(5)) == 2
    assert memory.prune(when(5)) == 0
    assert [each.commit for each in memory.recent(9)] == ["c10"]
    assert memory.record(identifier("new")) == record("new", 10, causes=(cause(),))
    (standing,) = memory.standings("shop")
    assert standing.measured is None
    assert memory.branches("shop") == ("main",)
    assert [each.fingerprint for each in memory.open_causes("shop")] == ["f1"]


def test_tokens_are_kept_by_their_digest(memory: DatabaseHistory) -> None:
    token = StoredToken(id="t1", name="CI", scope="write", digest="d" * 64, created_at=when(1))
    memory.add_token(token)
    assert memory.token("t1") == token
    assert memory.tokens() == (token,)
    assert memory.remove_token("t1")
    assert not memory.remove_token("t1")
    assert memory.token("t1") is None


def test_each_server_is_told_once(memory: DatabaseHistory) -> None:
    for minute in (2, 1):
        memory.add(record(minute, minute))
    assert memory.undelivered("https://a") == (identifier(1), identifier(2))
    memory.mark_delivered("https://a", [identifier(1)], when(5))
    memory.mark_delivered("https://a", [identifier(1)], when(6))
    assert memory.undelivered("https://a") == (identifier(2),)
    assert memory.undelivered("https://b") == (identifier(1), identifier(2))


def test_many_writers_at_once_lose_nothing(open_memory: Callable[[], DatabaseHistory]) -> None:
    sent: list[HistoryRecord] = [record(n, n, causes=(cause(),), nodeids={"t.py": (f"test_{n}",)}) for n in range(12)]
    new: list[bool] = []

    def add(part: list[HistoryRecord]) -> None:
        history = open_memory()
        new.extend(history.add(each) for each in part)

    # Every record comes twice, from two writers, which also make the tables at once.
    threads = [threading.Thread(target=add, args=(sent[start::2],)) for start in (0, 1, 0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    memory = open_memory()
    assert (new.count(True), new.count(False)) == (12, 12)
    assert {each.id for each in memory.recent(99)} == {each.id for each in sent}
    assert len(memory.open_causes()) == 1
