"""The server: `python -m chat.server [--host HOST] [--port PORT]`.

POST /auth/register   {"name", "password"}  ->  201 {"user_id"}
POST /auth/login      {"name", "password"}  ->  200 {"token", "expires_in"}
GET  /threads/{id}/messages                 ->  200 {"messages"}, with `Authorization: Bearer TOKEN`
GET  /health                                ->  200 or 503
WS   /ws                                    ->  chat/frames.py says what goes in, chat/events.py what comes out
"""

from __future__ import annotations

import argparse
import json
import logging
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from chat.accounts import Accounts
from chat.database import Database
from chat.frames import LARGEST_FRAME_BYTES
from chat.language_model import EmbeddedModel, LanguageModel
from chat.openai_model import OpenAIModel
from chat.refusal import Refusal, storage_unavailable
from chat.runs import Runs
from chat.session import Session
from chat.settings import Settings, SettingsError
from chat.storage import list_messages
from chat.tokens import Tokens

LARGEST_BODY_BYTES = 64 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes work with, from the server's start to its end."""

    settings: Settings
    database: Database
    accounts: Accounts
    tokens: Tokens
    model: LanguageModel
    runs: Runs


def create_app(settings: Settings) -> Starlette:
    """The application; its database is opened when it starts, and runs that were interrupted are taken up then."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_services(settings) as app.state.services:
            yield

    routes = [
        Route("/auth/register", answering(register), methods=["POST"]),
        Route("/auth/login", answering(login), methods=["POST"]),
        Route("/threads/{thread_id}/messages", answering(messages)),
        Route("/health", answering(health)),
        WebSocketRoute("/ws", converse),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Everything opened in order, and closed in the opposite one."""
    database = Database(settings.database_url)
    accounts = Accounts(database)
    endpoint = settings.endpoint
    model: LanguageModel = OpenAIModel(endpoint) if endpoint else EmbeddedModel(settings.embedded_pause_s)
    runs = Runs(database, model)
    try:
        database.open()
        await runs.recover()
        yield Services(settings, database, accounts, Tokens(settings.secret, settings.token_lifetime_s), model, runs)
    finally:
        await runs.close()
        await model.close()
        accounts.close()
        database.close()


async def register(request: Request, services: Services) -> Response:
    body = await read_object(request)
    user_id = await services.accounts.register(body.get("name"), body.get("password"))
    return JSONResponse({"user_id": user_id}, 201)


async def login(request: Request, services: Services) -> Response:
    body = await read_object(request)
    user_id = await services.accounts.login(body.get("name"), body.get("password"))
    return JSONResponse({"token": services.tokens.issue(user_id), "expires_in": services.settings.token_lifetime_s})


async def messages(request: Request, services: Services) -> Response:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    user_id = services.tokens.read(token.strip() if scheme.lower() == "bearer" else None).user_id
    thread_id = request.path_params["thread_id"]
    found = await services.database.read(lambda connection: list_messages(connection, user_id, thread_id))
    return JSONResponse({"messages": [message.as_json() for message in found]})


async def health(request: Request, services: Services) -> Response:
    """Healthy is a database that answers; the language model is named, not asked."""
    await services.database.read(lambda connection: connection.execute(select(1)).one())
    return JSONResponse({"status": "ok", "database": services.database.kind, "model": services.model.name})


async def converse(websocket: WebSocket) -> None:
    services: Services = websocket.app.state.services
    await Session(websocket, services.tokens, services.runs).serve()


def answering(
    endpoint: Callable[[Request, Services], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """`endpoint` with its services, and with a refusal turned into an answer."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request, request.app.state.services)
        except Refusal as refusal:
            return JSONResponse({"error": refusal.as_json()}, refusal.http_status)
        except SQLAlchemyError:
            log.exception("the database does not take or give what it should")
            return JSONResponse({"error": storage_unavailable().as_json()}, 503)

    return answer


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of the request's body; raises `Refusal`."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY_BYTES:
            raise Refusal("body_too_large", f"a body may have {LARGEST_BODY_BYTES} bytes", 413)
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal("body_malformed", "the body must be JSON", 400) from None
    if not isinstance(fields, dict):
        raise Refusal("body_malformed", "the body must be a JSON object", 400)
    return fields


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m chat.server", description="Serve the chat.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free port")
    options = parser.parse_args(arguments)
    try:
        app = create_app(Settings.from_environment())
        listener = socket.create_server((options.host, options.port), backlog=1024)
    except (SettingsError, OSError) as error:
        print(f"chat.server: {error}", file=sys.stderr)
        return 2
    # Bound before it is said, so that whoever reads this line can connect.
    print(f"listening on http://{options.host}:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app,
        log_level="warning",
        ws="websockets-sansio",
        ws_max_size=LARGEST_FRAME_BYTES,
        # Events are small: compressing each would cost more than it saves.
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
