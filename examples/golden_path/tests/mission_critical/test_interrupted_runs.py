"""A server that dies loses nothing: every message that was shown is kept, and every run is brought to its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from chat.client import Conversation, Frame
from tests.infrastructure.chat_server import ChatServer, enter
from tests.infrastructure.scenarios import IN_ORDER, run

# Long enough to be in the middle of a run when the server dies.
PAUSE = {"CHAT_EMBEDDED_PAUSE_S": "0.5"}


async def messages(server: ChatServer, token: str, thread_id: str) -> list[tuple[str, str]]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.get(f"/threads/{thread_id}/messages", headers=headers)
    return [(message["role"], message["text"]) for message in answer.json()["messages"]]


@pytest.mark.parametrize("last_seen", ["agent_started", "agent_thinking"])
def test_a_run_goes_on_after_the_server_was_killed(tmp_path: Path, database_url: str, last_seen: str) -> None:
    """The client that asked follows over the restart: each event once, in order, and both messages are stored."""

    async def scenario() -> tuple[list[Frame], list[tuple[str, str]]]:
        token = await enter(server.url)
        events = []
        async with Conversation(server.url, token) as conversation:
            async for event in conversation.ask("what is 6 * 7?"):
                events.append(event)
                if event["type"] == last_seen:
                    server.kill()
                    await asyncio.to_thread(server.start)
        return events, await messages(server, token, events[0]["thread_id"])

    with ChatServer(tmp_path, CHAT_DATABASE_URL=database_url, **PAUSE) as server:
        events, stored = run(scenario)
    assert [event["type"] for event in events] == IN_ORDER
    assert [event["sequence"] for event in events] == [1, 2, 3, 4, 5]
    assert stored == [("user", "what is 6 * 7?"), ("assistant", "6 * 7 = 42")]


def test_many_runs_go_on_after_the_server_was_killed(tmp_path: Path, database_url: str) -> None:
    """Twenty users are in the middle of a run: none loses an event or sees another's."""

    async def ask(number: int) -> list[Frame]:
        async with Conversation(server.url, tokens[number]) as conversation:
            return [event async for event in conversation.ask(f"what is {number} + 1?")]

    async def scenario() -> list[list[Frame]]:
        tokens.extend(await asyncio.gather(*(enter(server.url) for _ in range(20))))
        asking = [asyncio.create_task(ask(number)) for number in range(20)]
        await asyncio.sleep(0.7)
        server.kill()
        await asyncio.to_thread(server.start)
        return await asyncio.gather(*asking)

    tokens: list[str] = []
    with ChatServer(tmp_path, CHAT_DATABASE_URL=database_url, **PAUSE) as server:
        conversations = run(scenario)
    for number, events in enumerate(conversations):
        assert [event["type"] for event in events] == IN_ORDER
        assert events[-1]["data"]["answer"] == f"{number} + 1 = {number + 1}"


def test_a_run_that_nobody_follows_is_brought_to_its_end(tmp_path: Path) -> None:
    """The client leaves, the server is stopped in the middle of the run, and the next one finishes it."""

    async def scenario() -> list[tuple[str, str]]:
        token = await enter(server.url)
        async with Conversation(server.url, token) as conversation:
            started = await anext(aiter(conversation.ask("what is 6 * 7?")))
        server.stop()
        server.start()
        while len(stored := await messages(server, token, started["thread_id"])) < 2:
            await asyncio.sleep(0.1)
        return stored

    with ChatServer(tmp_path, **PAUSE) as server:
        assert run(scenario)[-1] == ("assistant", "6 * 7 = 42")


def test_a_run_that_ends_every_server_is_closed_with_an_event(tmp_path: Path) -> None:
    """It is taken up three times in all, then given up for good and said so."""

    async def scenario() -> tuple[list[str], list[Frame]]:
        token = await enter(server.url)
        async with Conversation(server.url, token) as conversation:
            started = await anext(aiter(conversation.ask("what is 6 * 7?")))
        for _ in range(3):
            server.kill()
            server.start()
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
                assert (await http.get("/health")).status_code == 200
        async with Conversation(server.url, token) as conversation:
            events = [event async for event in conversation.resume(started["run_id"])]
        return [event["type"] for event in events], events

    with ChatServer(tmp_path, CHAT_EMBEDDED_PAUSE_S="60") as server:
        types, events = run(scenario)
    assert types == ["agent_started", "agent_failed"]
    assert events[-1]["data"] == {"reason": "interrupted 3 times"}
