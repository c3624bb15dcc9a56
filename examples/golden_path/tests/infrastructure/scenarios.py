"""What the tests of whole conversations share: the events of an answer, and a loop that never hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

IN_ORDER = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
TIMEOUT_S = 60


def run(scenario: Callable[[], Awaitable[Any]]) -> Any:
    """What `scenario` returns; it never hangs."""

    async def bounded() -> Any:
        async with asyncio.timeout(TIMEOUT_S):
            return await scenario()

    return asyncio.run(bounded())
