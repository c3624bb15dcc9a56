"""What a client may send over the WebSocket: one JSON object a frame, told apart by its `type`.

{"type": "authenticate", "token": "..."}                                  the first frame, unless a header says it
{"type": "message", "text": "...", "thread_id": "...", "request_id": "..."}      the last two may be left out
{"type": "resume", "run_id": "...", "after": 3}                           the events that follow number 3
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from chat.refusal import Refusal, checked_text
from chat.runs import Question

LARGEST_FRAME_BYTES = 64 * 1024
MOST_TEXT_CHARACTERS = 8_000
MOST_ID_CHARACTERS = 64
MOST_EVENTS_OF_A_RUN = 1_000


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Who is asking."""

    token: object


@dataclass(frozen=True, slots=True)
class Ask:
    """A user message, for the agent to work on."""

    question: Question


@dataclass(frozen=True, slots=True)
class Resume:
    """The events of a run that come after number `after`."""

    run_id: str
    after: int


Frame = Authenticate | Ask | Resume


def parse_frame(text: str | None) -> Frame:
    """The frame that `text` spells; raises `Refusal`. None stands for a binary frame."""
    fields = _parse_object(text)
    match fields.get("type"):
        case "authenticate":
            return Authenticate(fields.get("token"))
        case "message":
            said = checked_text(fields.get("text"), "text", most=MOST_TEXT_CHARACTERS)
            if not said.strip():
                raise Refusal("text_invalid", "'text' must say something")
            return Ask(Question(said, _optional_id(fields, "thread_id"), _optional_id(fields, "request_id")))
        case "resume":
            run_id = checked_text(fields.get("run_id"), "run_id", most=MOST_ID_CHARACTERS)
            return Resume(run_id, _sequence(fields.get("after", 0)))
    raise Refusal("type_unknown", "'type' must be 'authenticate', 'message' or 'resume'")


def _parse_object(text: str | None) -> dict[str, Any]:
    if text is None:
        raise Refusal("frame_malformed", "a frame must be text, not binary")
    try:
        fields = json.loads(text)
    # A few kilobytes of brackets nest deeper than the parser goes.
    except (ValueError, RecursionError):
        raise Refusal("frame_malformed", "a frame must be JSON") from None
    if not isinstance(fields, dict):
        raise Refusal("frame_malformed", "a frame must be a JSON object")
    return fields


def _optional_id(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return None if value is None else checked_text(value, name, most=MOST_ID_CHARACTERS)


def _sequence(value: object) -> int:
    # JSON's `true` is an int in Python.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_EVENTS_OF_A_RUN:
        raise Refusal("after_invalid", "'after' must be the sequence number that was seen last, or 0")
    return value
