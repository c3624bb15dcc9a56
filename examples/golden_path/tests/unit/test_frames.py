"""What a client may send, and which words it is refused with; the suite of the WebSocket sends the wrong ones too."""

from __future__ import annotations

import json

import pytest

from chat.frames import Ask, Authenticate, Resume, parse_frame
from chat.refusal import Refusal
from chat.runs import Question


def test_a_message_may_name_its_thread_and_its_request() -> None:
    frame = {"type": "message", "text": "hello", "thread_id": "t", "request_id": "r"}
    assert parse_frame(json.dumps(frame)) == Ask(Question("hello", "t", "r"))


def test_a_message_alone_opens_a_thread() -> None:
    assert parse_frame('{"type": "message", "text": "hello"}') == Ask(Question("hello", None, None))


def test_a_resume_without_a_number_asks_for_all_events() -> None:
    assert parse_frame('{"type": "resume", "run_id": "r"}') == Resume("r", 0)


def test_a_token_is_taken_as_it_is() -> None:
    assert parse_frame('{"type": "authenticate", "token": 5}') == Authenticate(5)


def test_text_of_any_language_is_text() -> None:
    text = "naïve \N{PILE OF POO} \u202e עברית"
    assert parse_frame(json.dumps({"type": "message", "text": text})) == Ask(Question(text))


def test_a_binary_frame_is_refused() -> None:
    with pytest.raises(Refusal, match="must be text"):
        parse_frame(None)
