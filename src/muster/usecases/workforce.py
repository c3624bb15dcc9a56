"""Which workers there are when the tests begin: as many as there is work for, and perhaps one that is ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from muster.model.collection import Collection, SessionState
from muster.model.invocation import Invocation
from muster.model.run import Unit
from muster.ports import Clock, Crew
from muster.runs.head_start import HeadStart
from muster.runs.plan import Planned

MANY_FILES = 200
"""Of sessions that reach more files than this one worker collects ahead; most others are simulated within a second."""


class Workforce:
    """The workers of one run, at most `workers` of them at once; `may_begin_ahead` says whether one may collect ahead."""

    def __init__(self, crew: Crew, clock: Clock, workers: int, may_begin_ahead: Callable[[Invocation], bool]) -> None:
        self._crew, self._clock, self._workers, self._may_begin_ahead = crew, clock, workers, may_begin_ahead
        self.names: list[str] = []
        self.started = 0
        self.ahead: HeadStart | None = None
        self.listening = ExitStack()
        """Open while the session is simulated: somebody must hear what comes from the worker that is ahead."""

    def start(self, number: int) -> None:
        """Have `number` workers; they load pytest, and nothing of the project."""
        while len(self.names) < number:
            self.names.append(f"gw{self.started}")
            self.started += 1
            self._crew.start_worker(self.names[-1])

    def prepare(self, invocation: Invocation, files: int) -> None:
        """The session is simulated anew, which takes its time, and was found to reach `files` so far."""
        self.start(self._workers)
        if files > MANY_FILES and self.ahead is None and self._may_begin_ahead(invocation):
            self.ahead = HeadStart(self._crew, self._clock, self.names[0], invocation.arguments)
            self.listening.enter_context(self._crew.listening(self.ahead.step))

    def settle(self, collection: Collection, planned: Planned, units: Sequence[Unit]) -> None:
        """Keep or start those that are needed for `units`, one at least.

        What cannot be collected would leave things behind in the one that is ahead: it is sent away then.
        """
        if self.ahead is not None:
            is_whole = not planned.blocked and collection.session.state is SessionState.COMPLETE
            if not (units and is_whole and self.ahead.is_worth_waiting_for(collection.files)):
                self._crew.dismiss(self.ahead.name)
                self.names.remove(self.ahead.name)
        self.start(min(len(units), self._workers))
        del self.names[max(len(units), 1) :]
