"""The chat in a terminal: `python -m chat.client --user NAME [QUESTION]`. Also the client that the tests use.

Without a question it asks for one after the other until the input ends. The password is asked for, or read from
CHAT_PASSWORD. A connection that breaks is made anew, and the run goes on after the event that was seen last.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import getpass
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from chat.events import LAST_EVENTS

RECONNECT_DELAYS_S = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
HTTP_TIMEOUT_S = 60.0

Frame = dict[str, Any]


class ChatError(Exception):
    """What the server refused, in its own words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


async def register(url: str, name: str, password: str) -> str:
    """The id of the new user."""
    return str((await _post(url, "/auth/register", name, password))["user_id"])


async def login(url: str, name: str, password: str) -> str:
    """A token for this user."""
    return str((await _post(url, "/auth/login", name, password))["token"])


class Conversation:
    """One user's thread: `ask` yields the events of one answer, over as many connections as that takes."""

    def __init__(self, url: str, token: str, thread_id: str | None = None) -> None:
        self.thread_id = thread_id
        self._url = "ws" + url.removeprefix("http") + "/ws"
        self._token = token
        self._connection: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        await self._connected()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._disconnect()

    async def ask(self, text: str) -> AsyncIterator[Frame]:
        """Each event of the run that answers `text`, once and in order; raises `ChatError` for what is refused."""
        # The same request id makes it the same run, should the connection break before the first event is seen.
        question = {"type": "message", "text": text, "thread_id": self.thread_id, "request_id": uuid4().hex}
        async for event in self._follow(question):
            self.thread_id = event["thread_id"]
            yield event

    async def resume(self, run_id: str, after: int = 0) -> AsyncIterator[Frame]:
        """Each event of this run with a higher number than `after`."""
        async for event in self._follow({"type": "resume", "run_id": run_id, "after": after}):
            yield event

    async def break_connection(self) -> None:
        """Lose the connection as a network does; whoever asks or resumes goes on over a new one."""
        if self._connection is not None:
            self._connection.transport.abort()

    async def _follow(self, request: Frame) -> AsyncIterator[Frame]:
        delays = iter(RECONNECT_DELAYS_S)
        while True:
            try:
                connection = await self._connected()
                await connection.send(json.dumps(request))
                while True:
                    event = _accepted(json.loads(await connection.recv()))
                    request = {"type": "resume", "run_id": event["run_id"], "after": event["sequence"]}
                    delays = iter(RECONNECT_DELAYS_S)
                    yield event
                    if event["type"] in LAST_EVENTS:
                        return
            except (ConnectionClosed, InvalidHandshake, OSError) as error:
                await self._disconnect()
                if (delay := next(delays, None)) is None:
                    raise ChatError("unreachable", f"the server cannot be reached: {error}") from None
                await asyncio.sleep(delay)

    async def _connected(self) -> ClientConnection:
        if self._connection is None:
            headers = {"Authorization": f"Bearer {self._token}"}
            self._connection = await connect(self._url, additional_headers=headers, compression=None, proxy=None)
            try:
                _accepted(json.loads(await self._connection.recv()))
            except ChatError:
                await self._disconnect()
                raise
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(ConnectionClosed, OSError):
                await self._connection.close()
            self._connection = None


def _accepted(frame: Frame) -> Frame:
    """`frame`, unless it is an error."""
    if frame["type"] == "error":
        raise ChatError(frame["code"], frame["message"])
    return frame


async def _post(url: str, path: str, name: str, password: str) -> dict[str, Any]:
    # `trust_env`: a proxy that the environment names is not asked for a server of one's own.
    async with httpx.AsyncClient(base_url=url, timeout=HTTP_TIMEOUT_S, trust_env=False, verify=_trusted()) as http:
        try:
            response = await http.post(path, json={"name": name, "password": password})
            answer: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ChatError("unreachable", f"the server cannot be reached: {error}") from None
    if "error" in answer:
        raise ChatError(answer["error"]["code"], answer["error"]["message"])
    return answer


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificates to trust, read once: that takes longer than a login."""
    return ssl.create_default_context()


async def _enter(url: str, name: str, password: str) -> str:
    """A token: of the user that exists, else of the one that is registered now."""
    try:
        return await login(url, name, password)
    except ChatError as error:
        if error.code != "login_failed":
            raise
        refused = error
    try:
        await register(url, name, password)
    except ChatError as error:
        raise (refused if error.code == "name_taken" else error) from None
    print(f"registered {name}")
    return await login(url, name, password)


async def _show(events: AsyncIterator[Frame]) -> None:
    async for event in events:
        data = event["data"]
        said = data.get("answer") or data.get("reason") or data.get("thought") or data.get("error")
        if said is None:
            said = json.dumps(data.get("result", data.get("arguments", data)), ensure_ascii=False)
        print(f"{event['sequence']}  {event['type']:<15}  {_printable(said)}", flush=True)


def _printable(text: str) -> str:
    """`text` without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


async def _chat(options: argparse.Namespace, password: str) -> None:
    token = await _enter(options.url, options.user, password)
    async with Conversation(options.url, token, options.thread) as conversation:
        if options.question:
            await _show(conversation.ask(" ".join(options.question)))
            return
        while question := await asyncio.to_thread(_read_line):
            await _show(conversation.ask(question))


def _read_line() -> str:
    try:
        return input("you: ").strip()
    except EOFError:
        return ""


def main(arguments: list[str] | None = None) -> int:
    """Ask and show; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m chat.client", description="Talk to the chat server.")
    parser.add_argument("question", nargs="*", help="ask this and leave; nothing: ask one after the other")
    parser.add_argument("--url", default=os.environ.get("CHAT_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--user", default=getpass.getuser())
    parser.add_argument("--thread", help="go on with this thread")
    options = parser.parse_args(arguments)
    try:
        password = os.environ.get("CHAT_PASSWORD") or getpass.getpass(f"password of {options.user}: ")
        asyncio.run(_chat(options, password))
    except ChatError as error:
        print(f"chat.client: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
