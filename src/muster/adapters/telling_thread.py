"""Alerts behind a server: one thread judges and tells, so that no push waits for a chat service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from muster.model.alert import Series

RETRY_S = 60.0
"""After so long what could not be told is tried again, though nothing new came in."""

Judge = Callable[[str, frozenset[Series]], bool]
"""Judges series of a project, none meaning all, and tells; false where something could not be told."""


@dataclass(slots=True)
class _Wish:
    """What is to be judged of a project, once it is `due`."""

    due: float
    is_whole: bool = False
    series: set[Series] = field(default_factory=set)


class TellingThread:
    """Calls `judge` for what it is given; what comes in meanwhile is put together. `say` gets what nobody expected."""

    def __init__(self, judge: Judge, say: Callable[[str], None], retry_s: float = RETRY_S) -> None:
        self._judge, self._say, self._retry_s = judge, say, retry_s
        self._wakened = threading.Condition()
        self._wishes: dict[str, _Wish] = {}
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="muster-alerts", daemon=True)
        self._thread.start()

    def add(self, project: str, series: Iterable[Series] = (), after_s: float = 0.0) -> None:
        """Judge these series of `project`, without any all of it, soon or `after_s`; returns at once."""
        wanted, due = set(series), time.monotonic() + after_s
        with self._wakened:
            wish = self._wishes.setdefault(project, _Wish(due))
            wish.due = min(wish.due, due)
            wish.is_whole |= not wanted
            wish.series |= wanted
            self._wakened.notify()

    def close(self, patience_s: float) -> None:
        """Finish what is due, for `patience_s` at most; the next start of a server judges everything once more."""
        with self._wakened:
            self._is_closed = True
            self._wakened.notify()
        self._thread.join(patience_s)

    def _run(self) -> None:
        while job := self._next():
            project, series = job
            try:
                is_done = self._judge(project, series)
            except Exception as error:  # a server goes on without alerts rather than not at all
                self._say(f"alerts of {project} failed, and are tried again: {type(error).__name__}: {error}")
                is_done = False
            if not is_done:
                self.add(project, series, self._retry_s)

    def _next(self) -> tuple[str, frozenset[Series]] | None:
        """What to judge next, waited for; None at the end."""
        with self._wakened:
            while True:
                soonest = min(self._wishes.items(), key=lambda each: each[1].due, default=None)
                pause = soonest[1].due - time.monotonic() if soonest is not None else None
                if soonest is not None and pause is not None and pause <= 0:
                    return soonest[0], self._take(*soonest)
                if self._is_closed:
                    return None
                self._wakened.wait(pause)

    def _take(self, project: str, wish: _Wish) -> frozenset[Series]:
        """Half of what is wished, or all: judging all of a project leaves branches out that these series may be on."""
        if wish.is_whole and wish.series:
            wish.is_whole = False
            return frozenset()
        del self._wishes[project]
        return frozenset(wish.series)
