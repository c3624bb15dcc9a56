"""Node ids taken apart."""

from __future__ import annotations


def bare_id(nodeid: str) -> str:
    """`nodeid` without its parameters: `tests/test_a.py::test_b[1]` is `tests/test_a.py::test_b`."""
    head, separator, rest = nodeid.partition("::")
    return head + separator + rest.partition("[")[0]


def group_id(nodeid: str) -> str:
    """The class, or the function, that stands at the top of the file: what is not torn apart without need."""
    return "::".join(bare_id(nodeid).split("::")[:2])
