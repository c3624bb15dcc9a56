"""Any OpenAI-compatible endpoint as the language model: `POST {url}/chat/completions`, streamed.

Streaming is what bounds it: an endpoint that falls silent, never ends or says too much is cut off when it does.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx

from chat.language_model import Choice, LanguageModelError, Outcome
from chat.settings import Endpoint
from chat.tools import SEARCH, TOOLS, ToolCall, ToolDescription

INSTRUCTIONS = "You are a helpful assistant. Use exactly one tool, then answer the user from what it found."
CALL_ID = "call_1"
MOST_CHARACTERS = 32_000
CONNECT_TIMEOUT_S = 5.0


class OpenAIModel:
    """Asks `endpoint`; each question may take its `timeout_s` as a whole."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.model
        self._endpoint = endpoint
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        timeout = httpx.Timeout(endpoint.timeout_s, connect=min(CONNECT_TIMEOUT_S, endpoint.timeout_s), pool=None)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._http = httpx.AsyncClient(headers=headers, timeout=timeout, limits=limits)

    async def close(self) -> None:
        await self._http.aclose()

    async def choose(self, text: str) -> Choice:
        """The tool call that the endpoint asks for; where it asks for none, a search for the message itself."""
        tools = [_as_function(tool) for tool in TOOLS]
        said = await self._ask({"messages": _asked(text), "tools": tools, "tool_choice": "required"})
        if not said.tool:
            return Choice(said.content, ToolCall(SEARCH.name, {SEARCH.parameter: text}))
        return Choice(said.content, ToolCall(_as_text(said.tool), _parse_arguments(said.arguments)))

    async def answer(self, text: str, outcome: Outcome) -> str:
        return (await self._ask({"messages": [*_asked(text), *_called(outcome)]})).content

    async def _ask(self, request: dict[str, Any]) -> _Said:
        """What the endpoint says; every way to fail is a `LanguageModelError` with the reason."""
        body = {"model": self._endpoint.model, "stream": True, **request}
        try:
            async with (
                # httpx bounds the time between two pieces; this one bounds them all together.
                asyncio.timeout(self._endpoint.timeout_s),
                self._http.stream("POST", f"{self._endpoint.url}/chat/completions", json=body) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise LanguageModelError(await _refusal(response))
                return await _read_stream(response)
        except httpx.ConnectTimeout:
            raise LanguageModelError("the language model cannot be reached: no connection in time") from None
        except (TimeoutError, httpx.TimeoutException):
            within = f"{self._endpoint.timeout_s:g} s"
            raise LanguageModelError(f"the language model did not answer within {within}") from None
        except httpx.ConnectError as error:
            raise LanguageModelError(f"the language model cannot be reached: {error}") from None
        except httpx.HTTPError as error:
            raise LanguageModelError(f"the language model's answer broke off: {error}") from None


@dataclass(slots=True)
class _Said:
    """One answer of the endpoint, put together from its pieces: a text, a tool call, or both."""

    content: str = ""
    tool: str = ""
    arguments: str = ""
    is_complete: bool = False

    def add(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta") or {}
        self.content += _as_text(delta.get("content") or "")
        for part in delta.get("tool_calls") or ():
            # One call at a time: what an endpoint asks for beyond the first is left out.
            if part.get("index", 0) == 0:
                function = part.get("function") or {}
                self.tool += function.get("name") or ""
                self.arguments += function.get("arguments") or ""
        self.is_complete = self.is_complete or bool(choice.get("finish_reason"))
        if len(self.content) + len(self.tool) + len(self.arguments) > MOST_CHARACTERS:
            raise LanguageModelError("the language model's answer is too long")


async def _read_stream(response: httpx.Response) -> _Said:
    """What a server-sent event stream says; an end without `[DONE]` or a finish reason is an answer cut short."""
    said = _Said()
    async for line in response.aiter_lines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return said
        _add_chunk(said, data)
    if not said.is_complete:
        raise LanguageModelError("the language model's answer broke off before its end")
    return said


def _add_chunk(said: _Said, data: str) -> None:
    try:
        chunk = json.loads(data)
        if "error" in chunk:
            raise LanguageModelError(f"the language model reports: {_message(chunk)}")
        # The last chunk may carry the token usage and no choice.
        for choice in chunk.get("choices", ())[:1]:
            said.add(choice)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        raise LanguageModelError("the language model sent something that is not a chat completion") from None


async def _refusal(response: httpx.Response) -> str:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_CHARACTERS:
            break
    try:
        said = _message(json.loads(body))
    except (ValueError, RecursionError):
        said = ""
    return f"the language model refused with HTTP {response.status_code}" + (f": {said}" if said else "")


def _message(body: Any) -> str:
    """The `error.message` of a body in OpenAI's form, of a length that fits into a sentence."""
    error = body.get("error") if isinstance(body, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    return _as_text(str(said)[:300]) if said else ""


def _parse_arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(arguments, dict):
        return {}
    return {name: _as_text(value) for name, value in arguments.items() if isinstance(value, str)}


def _as_text(value: str) -> str:
    """`value` without what no database keeps and no WebSocket sends: NUL and halves of surrogate pairs."""
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _asked(text: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": text}]


def _called(outcome: Outcome) -> list[dict[str, Any]]:
    function = {"name": outcome.call.name, "arguments": json.dumps(outcome.call.arguments)}
    found = {"error": outcome.error} if outcome.result is None else outcome.result
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": CALL_ID, "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": CALL_ID, "content": json.dumps(found)},
    ]


def _as_function(tool: ToolDescription) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": {tool.parameter: {"type": "string", "description": tool.parameter_purpose}},
        "required": [tool.parameter],
    }
    return {"type": "function", "function": {"name": tool.name, "description": tool.purpose, "parameters": parameters}}
