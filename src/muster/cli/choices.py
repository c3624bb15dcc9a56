"""What every command that simulates was asked for, from the words of its command line."""

from __future__ import annotations

from collections.abc import Sequence

from muster.wiring import Choices


def make_choices(
    paths: Sequence[str],
    categories: Sequence[str],
    *,
    invocation: str = "",
    python: str = "",
    static: bool = False,
    no_cache: bool = False,
    root: str = "",
    keyword: str = "",
    markers: str = "",
    exit_first: bool = False,
    last_failed: bool = False,
    no_history: bool = False,
    for_pytest: Sequence[str] = (),
) -> Choices:
    """The choices; `for_pytest` is what stands behind `--`."""
    options = [
        *(["-k", keyword] if keyword else []),
        *(["-m", markers] if markers else []),
        *(["-x"] if exit_first else []),
        *(["--lf"] if last_failed else []),
        *for_pytest,
    ]
    return Choices(
        paths=tuple(paths),
        categories=tuple(categories),
        invocation=invocation,
        python=python,
        static=static,
        cache=not no_cache,
        root=root,
        options=tuple(options),
        record=not no_history,
    )
