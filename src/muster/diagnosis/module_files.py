"""Which files a module may be."""

from __future__ import annotations

from collections.abc import Iterable


def files_below(dotted: str, roots: Iterable[str]) -> tuple[str, ...]:
    """The two files that the module `dotted` can be, below each of `roots`."""
    rest = dotted.replace(".", "/")
    return tuple(f"{root.rstrip('/')}/{rest}{end}" for root in roots for end in (".py", "/__init__.py"))
