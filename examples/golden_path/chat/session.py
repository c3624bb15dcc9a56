"""One WebSocket from its first frame to its last: who it is, what they ask, and the events that they may see."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocket, WebSocketDisconnect

from chat.frames import Ask, Authenticate, Resume, parse_frame
from chat.journal import Journal, JournalBroken
from chat.refusal import UNAUTHENTICATED_CLOSE_CODE, Refusal, storage_unavailable
from chat.runs import Runs
from chat.tokens import Claims, Tokens, expired

AUTHENTICATION_TIMEOUT_S = 10.0
# Beyond these a client waits for its own runs to end: the server reads no further frame of it.
MOST_FOLLOWED_AT_ONCE = 8

log = logging.getLogger(__name__)


class Session:
    """Serves one connection."""

    def __init__(self, websocket: WebSocket, tokens: Tokens, runs: Runs) -> None:
        self._websocket = websocket
        self._tokens = tokens
        self._runs = runs
        self._sending = asyncio.Lock()
        self._followers: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(MOST_FOLLOWED_AT_ONCE)

    async def serve(self) -> None:
        """Until the client leaves, or its token expires."""
        await self._websocket.accept()
        try:
            claims = await self._authenticate()
            await self._send({"type": "authenticated", "user_id": claims.user_id})
            while True:
                await self._serve_one_frame(claims)
        except WebSocketDisconnect:
            return
        except Refusal as refusal:
            await self._close(refusal)
        finally:
            self._stop_followers()

    async def _authenticate(self) -> Claims:
        """What the `Authorization` header or else the first frame proves; raises `Refusal`."""
        scheme, _, token = self._websocket.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._tokens.read(token.strip())
        try:
            frame = parse_frame(await asyncio.wait_for(self._receive(), AUTHENTICATION_TIMEOUT_S))
        except TimeoutError:
            raise Refusal("token_missing", "no token came in time", 401) from None
        if not isinstance(frame, Authenticate):
            raise Refusal("token_missing", "the first frame must be of type 'authenticate'", 401)
        return self._tokens.read(frame.token)

    async def _serve_one_frame(self, claims: Claims) -> None:
        """Answer the next frame; a refused one is answered with an error, and the connection goes on."""
        text = await self._receive()
        if time.time() >= claims.expires_at:
            raise expired()
        about: dict[str, Any] = {}
        try:
            match parse_frame(text):
                case Authenticate():
                    raise Refusal("already_authenticated", "this connection has its user")
                case Ask(question):
                    about = {"request_id": question.request_id}
                    await self._follow(await self._runs.start(claims.user_id, question), after=0)
                case Resume(run_id, after):
                    about = {"run_id": run_id}
                    await self._follow(await self._runs.find(claims.user_id, run_id), after)
        except Refusal as refusal:
            await self._send({"type": "error", **refusal.as_json(), **about})
        except SQLAlchemyError:
            log.exception("the database does not take or give what it should")
            await self._send({"type": "error", **storage_unavailable().as_json(), **about})

    async def _follow(self, journal: Journal, after: int) -> None:
        """Begin to send the events of `journal`; waits first where this connection follows too many already."""
        await self._places.acquire()
        follower = asyncio.create_task(self._send_events(journal, after))
        self._followers.add(follower)
        follower.add_done_callback(self._forget)

    def _forget(self, follower: asyncio.Task[None]) -> None:
        self._followers.discard(follower)
        self._places.release()

    async def _send_events(self, journal: Journal, after: int) -> None:
        # Leaving is noticed by whoever reads the frames.
        with suppress(WebSocketDisconnect):
            try:
                async for event in journal.follow(after):
                    await self._send(event.as_json())
            except JournalBroken:
                said = "this run was interrupted; it goes on when the server is back"
                await self._send(
                    {"type": "error", "code": "run_interrupted", "message": said, "run_id": journal.run.id}
                )

    def _stop_followers(self) -> None:
        for follower in self._followers:
            follower.cancel()

    async def _close(self, refusal: Refusal) -> None:
        self._stop_followers()
        with suppress(WebSocketDisconnect):
            await self._send({"type": "error", **refusal.as_json()})
            await self._websocket.close(UNAUTHENTICATED_CLOSE_CODE, refusal.code)

    async def _receive(self) -> str | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return message.get("text")

    async def _send(self, frame: dict[str, Any]) -> None:
        async with self._sending:
            await self._websocket.send_json(frame)
