"""A stack on which deep recursion costs no system calls.

CPython keeps Python frames in chunks of 16 KiB and gives each back to the system as soon as its first frame returns
(`push_chunk` and `_PyThreadState_PopFrame` in `Python/pystate.c`). What recurses up and down across such a border maps and
unmaps memory with each call: a quarter of what a simulation of sympy took.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")

_SLOTS = 1 << 20
"""How many values the frame asks room for; a chunk is twice as large as the largest power of two below that."""


def on_roomy_stack(work: Callable[[], T]) -> T:
    """What `work` returns, whose frames and those that they call share one chunk of 8 MiB.

    The frame that asks for it never touches its own half, so that no memory is used for that.
    """
    return cast(T, _call(work))


def _call(work: Callable[[], object]) -> object:
    return work()


_call.__code__ = _call.__code__.replace(co_stacksize=_SLOTS)
