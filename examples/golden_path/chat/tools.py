"""What the agent can do besides talking: calculate, and look up what this user said before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat.calculator import CalculationError, calculate
from chat.database import Database
from chat.storage import Run, search_messages

MOST_FOUND = 5
MOST_WORDS = 8


class ToolError(Exception):
    """A tool that could not do what it was asked; the message goes to the user and to the model."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the language model asks for; nothing of it has been checked."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolDescription:
    """One tool, as a language model is told of it: every tool takes one text."""

    name: str
    purpose: str
    parameter: str
    parameter_purpose: str


CALCULATOR = ToolDescription(
    "calculator", "Calculates exactly.", "expression", "an arithmetic expression, for example 2 * (3 + 4)"
)
SEARCH = ToolDescription(
    "search_messages", "Finds what this user wrote before.", "query", "words that the message must hold"
)
TOOLS = (CALCULATOR, SEARCH)


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools, in the hands of one run: the search sees the messages of that run's user and no others."""

    database: Database
    run: Run

    async def use(self, call: ToolCall) -> dict[str, Any]:
        """What the tool found, as JSON; raises `ToolError`."""
        match call.name:
            case CALCULATOR.name:
                return {"value": _calculate(_argument(call, CALCULATOR))}
            case SEARCH.name:
                return {"messages": await self._search(_argument(call, SEARCH))}
        raise ToolError(f"there is no tool named '{call.name}'")

    async def _search(self, query: str) -> list[dict[str, str]]:
        words = query.split()[:MOST_WORDS]
        if not words:
            return []
        found = await self.database.read(
            lambda connection: search_messages(connection, self.run.user_id, words, self.run.message_id, MOST_FOUND)
        )
        return [{"text": message.text, "created_at": message.created_at} for message in found]


def _calculate(expression: str) -> str:
    try:
        return calculate(expression)
    except CalculationError as error:
        raise ToolError(str(error)) from None


def _argument(call: ToolCall, tool: ToolDescription) -> str:
    value = call.arguments.get(tool.parameter)
    if not isinstance(value, str) or "\0" in value:
        raise ToolError(f"{tool.name} needs a text named '{tool.parameter}'")
    return value
