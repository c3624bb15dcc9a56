"""The mission-critical suite: the real server, a real WebSocket, and the events that a user must see.

Also runs as a script: `python tests/mission_critical/test_websocket_agent_events_suite.py`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# A script's folder is on the search path and the project's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytest
from websockets.asyncio.client import ClientConnection, connect

from chat.client import ChatError, Conversation, Frame, login
from chat.tokens import Tokens
from tests.infrastructure.chat_server import ChatServer, conversation_of_new_user, enter
from tests.infrastructure.scenarios import IN_ORDER, run

CONVERSATIONS = 50


def ask_as_new_user(server: ChatServer, *questions: str) -> list[Frame]:
    """Every event of the answers to `questions`, which one new user asks one after the other."""

    async def scenario() -> list[Frame]:
        async with await conversation_of_new_user(server.url) as conversation:
            return [event for question in questions async for event in conversation.ask(question)]

    events: list[Frame] = run(scenario)
    return events


@asynccontextmanager
async def raw_connection(server: ChatServer, token: str) -> AsyncIterator[ClientConnection]:
    """An authenticated WebSocket, to send anything over."""
    url = server.url.replace("http", "ws") + "/ws"
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None) as connection:
        assert (await receive(connection))["type"] == "authenticated"
        yield connection


async def receive(connection: ClientConnection) -> Frame:
    frame: Frame = json.loads(await connection.recv())
    return frame


async def receive_run(connection: ClientConnection) -> list[Frame]:
    """The frames up to the end of one run."""
    frames = [await receive(connection)]
    while frames[-1]["type"] not in ("agent_completed", "agent_failed"):
        frames.append(await receive(connection))
    return frames


def types(events: list[Frame]) -> list[str]:
    return [event["type"] for event in events]


def the(type: str, events: list[Frame]) -> dict[str, Any]:
    """What the one event of this type says."""
    [event] = [event for event in events if event["type"] == type]
    data: dict[str, Any] = event["data"]
    return data


# --- what every run is made of


def test_the_five_events_come_in_order(server: ChatServer) -> None:
    assert types(ask_as_new_user(server, "what is 2 + 2?")) == IN_ORDER


def test_every_event_says_where_it_belongs(server: ChatServer) -> None:
    before = datetime.now(UTC)
    events = ask_as_new_user(server, "what is 2 + 2?")
    after = datetime.now(UTC)
    assert len({event["thread_id"] for event in events}) == 1
    assert len({event["run_id"] for event in events}) == 1
    assert [event["sequence"] for event in events] == [1, 2, 3, 4, 5]
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]
    assert times == sorted(times)
    assert before <= times[0]
    assert times[-1] <= after


def test_agent_started_names_the_model(server: ChatServer) -> None:
    assert the("agent_started", ask_as_new_user(server, "what is 2 + 2?")) == {"model": "embedded"}


def test_agent_thinking_says_what_it_will_do(server: ChatServer) -> None:
    thinking = the("agent_thinking", ask_as_new_user(server, "what is 2 + 2?"))
    assert thinking["thought"] == "I will calculate 2 + 2."
    assert thinking["call"] == {"name": "calculator", "arguments": {"expression": "2 + 2"}}


def test_tool_executing_names_the_tool_and_its_arguments(server: ChatServer) -> None:
    executing = the("tool_executing", ask_as_new_user(server, "what is 2 + 2?"))
    assert executing == {"tool": "calculator", "arguments": {"expression": "2 + 2"}}


def test_tool_completed_holds_the_result(server: ChatServer) -> None:
    completed = the("tool_completed", ask_as_new_user(server, "what is 2 + 2?"))
    assert completed == {"tool": "calculator", "result": {"value": "4"}}


def test_agent_completed_holds_the_answer(server: ChatServer) -> None:
    assert the("agent_completed", ask_as_new_user(server, "what is 2 + 2?")) == {"answer": "2 + 2 = 4"}


def test_tool_error_is_an_event_and_the_run_completes(server: ChatServer) -> None:
    events = ask_as_new_user(server, "calculate 1 / 0")
    assert types(events) == ["agent_started", "agent_thinking", "tool_executing", "tool_error", "agent_completed"]
    assert the("tool_error", events) == {"tool": "calculator", "error": "division by zero"}
    assert "division by zero" in the("agent_completed", events)["answer"]


def test_the_agent_remembers_what_its_user_said(server: ChatServer) -> None:
    events = ask_as_new_user(server, "my cat is named Tabby", "what did I say about my cat?")
    assert types(events) == IN_ORDER * 2
    assert "my cat is named Tabby" in events[-1]["data"]["answer"]


# --- login


def test_login_with_a_wrong_password_is_refused(server: ChatServer) -> None:
    async def scenario() -> None:
        await enter(server.url, "mallory")
        await login(server.url, "mallory", "not her password")

    with pytest.raises(ChatError, match="no user has this name and this password"):
        run(scenario)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("nonsense", "token_invalid"),
        (Tokens("another secret, which is as long as it must be", 60).issue("somebody"), "token_invalid"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "token_invalid"),
    ],
    ids=["nonsense", "of-another-server", "unsigned"],
)
def test_a_wrong_token_is_refused_and_the_connection_closed(server: ChatServer, token: str, code: str) -> None:
    async def scenario() -> tuple[Frame, int | None]:
        url = server.url.replace("http", "ws") + "/ws"
        async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None) as connection:
            refused = await receive(connection)
            await connection.wait_closed()
            return refused, connection.close_code

    refused, close_code = run(scenario)
    assert (refused["type"], refused["code"], close_code) == ("error", code, 4401)


def test_an_expired_token_is_refused(server: ChatServer) -> None:
    secret = (server.folder / ".chat-secret").read_text(encoding="ascii")
    token = Tokens(secret, 60).issue("somebody", now=time.time() - 61)
    with pytest.raises(ChatError, match="expired"):
        run(Conversation(server.url, token).__aenter__)


def test_a_token_that_expires_ends_the_connection(server: ChatServer) -> None:
    secret = (server.folder / ".chat-secret").read_text(encoding="ascii")

    async def scenario() -> tuple[Frame, int | None]:
        token = Tokens(secret, 2).issue("somebody")
        async with raw_connection(server, token) as connection:
            await asyncio.sleep(2.5)
            await connection.send(json.dumps({"type": "message", "text": "am I still here?"}))
            refused = await receive(connection)
            await connection.wait_closed()
            return refused, connection.close_code

    refused, close_code = run(scenario)
    assert (refused["code"], close_code) == ("token_expired", 4401)


def test_the_first_frame_may_authenticate(server: ChatServer) -> None:
    async def scenario() -> list[Frame]:
        token = await enter(server.url)
        async with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as connection:
            await connection.send(json.dumps({"type": "authenticate", "token": token}))
            assert (await receive(connection))["type"] == "authenticated"
            await connection.send(json.dumps({"type": "message", "text": "what is 2 + 2?"}))
            return await receive_run(connection)

    assert types(run(scenario)) == IN_ORDER


def test_nothing_is_done_for_who_is_not_authenticated(server: ChatServer) -> None:
    async def scenario() -> Frame:
        async with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as connection:
            await connection.send(json.dumps({"type": "message", "text": "what is 2 + 2?"}))
            return await receive(connection)

    assert run(scenario)["code"] == "token_missing"


# --- users are isolated


def test_two_users_at_once_see_their_own_events_only(server: ChatServer) -> None:
    async def talk(secret: str) -> list[Frame]:
        async with await conversation_of_new_user(server.url) as conversation:
            said = [f"my secret is {secret}", "what is my secret?", "what is 2 + 2?"] * 3
            return [event for question in said async for event in conversation.ask(question)]

    async def scenario() -> list[list[Frame]]:
        return await asyncio.gather(talk("apple"), talk("banana"))

    ada, bob = run(scenario)
    assert types(ada) == types(bob) == IN_ORDER * 9
    assert "apple" in str(ada)
    assert "banana" not in str(ada)
    assert "apple" not in str(bob)
    assert not {event["run_id"] for event in ada} & {event["run_id"] for event in bob}


@pytest.mark.parametrize("what", ["run", "thread"])
def test_what_another_user_has_is_as_if_it_did_not_exist(server: ChatServer, what: str) -> None:
    async def scenario() -> tuple[Frame, Frame]:
        async with await conversation_of_new_user(server.url) as conversation:
            [*_, last] = [event async for event in conversation.ask("what is 2 + 2?")]
        async with raw_connection(server, await enter(server.url)) as connection:
            answers = []
            for its_id in (last[f"{what}_id"], "0" * 32):
                frame = {"type": "resume"} if what == "run" else {"type": "message", "text": "hello there"}
                await connection.send(json.dumps({**frame, f"{what}_id": its_id}))
                answer = await receive(connection)
                answers.append({key: str(value).replace(its_id, "ID") for key, value in answer.items()})
            return answers[0], answers[1]

    others, nobodys = run(scenario)
    assert others["code"] == f"{what}_not_found"
    assert others == nobodys


# --- coming back


@pytest.mark.parametrize("after", range(6))
def test_a_client_that_comes_back_gets_what_it_missed(server: ChatServer, after: int) -> None:
    async def scenario() -> tuple[list[Frame], list[Frame]]:
        token = await enter(server.url)
        async with Conversation(server.url, token) as conversation:
            seen = [event async for event in conversation.ask("what is 2 + 2?")]
        async with raw_connection(server, token) as connection:
            await connection.send(json.dumps({"type": "resume", "run_id": seen[0]["run_id"], "after": after}))
            # Its answer shows that nothing else came before it.
            await connection.send(json.dumps({"type": "marker"}))
            missed = [await receive(connection) for _ in range(6 - after)]
            return seen, missed

    seen, missed = run(scenario)
    assert sorted(missed, key=lambda frame: frame.get("sequence", 9)) == [*seen[after:], missed_marker()]


def missed_marker() -> Frame:
    return {
        "type": "error",
        "code": "type_unknown",
        "message": "'type' must be 'authenticate', 'message' or 'resume'",
    }


def test_the_same_request_twice_is_one_run(server: ChatServer) -> None:
    async def scenario() -> tuple[list[Frame], list[Frame]]:
        token = await enter(server.url)
        question = json.dumps({"type": "message", "text": "what is 2 + 2?", "request_id": "once"})
        async with raw_connection(server, token) as one, raw_connection(server, token) as other:
            await asyncio.gather(one.send(question), other.send(question))
            return await receive_run(one), await receive_run(other)

    first, second = run(scenario)
    assert first == second
    assert types(first) == IN_ORDER


# --- frames that are wrong


MALFORMED = {
    "empty": ("", "frame_malformed"),
    "not-json": ("{", "frame_malformed"),
    "list": ("[]", "frame_malformed"),
    "null": ("null", "frame_malformed"),
    "nested-without-end": ("[" * 60_000, "frame_malformed"),
    "endless-number": ("9" * 60_000, "frame_malformed"),
    "binary": (b"\x00\xff", "frame_malformed"),
    "no-type": ("{}", "type_unknown"),
    "type-of-wrong-kind": ('{"type": ["message"]}', "type_unknown"),
    "no-text": ('{"type": "message"}', "text_missing"),
    "text-of-wrong-kind": ('{"type": "message", "text": 7}', "text_invalid"),
    "blank-text": ('{"type": "message", "text": "  "}', "text_invalid"),
    "half-of-a-pair": ('{"type": "message", "text": "\\ud800"}', "text_invalid"),
    "nul": ('{"type": "message", "text": "\\u0000"}', "text_invalid"),
    "text-too-long": ('{"type": "message", "text": "' + "x" * 8_001 + '"}', "text_invalid"),
    "thread-of-wrong-kind": ('{"type": "message", "text": "x", "thread_id": 5}', "thread_id_invalid"),
    "no-run": ('{"type": "resume"}', "run_id_missing"),
    "after-negative": ('{"type": "resume", "run_id": "x", "after": -1}', "after_invalid"),
    "after-true": ('{"type": "resume", "run_id": "x", "after": true}', "after_invalid"),
    "authenticated-twice": ('{"type": "authenticate", "token": "x"}', "already_authenticated"),
}


@pytest.mark.parametrize(("frame", "code"), list(MALFORMED.values()), ids=list(MALFORMED))
def test_a_malformed_frame_is_an_error_and_the_connection_goes_on(
    server: ChatServer, frame: str | bytes, code: str
) -> None:
    async def scenario() -> tuple[Frame, list[Frame]]:
        async with raw_connection(server, await enter(server.url)) as connection:
            await connection.send(frame)
            refused = await receive(connection)
            await connection.send(json.dumps({"type": "message", "text": "what is 2 + 2?"}))
            return refused, await receive_run(connection)

    refused, events = run(scenario)
    assert (refused["type"], refused["code"]) == ("error", code)
    assert types(events) == IN_ORDER


def test_an_oversized_frame_closes_the_connection_and_says_why(server: ChatServer) -> None:
    async def scenario() -> int | None:
        async with raw_connection(server, await enter(server.url)) as connection:
            await connection.send("x" * (64 * 1024 + 1))
            await connection.wait_closed()
            return connection.close_code

    assert run(scenario) == 1009
    assert types(ask_as_new_user(server, "what is 2 + 2?")) == IN_ORDER


# --- many at once


def test_fifty_conversations_at_once(server: ChatServer) -> None:
    async def talk(number: int) -> list[Frame]:
        async with await conversation_of_new_user(server.url) as conversation:
            return [event for ask in (1, 2, 3) async for event in conversation.ask(f"what is {number} * {ask}?")]

    async def scenario() -> list[list[Frame]]:
        return await asyncio.gather(*(talk(number) for number in range(CONVERSATIONS)))

    conversations = run(scenario)
    for number, events in enumerate(conversations):
        assert types(events) == IN_ORDER * 3
        assert [event["sequence"] for event in events] == [1, 2, 3, 4, 5] * 3
        answers = [event["data"]["answer"] for event in events if event["type"] == "agent_completed"]
        assert answers == [f"{number} * {ask} = {number * ask}" for ask in (1, 2, 3)]
    assert len({event["run_id"] for events in conversations for event in events}) == CONVERSATIONS * 3


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
