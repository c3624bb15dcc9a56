"""The journal: recorded before shown, shown once, and never made twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat.events import Event, EventType
from chat.journal import Journal, JournalBroken
from chat.storage import Run

RUN = Run("r", "t", "u", "m", "hello")
ORDER: tuple[EventType, ...] = (
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
)


class Records:
    """What was kept, and a moment between keeping and showing."""

    def __init__(self) -> None:
        self.kept: list[Event] = []

    async def __call__(self, run: Run, event: Event) -> None:
        await asyncio.sleep(0)
        self.kept.append(event)


async def fill(journal: Journal) -> None:
    for type in ORDER:
        await journal.record(type, {})


async def follow(journal: Journal, after: int) -> list[int]:
    return [event.sequence async for event in journal.follow(after)]


def test_followers_see_each_event_once_whenever_they_come() -> None:
    async def scenario() -> list[list[int]]:
        journal = Journal(RUN, Records())
        followers = [asyncio.create_task(follow(journal, after)) for after in range(6)]
        filling = asyncio.create_task(fill(journal))
        for _ in range(20):
            followers.append(asyncio.create_task(follow(journal, 0)))
            await asyncio.sleep(0)
        await filling
        return await asyncio.gather(*followers)

    early, late = (seen := asyncio.run(scenario()))[:6], seen[6:]
    assert early == [[1, 2, 3, 4, 5][after:] for after in range(6)]
    assert all(numbers == [1, 2, 3, 4, 5] for numbers in late)


def test_nothing_is_shown_that_is_not_kept() -> None:
    async def scenario() -> None:
        records = Records()
        journal = Journal(RUN, records)
        filling = asyncio.create_task(fill(journal))
        async for event in journal.follow():
            assert event in records.kept
        await filling

    asyncio.run(scenario())


def test_a_step_that_was_recorded_is_not_taken_again() -> None:
    async def scenario() -> tuple[list[str], int]:
        records = Records()
        made = []

        def step(name: EventType) -> Any:
            async def make() -> tuple[EventType, dict[str, Any]]:
                made.append(name)
                return name, {}

            return make

        first = Journal(RUN, records)
        for name in ORDER[:3]:
            await first.step(step(name))
        second = Journal(RUN, records, tuple(records.kept))
        for name in ORDER:
            await second.step(step(name))
        return made, len(records.kept)

    made, kept = asyncio.run(scenario())
    assert made == list(ORDER)
    assert kept == 5


def test_followers_of_a_broken_journal_get_what_there_is_and_are_told() -> None:
    async def scenario() -> list[int]:
        journal = Journal(RUN, Records())
        await journal.record("agent_started", {})
        seen = []
        follower = journal.follow()
        seen.append((await anext(follower)).sequence)
        journal.break_off()
        with pytest.raises(JournalBroken):
            await anext(follower)
        return seen

    assert asyncio.run(scenario()) == [1]


def test_what_cannot_be_kept_is_not_shown() -> None:
    async def refuse(run: Run, event: Event) -> None:
        raise OSError("the disk is full")

    async def scenario() -> None:
        journal = Journal(RUN, refuse)
        with pytest.raises(OSError, match="full"):
            await journal.record("agent_started", {})
        journal.break_off()
        with pytest.raises(JournalBroken):
            await anext(journal.follow())

    asyncio.run(scenario())
