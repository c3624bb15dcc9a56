"""Recursion on a stack with room for it."""

from __future__ import annotations

import resource
from collections.abc import Callable

import pytest

from muster.facts.roomy_stack import on_roomy_stack

DEPTH, CALLS = 300, 300


def _up_and_down(depth: int) -> int:
    for _ in range(CALLS):
        _leaf(2)
    return 0 if depth == 0 else _up_and_down(depth - 1) + 1


def _leaf(depth: int) -> None:
    if depth:
        _leaf(depth - 1)


def _page_faults(work: Callable[[], object]) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    work()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_no_memory_is_mapped_again_and_again() -> None:
    """At some of the depths every call stands on a chunk's border; a page that is mapped anew is a fault."""
    assert _page_faults(lambda: on_roomy_stack(lambda: _up_and_down(DEPTH))) < CALLS


def test_what_the_work_gives_comes_back() -> None:
    assert on_roomy_stack(lambda: _up_and_down(3)) == 3
    with pytest.raises(ZeroDivisionError):
        on_roomy_stack(lambda: 1 // 0)
