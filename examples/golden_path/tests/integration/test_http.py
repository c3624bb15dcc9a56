"""The HTTP side, over the real server: accounts, history, health, and what cannot be a request."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from chat.client import Conversation
from tests.infrastructure.chat_server import PASSWORD, ChatServer, enter


def request(server: ChatServer, method: str, path: str, **more: Any) -> httpx.Response:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
        return http.request(method, path, **more)


def test_health_names_the_database_and_the_model(server: ChatServer) -> None:
    answer = request(server, "GET", "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "sqlite", "model": "embedded"})


def test_registering_and_logging_in(server: ChatServer) -> None:
    body = {"name": "grace", "password": PASSWORD}
    assert request(server, "POST", "/auth/register", json=body).status_code == 201
    again = request(server, "POST", "/auth/register", json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "name_taken")
    answer = request(server, "POST", "/auth/login", json=body)
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 3600
    assert answer.json()["token"].count(".") == 2


def test_a_failed_login_is_the_same_whoever_fails(server: ChatServer) -> None:
    asyncio.run(enter(server.url, "hopper"))
    answers = [
        request(server, "POST", "/auth/login", json={"name": name, "password": "not the password"})
        for name in ("hopper", "nobody-of-this-name")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "body_malformed"),
        (b"{", 400, "body_malformed"),
        (b"[]", 400, "body_malformed"),
        (b"\xff", 400, "body_malformed"),
        (b"[" * 60_000, 400, "body_malformed"),
        (b"{}", 422, "name_missing"),
        (b'{"name": 5}', 422, "name_invalid"),
        (b" " * (64 * 1024 + 1), 413, "body_too_large"),
    ],
    ids=["empty", "not-json", "list", "not-utf8", "nested", "nothing", "number", "large"],
)
def test_what_is_no_login_is_refused(server: ChatServer, content: bytes, status: int, code: str) -> None:
    answer = request(server, "POST", "/auth/login", content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_history_is_its_users_alone(server: ChatServer) -> None:
    async def scenario() -> tuple[str, str, str]:
        token, other = await enter(server.url), await enter(server.url)
        async with Conversation(server.url, token) as conversation:
            async for _ in conversation.ask("what is 2 + 2?"):
                pass
        assert conversation.thread_id is not None
        return token, other, conversation.thread_id

    token, other, thread_id = asyncio.run(scenario())
    path = f"/threads/{thread_id}/messages"
    mine = request(server, "GET", path, headers={"Authorization": f"Bearer {token}"})
    said = [(message["role"], message["text"]) for message in mine.json()["messages"]]
    assert said == [("user", "what is 2 + 2?"), ("assistant", "2 + 2 = 4")]
    theirs = request(server, "GET", path, headers={"Authorization": f"Bearer {other}"})
    assert (theirs.status_code, theirs.json()["error"]["code"]) == (404, "thread_not_found")
    assert request(server, "GET", path).status_code == 401


def test_the_database_answers_health(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> None:
    with ChatServer(tmp_path_factory.mktemp("health"), CHAT_DATABASE_URL=database_url) as server:
        answer = request(server, "GET", "/health")
    assert answer.json()["database"] == database_url.partition(":")[0]
