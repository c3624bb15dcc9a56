"""The golden path: a new user logs in and an AI answers. Also runs as a script."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

# A script's folder is on the search path and the project's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pytest

from tests.infrastructure.chat_server import ChatServer, conversation_of_new_user


def test_a_new_user_logs_in_and_is_answered(server: ChatServer) -> None:
    async def scenario() -> list[str]:
        async with await conversation_of_new_user(server.url) as conversation:
            return [event["data"].get("answer", "") async for event in conversation.ask("what is 6 * 7?")]

    assert asyncio.run(scenario())[-1] == "6 * 7 = 42"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
