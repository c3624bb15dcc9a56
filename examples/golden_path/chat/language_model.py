"""What the agent asks of a language model, and the deterministic one that is built in."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Protocol

from chat.tools import CALCULATOR, SEARCH, ToolCall


class LanguageModelError(Exception):
    """The model gave no answer; the message is for the user and holds no secret."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the model wants to do first, and what it says about that."""

    thought: str
    call: ToolCall


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a tool call: `result` where it worked, else `error`."""

    call: ToolCall
    result: dict[str, Any] | None
    error: str = ""


class LanguageModel(Protocol):
    """Chooses one tool for a message, then answers with what the tool found. Both raise `LanguageModelError`."""

    name: str

    async def choose(self, text: str) -> Choice: ...

    async def answer(self, text: str, outcome: Outcome) -> str: ...

    async def close(self) -> None: ...


# At least one operator between two operands; `calculate 1/0` and `what is 2 * (3 + 4)?` both hold one.
ARITHMETIC = re.compile(r"(?:\b(?:abs|max|min|round|sqrt)\b|[\d.,()+\-*/% ])+")
CALCULATION = re.compile(r"\d[\s)]*[-+*/%][-+*/%\s(]*[\da-z]|\b(?:abs|max|min|round|sqrt)\(")
WORD = re.compile(r"\w+")
LITTLE_WORDS = frozenset(
    "a about and any are around did do does for from have hello how i in is it me my of on or say said tell that the "
    "to was we what when where which who why with you your".split()
)


class EmbeddedModel:
    """A model without a network: it calculates what looks like arithmetic and remembers everything else."""

    name = "embedded"

    def __init__(self, pause_s: float = 0.0) -> None:
        self._pause_s = pause_s

    async def choose(self, text: str) -> Choice:
        await asyncio.sleep(self._pause_s)
        if expression := _expression_in(text):
            return Choice(
                f"I will calculate {expression}.", ToolCall(CALCULATOR.name, {CALCULATOR.parameter: expression})
            )
        query = " ".join(_topic(text))
        return Choice("I will look through what you told me before.", ToolCall(SEARCH.name, {SEARCH.parameter: query}))

    async def answer(self, text: str, outcome: Outcome) -> str:
        await asyncio.sleep(self._pause_s)
        if outcome.result is None:
            return f"I could not do that: {outcome.error}."
        if outcome.call.name == CALCULATOR.name:
            return f"{outcome.call.arguments[CALCULATOR.parameter]} = {outcome.result['value']}"
        if found := outcome.result["messages"]:
            return "You told me: " + "; ".join(f'"{message["text"]}"' for message in found)
        return "You have not told me about that yet; I will remember it."

    async def close(self) -> None:
        """Nothing is open."""


def _expression_in(text: str) -> str:
    """The longest stretch of `text` that calculates something, or nothing."""
    stretches = [match.group().strip(" .,") for match in ARITHMETIC.finditer(text)]
    return max((stretch for stretch in stretches if CALCULATION.search(stretch)), key=len, default="")


def _topic(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if word.lower() not in LITTLE_WORDS]
