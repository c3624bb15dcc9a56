"""The search tool: this user's own messages, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from chat.database import Database
from chat.storage import Run
from chat.tables import messages, threads, users
from chat.tools import Toolbox, ToolCall, ToolError

SAID = {
    "ada": ["My cat is named Tabby", "100% of cats purr", "under_score", "back\\slash", "now: cat"],
    "bob": ["My cat is named Rex"],
}


def fill(connection: Connection) -> None:
    """Two users, each with a thread; the last message of each is the one that asks."""
    for user, said in SAID.items():
        connection.execute(insert(users).values(id=user, name=user, password_hash="", created_at=""))
        connection.execute(insert(threads).values(id=user, user_id=user, created_at=""))
        rows = [
            {"id": f"{user}-{number}", "thread_id": user, "user_id": user, "text": text, "created_at": str(number)}
            for number, text in enumerate(said)
        ]
        connection.execute(insert(messages), [{**row, "role": "user"} for row in rows])


def search(url: str, user: str, arguments: dict[str, Any]) -> list[str]:
    database = Database(url)
    database.open()

    async def scenario() -> list[str]:
        await database.write(fill)
        run = Run("r", user, user, f"{user}-{len(SAID[user]) - 1}", "")
        found = await Toolbox(database, run).use(ToolCall("search_messages", arguments))
        return [message["text"] for message in found["messages"]]

    try:
        return asyncio.run(scenario())
    finally:
        database.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("CAT", ["100% of cats purr", "My cat is named Tabby"]),
        ("tabby cat", ["My cat is named Tabby"]),
        ("%", ["100% of cats purr"]),
        ("_", ["under_score"]),
        ("\\", ["back\\slash"]),
        ("Rex", []),
        ("' OR 1=1 --", []),
        ("", []),
    ],
)
def test_a_search_finds_what_its_user_said(database_url: str, query: str, found: list[str]) -> None:
    assert search(database_url, "ada", {"query": query}) == found


@pytest.mark.parametrize("arguments", [{}, {"query": 5}, {"query": "\0"}, {"text": "cat"}])
def test_a_search_for_nothing_that_can_be_searched_is_an_error(database_url: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError, match="needs a text named 'query'"):
        search(database_url, "ada", arguments)
