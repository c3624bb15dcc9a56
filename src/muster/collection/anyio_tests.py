"""What the installed anyio plugin does while tests are collected (`anyio/pytest_plugin.py`)."""

from __future__ import annotations

from collections.abc import Iterable

from muster.collection.nodes import ItemNode
from muster.collection.walk import Walk
from muster.execution.values import FunctionValue
from muster.facts.opcodes import ASYNC, GENERATOR

PLUGIN = "anyio"
BACKEND = "anyio_backend"


def anyio_fixtures(walk: Walk, definition: ItemNode, function: FunctionValue) -> tuple[str, ...]:
    """The fixture that the plugin makes a coroutine test request: where the test is marked, or in its automatic mode."""
    if PLUGIN not in walk.environment.plugins or function.flags & (ASYNC | GENERATOR) != ASYNC:
        return ()
    mode = walk.invocation.settings.get("anyio_mode")
    is_automatic = mode is not None and mode.value == "auto"
    return (BACKEND,) if is_automatic or _is_marked(definition.marks(PLUGIN)) else ()


def _is_marked(marks: Iterable[object]) -> bool:
    return next(iter(marks), None) is not None
