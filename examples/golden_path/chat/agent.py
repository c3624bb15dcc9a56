"""The agent: for every message it thinks, uses one tool and answers, and each of these steps is an event."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chat.events import EventType
from chat.journal import Journal
from chat.language_model import LanguageModel, LanguageModelError, Outcome
from chat.tools import Toolbox, ToolCall, ToolError

Step = tuple[EventType, dict[str, Any]]


async def run_agent(journal: Journal, model: LanguageModel, toolbox: Toolbox) -> None:
    """Bring the run of `journal` to its last event, from wherever it stands."""
    try:
        await _work(journal, model, toolbox)
    except LanguageModelError as error:
        await journal.record("agent_failed", {"reason": str(error)})


async def _work(journal: Journal, model: LanguageModel, toolbox: Toolbox) -> None:
    text = journal.run.text

    async def start() -> Step:
        return "agent_started", {"model": model.name}

    async def think() -> Step:
        choice = await model.choose(text)
        return "agent_thinking", {"thought": choice.thought, "call": asdict(choice.call)}

    await journal.step(start)
    call = ToolCall(**(await journal.step(think)).data["call"])

    async def announce_tool() -> Step:
        return "tool_executing", {"tool": call.name, "arguments": call.arguments}

    async def use_tool() -> Step:
        try:
            return "tool_completed", {"tool": call.name, "result": await toolbox.use(call)}
        except ToolError as error:
            return "tool_error", {"tool": call.name, "error": str(error)}

    await journal.step(announce_tool)
    used = (await journal.step(use_tool)).data
    outcome = Outcome(call, used.get("result"), used.get("error", ""))

    async def answer() -> Step:
        said = await model.answer(text, outcome)
        if not said.strip():
            raise LanguageModelError("the language model's answer is empty")
        return "agent_completed", {"answer": said}

    await journal.step(answer)
