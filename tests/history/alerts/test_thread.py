"""The thread behind a server: what is given to it is judged, put together, and tried again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from muster.adapters.telling_thread import TellingThread
from muster.model.alert import Series

MAIN, DEV = Series("all", "main"), Series("all", "dev")


class Judged:
    """What was judged, in order; `answer` says what comes of it."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, frozenset[Series]]] = []
        self.answer: Callable[[], bool] = lambda: True
        self.changed = threading.Condition()

    def __call__(self, project: str, series: frozenset[Series]) -> bool:
        with self.changed:
            self.jobs.append((project, series))
            self.changed.notify_all()
        return self.answer()

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.jobs) >= count, 30)


def test_what_comes_in_meanwhile_is_put_together() -> None:
    judged, may_go_on = Judged(), threading.Event()
    judged.answer = lambda: may_go_on.wait(30)
    thread = TellingThread(judged, print)
    thread.add("first", [MAIN])
    judged.wait_for(1)
    for series in ([MAIN], [DEV], [MAIN], []):
        thread.add("shop", series)
    may_go_on.set()
    thread.close(30)
    assert judged.jobs == [
        ("first", frozenset({MAIN})),
        ("shop", frozenset()),
        ("shop", frozenset({MAIN, DEV})),
    ]


def test_what_failed_is_tried_again_and_nothing_ends_the_thread() -> None:
    judged, said = Judged(), list[str]()
    answers = iter([False, None, True])

    def answer() -> bool:
        found = next(answers)
        if found is None:
            raise OSError("the database is gone")
        return found

    judged.answer = answer
    thread = TellingThread(judged, said.append, retry_s=0.01)
    thread.add("shop", [DEV])
    judged.wait_for(3)
    thread.close(30)
    assert judged.jobs == [("shop", frozenset({DEV}))] * 3
    assert said == ["alerts of shop failed, and are tried again: OSError: the database is gone"]


def test_what_is_not_due_keeps_nobody_waiting_at_the_end() -> None:
    judged = Judged()
    judged.answer = lambda: False
    thread = TellingThread(judged, print, retry_s=3600)
    thread.add("shop", [MAIN])
    judged.wait_for(1)
    thread.close(30)
    assert len(judged.jobs) == 1
