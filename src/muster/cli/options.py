"""What several commands take, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Optional

import typer

Thunk = Callable[[], int]
"""A command that is parsed and not yet run; it gives the exit code."""

Paths = Annotated[
    Optional[list[str]],  # noqa: UP045  # because typer reads the annotation at run time, on every version that it supports
    typer.Argument(metavar="PATHS", help="Files, folders or node ids, as pytest takes them.", show_default=False),
]
Categories = Annotated[
    Optional[list[str]],  # noqa: UP045  # because of typer, as above
    typer.Option("-c", "--category", metavar="NAME", help="A category of [tool.muster.categories]; repeatable."),
]
Invocation = Annotated[
    str,
    typer.Option(
        "--invocation", metavar="COMMAND", help="The command to simulate, such as 'python -m pytest -p x tests'."
    ),
]
Python = Annotated[
    str, typer.Option("--python", metavar="PATH", help="The project's interpreter, or its environment's folder.")
]
Static = Annotated[bool, typer.Option("--static", help="Read the environment from its metadata; start no interpreter.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")]
NoHistory = Annotated[bool, typer.Option("--no-history", help="Leave nothing for the history.")]
Root = Annotated[
    str, typer.Option("--root", metavar="DIR", help="The project's root, in place of the one found from here.")
]
Keyword = Annotated[str, typer.Option("-k", metavar="EXPRESSION", help="As pytest's -k.")]
Markers = Annotated[str, typer.Option("-m", metavar="EXPRESSION", help="As pytest's -m.")]
ExitFirst = Annotated[bool, typer.Option("-x", help="As pytest's -x.")]
LastFailed = Annotated[bool, typer.Option("--lf", help="As pytest's --lf.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="List every victim, undecided file and difference.")]
BaseReference = Annotated[
    Optional[str],  # noqa: UP045  # because of typer, as above
    typer.Option("--base", metavar="REF", help="Also compare with this revision; '' is the merge base."),
]
Output = Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all.")]


def choices_of(
    context: typer.Context, paths: Sequence[str] | None, categories: Sequence[str] | None, **options: Any
) -> Any:
    """The choices that every command that simulates has in common; `options` as `make_choices` names them."""
    from muster.cli.choices import make_choices

    return make_choices(paths or (), categories or (), for_pytest=context.obj or (), **options)


def print_text(text: str) -> int:
    """Print `text`; 0."""
    print(text)
    return 0
