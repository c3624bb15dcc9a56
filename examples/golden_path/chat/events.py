"""The events of a run: what a user watches while the agent works.

    agent_started -> agent_thinking -> tool_executing -> tool_completed | tool_error -> agent_completed

Every run ends with `agent_completed`, or with `agent_failed` where the language model gives no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

EventType = Literal[
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "tool_error",
    "agent_completed",
    "agent_failed",
]
LAST_EVENTS = frozenset({"agent_completed", "agent_failed"})


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a run; `sequence` counts from 1 within the run and leaves no number out."""

    type: EventType
    thread_id: str
    run_id: str
    sequence: int
    timestamp: str
    data: dict[str, Any]

    @property
    def is_last(self) -> bool:
        return self.type in LAST_EVENTS

    def as_json(self) -> dict[str, Any]:
        """What goes over the WebSocket."""
        return {
            "type": self.type,
            "thread_id": self.thread_id,
            "run_id": self.run_id,
            "sequence": self.sequence,
            "timestamp": self.timestamp,
            "data": self.data,
        }
