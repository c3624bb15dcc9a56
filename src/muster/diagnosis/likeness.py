"""How near two places are by their names."""

from __future__ import annotations

from itertools import takewhile


def is_test(path: str) -> bool:
    """Whether the file's own name says that it is a test: nobody moves a name there."""
    stem = path.rpartition("/")[2]
    return stem.startswith("test_") or stem.endswith("_test.py")


def leading_parts(dotted: str, other: str) -> int:
    """How many parts two dotted names begin with in common."""
    pairs = zip(dotted.split("."), other.split("."), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
