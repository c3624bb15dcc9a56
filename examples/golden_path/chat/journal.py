"""The journal of one run: each step is recorded before anybody sees it, and is never taken twice.

That one rule carries two features. A client that comes back reads on from the number that it saw last. And a server that
comes back works on from the step that was recorded last: `step` answers from the journal as long as it has entries.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from chat.clock import timestamp
from chat.events import Event, EventType
from chat.storage import Run

Recorder = Callable[[Run, Event], Awaitable[None]]


class JournalBroken(Exception):
    """The run cannot go on in this process; what was recorded is safe, and the next server takes it up."""


class Journal:
    """The events of one run, as far as they are recorded, and whoever follows them."""

    def __init__(self, run: Run, record: Recorder, recorded: Sequence[Event] = ()) -> None:
        self.run = run
        self._record = record
        self._events = list(recorded)
        self._steps_taken = 0
        self._broken = False
        self._news = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        return bool(self._events) and self._events[-1].is_last

    async def step(self, make: Callable[[], Awaitable[tuple[EventType, dict[str, Any]]]]) -> Event:
        """The next step: as it was recorded before an interruption, else made now and recorded."""
        if self._steps_taken == len(self._events):
            await self.record(*await make())
        self._steps_taken += 1
        return self._events[self._steps_taken - 1]

    async def record(self, type: EventType, data: dict[str, Any]) -> None:
        """Keep one more event, then show it to whoever follows."""
        event = Event(type, self.run.thread_id, self.run.id, len(self._events) + 1, timestamp(), data)
        await self._record(self.run, event)
        self._events.append(event)
        self._wake()

    def break_off(self) -> None:
        """Tell whoever follows that nothing more comes from this process."""
        self._broken = True
        self._wake()

    async def follow(self, after: int = 0) -> AsyncIterator[Event]:
        """Every event with a higher number than `after`, in order, until the last; raises `JournalBroken`."""
        seen = after
        while True:
            while seen < len(self._events):
                seen += 1
                yield self._events[seen - 1]
            if self.is_closed:
                return
            if self._broken:
                raise JournalBroken
            # Nothing can be recorded between the look above and this: only an `await` lets others run.
            await self._news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
