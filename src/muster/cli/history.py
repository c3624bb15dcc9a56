"""`muster history`: what is remembered of this project."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Optional

import typer

from muster.cli.options import Categories, Output, Root, Thunk

_FORMATS = ("text", "json", "csv")
_SHOWN = 30


def history(
    category: Categories = None,
    branch: Annotated[
        Optional[str],  # noqa: UP045  # because typer reads the annotation at run time
        typer.Option("--branch", metavar="NAME", help="Only this branch; each category's newest by default."),
    ] = None,
    count: Annotated[int, typer.Option("-n", metavar="COUNT", help="So many records of each category.")] = 0,
    project: Annotated[
        str, typer.Option("--project", metavar="NAME", help="Another project of the same database.")
    ] = "",
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, json, or csv: every record.")
    ] = "text",
    output: Output = "",
    root: Root = "",
) -> Thunk:
    """Each category over time: collection, tests, failures.

    Seconds of real collections against the budget, tests, blocked tests and causes of the newest records, and which causes
    are open since when. Every check, collection, run and probe leaves a record where pytest-muster[history] is installed.
    """
    return partial(run_history, tuple(category or ()), branch, count, project, format, output, root)


def run_history(
    categories: Sequence[str], branch: str | None, count: int, project: str, format_: str, output: str, root: str
) -> int:
    """Print the trends; 0."""
    from muster.cli.reports import known_format, write_text
    from muster.errors import UsageError
    from muster.render.csv import render_records
    from muster.render.json import render_json
    from muster.usecases.trends import every_record, find_trends
    from muster.wiring import find_settings
    from muster.wiring.memory import open_current_history, project_name
    from muster.wiring.server import current_time

    known_format(format_, _FORMATS)
    if count < 0:
        raise UsageError(f"-n {count}: it takes how many records")
    folder, settings = find_settings(root)
    name = project or project_name(folder, settings)
    path = "" if output == "-" else output
    with open_current_history(folder, settings) as store:
        if format_ == "csv":
            records = every_record(store, name, categories=categories, branch=branch, count=count)
            write_text(render_records(records), path)
            return 0
        report = find_trends(store, name, current_time(), categories=categories, branch=branch, count=count or _SHOWN)
    if format_ == "json":
        write_text(render_json(report), path)
    else:
        from muster.cli.terminal import canvas_for, environment_variables
        from muster.render.history import render_history

        canvas = canvas_for(sys.stdout, environment_variables(), verbose=False)
        write_text(render_history(report, canvas, bars=bool(path) or _has_bars()), path)
    return 0


def _has_bars() -> bool:
    """Whether standard output can hold the characters that bars are made of."""
    try:
        "▁█".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
