"""The embedded model chooses a tool by what the message looks like."""

from __future__ import annotations

import asyncio

import pytest

from chat.language_model import EmbeddedModel, Outcome
from chat.tools import ToolCall


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("what is 2 + 2?", "2 + 2"),
        ("calculate 1/0", "1/0"),
        ("How much is 2 * (3 + 4), please?", "2 * (3 + 4)"),
        ("sqrt(16)?", "sqrt(16)"),
        ("is -5 - 3 more than 2?", "-5 - 3"),
        ("9**9**9", "9**9**9"),
    ],
)
def test_arithmetic_goes_to_the_calculator(text: str, expression: str) -> None:
    call = asyncio.run(EmbeddedModel().choose(text)).call
    assert call == ToolCall("calculator", {"expression": expression})


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("what did I say about my cat?", "cat"),
        ("I have 3 cats", "3 cats"),
        ("hello", ""),
        ("in 2024-", "2024"),
        ("...---...", ""),
    ],
)
def test_everything_else_is_looked_up(text: str, query: str) -> None:
    assert asyncio.run(EmbeddedModel().choose(text)).call == ToolCall("search_messages", {"query": query})


def test_a_tool_error_is_told() -> None:
    outcome = Outcome(ToolCall("calculator", {"expression": "1/0"}), None, "division by zero")
    assert asyncio.run(EmbeddedModel().answer("1/0", outcome)) == "I could not do that: division by zero."
