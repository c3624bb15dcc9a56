"""The OpenAI-compatible model against a local endpoint that speaks the protocol, and one that does not behave."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat.client import Conversation, Frame
from chat.language_model import Choice, LanguageModelError, Outcome
from chat.openai_model import OpenAIModel
from chat.settings import Endpoint as Address
from chat.tools import ToolCall
from tests.infrastructure.chat_server import ChatServer, enter
from tests.infrastructure.openai_endpoint import Endpoint, Reply, Request, call_calculator, openai_endpoint, polite, say

CALL = ToolCall("calculator", {"expression": "6 * 7"})


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with openai_endpoint() as running:
        yield running


def choose(url: str, timeout_s: float = 5.0) -> Choice:
    async def scenario() -> Choice:
        model = OpenAIModel(Address(url, "tiny", "sk-secret", timeout_s))
        try:
            return await model.choose("6 * 7")
        finally:
            await model.close()

    return asyncio.run(scenario())


def answer(url: str, outcome: Outcome) -> str:
    async def scenario() -> str:
        model = OpenAIModel(Address(url, "tiny"))
        try:
            return await model.answer("6 * 7", outcome)
        finally:
            await model.close()

    return asyncio.run(scenario())


def test_a_tool_call_is_put_together_from_its_pieces(endpoint: Endpoint) -> None:
    assert choose(endpoint.url) == Choice("", CALL)
    [request] = endpoint.requests
    assert (request["path"], request["model"], request["stream"]) == ("/v1/chat/completions", "tiny", True)
    assert [tool["function"]["name"] for tool in request["tools"]] == ["calculator", "search_messages"]
    assert request["tool_choice"] == "required"
    assert endpoint.authorizations == ["Bearer sk-secret"]


def test_the_answer_is_asked_with_what_the_tool_found(endpoint: Endpoint) -> None:
    assert answer(endpoint.url, Outcome(CALL, {"value": "42"})) == 'The tool says {"value": "42"}'
    *_, called, found = endpoint.requests[0]["messages"]
    assert json.loads(called["tool_calls"][0]["function"]["arguments"]) == {"expression": "6 * 7"}
    assert found["tool_call_id"] == called["tool_calls"][0]["id"]


def test_a_tool_error_is_told_to_the_model(endpoint: Endpoint) -> None:
    assert "division by zero" in answer(endpoint.url, Outcome(CALL, None, "division by zero"))


def test_a_model_that_asks_for_no_tool_gets_a_search(endpoint: Endpoint) -> None:
    endpoint.answer = lambda request, reply: say(reply, "Let me see.")
    assert choose(endpoint.url) == Choice("Let me see.", ToolCall("search_messages", {"query": "6 * 7"}))


def test_arguments_that_are_no_object_are_no_arguments(endpoint: Endpoint) -> None:
    def wrong(request: Request, reply: Reply) -> None:
        reply.start()
        reply.chunk({"tool_calls": [{"index": 0, "function": {"name": "calculator", "arguments": "[1"}}]})
        reply.done()

    endpoint.answer = wrong
    assert choose(endpoint.url).call == ToolCall("calculator", {})


def test_what_no_database_keeps_is_left_out(endpoint: Endpoint) -> None:
    endpoint.answer = lambda request, reply: say(reply, "nul \0 and half \ud83d of a pair")
    assert choose(endpoint.url).thought == "nul  and half ? of a pair"


def refuse(status: int, body: str) -> Callable[[Request, Reply], None]:
    def refused(request: Request, reply: Reply) -> None:
        reply.start(status, "application/json")
        reply.send(body)

    return refused


def stream(text: str) -> Callable[[Request, Reply], None]:
    def streamed(request: Request, reply: Reply) -> None:
        reply.start()
        reply.send(text)

    return streamed


def fall_silent(request: Request, reply: Reply) -> None:
    reply.start()
    reply.chunk({"content": "wait"})
    time.sleep(2)


def never_end(request: Request, reply: Reply) -> None:
    reply.start()
    while True:
        reply.chunk({})
        time.sleep(0.05)


def say_too_much(request: Request, reply: Reply) -> None:
    reply.start()
    for _ in range(100):
        reply.chunk({"content": "x" * 1000})


@pytest.mark.parametrize(
    ("misbehave", "reason"),
    [
        (refuse(401, '{"error": {"message": "Incorrect API key"}}'), "refused with HTTP 401: Incorrect API key"),
        (refuse(429, "slow down"), "refused with HTTP 429"),
        (refuse(500, "[" * 50_000), "refused with HTTP 500"),
        (stream('data: {"error": {"message": "overloaded"}}\n\n'), "reports: overloaded"),
        (stream("data: not json\n\n"), "not a chat completion"),
        (stream('data: {"choices": [7]}\n\n'), "not a chat completion"),
        (stream('data: {"choices": [{"delta": {"content": 7}}]}\n\n'), "not a chat completion"),
        (stream('data: {"choices": [{"delta": {"content": "half an ans"}}]}\n\n'), "broke off before its end"),
        (fall_silent, "did not answer within 0.5 s"),
        (never_end, "did not answer within 0.5 s"),
        (say_too_much, "answer is too long"),
    ],
    ids=[
        "key", "rate", "nested", "error", "text", "choice", "content", "half", "silent", "endless", "long",
    ],
)  # fmt: skip
def test_an_endpoint_that_misbehaves_is_an_error_with_its_reason(
    endpoint: Endpoint, misbehave: Callable[[Request, Reply], None], reason: str
) -> None:
    endpoint.answer = misbehave
    with pytest.raises(LanguageModelError) as failed:
        choose(endpoint.url, timeout_s=0.5)
    assert reason in str(failed.value)
    assert "sk-secret" not in str(failed.value)


def test_an_endpoint_that_is_not_there_is_said_to_be_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LanguageModelError, match="cannot be reached"):
        choose(f"http://127.0.0.1:{port}/v1")


def ask(folder: Path, endpoint: Endpoint) -> list[Frame]:
    """The events of one question to a server that uses this endpoint."""

    async def scenario() -> list[Frame]:
        async with Conversation(server.url, await enter(server.url)) as conversation:
            return [event async for event in conversation.ask("6 * 7")]

    variables = {"CHAT_OPENAI_BASE_URL": endpoint.url, "CHAT_OPENAI_MODEL": "tiny", "CHAT_OPENAI_TIMEOUT_S": "5"}
    with ChatServer(folder, **variables) as server:
        return asyncio.run(scenario())


def test_the_server_answers_with_this_model(tmp_path: Path, endpoint: Endpoint) -> None:
    events = ask(tmp_path, endpoint)
    assert [event["type"] for event in events] == [
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "tool_completed",
        "agent_completed",
    ]
    assert events[0]["data"] == {"model": "tiny"}
    assert events[-1]["data"] == {"answer": 'The tool says {"value": "42"}'}


def test_a_model_that_fails_ends_the_run_with_an_event(tmp_path: Path, endpoint: Endpoint) -> None:
    def fail_second(request: Request, reply: Reply) -> None:
        if "tools" in request:
            call_calculator(reply, "6 * 7")
        else:
            refuse(503, '{"error": {"message": "no capacity"}}')(request, reply)

    endpoint.answer = fail_second
    events = ask(tmp_path, endpoint)
    assert [event["type"] for event in events][-2:] == ["tool_completed", "agent_failed"]
    assert events[-1]["data"] == {"reason": "the language model refused with HTTP 503: no capacity"}


def test_a_tool_that_does_not_exist_is_a_tool_error(tmp_path: Path, endpoint: Endpoint) -> None:
    def ask_for_nonsense(request: Request, reply: Reply) -> None:
        if "tools" not in request:
            return polite(request, reply)
        reply.start()
        reply.chunk({"tool_calls": [{"index": 0, "function": {"name": "launch", "arguments": "{}"}}]})
        return reply.done()

    endpoint.answer = ask_for_nonsense
    events = ask(tmp_path, endpoint)
    assert (events[3]["type"], events[3]["data"]["error"]) == ("tool_error", "there is no tool named 'launch'")
    assert events[-1]["type"] == "agent_completed"
