"""Alerts behind a server: one thread judges and tells, so that no push waits for a chat service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from muster.model.alert import Series

RETRY_S = 60.0
"""After so long what could not be told is tried again, though nothing new came in."""

Judge = Callable[[str, frozenset[Series]], bool]
"""Judges series of a project, none meaning all, and tells; false where something could not be told."""


class TellingThread:
    """Calls `judge` for what it is given; what comes in meanwhile is put together. `say` gets what nobody expected."""

    def __init__(self, judge: Judge, say: Callable[[str], None], retry_s: float = RETRY_S) -> None:
        self._judge, self._say, self._retry_s = judge, say, retry_s
        self._wakened = threading.Condition()
        self._waiting: dict[str, set[Series]] = {}
        self._again: dict[str, float] = {}
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="muster-alerts", daemon=True)
        self._thread.start()

    def add(self, project: str, series: Iterable[Series] = ()) -> None:
        """Judge these series of `project` soon, without any all of it; returns at once."""
        wanted = set(series)
        with self._wakened:
            if not wanted:
                self._again[project] = 0.0
            else:
                self._waiting.setdefault(project, set()).update(wanted)
            self._wakened.notify()

    def close(self, patience_s: float) -> None:
        """Finish what was given, for `patience_s` at most; the next start of a server judges everything once more."""
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
                with self._wakened:
                    self._again[project] = time.monotonic() + self._retry_s

    def _next(self) -> tuple[str, frozenset[Series]] | None:
        """What to judge next, waited for; None at the end."""
        with self._wakened:
            while True:
                now = time.monotonic()
                due = next((project for project, at in self._again.items() if at <= now), None)
                if due is not None:
                    del self._again[due]
                    return due, frozenset()
                if self._waiting:
                    project = next(iter(self._waiting))
                    return project, frozenset(self._waiting.pop(project))
                if self._is_closed:
                    return None
                soonest = min(self._again.values(), default=None)
                self._wakened.wait(None if soonest is None else soonest - now)
