"""`muster profile` as a grammar; what it does is imported once it is asked for."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from muster.cli.options import (
    Categories,
    Invocation,
    Keyword,
    Markers,
    NoCache,
    NoHistory,
    Output,
    Paths,
    Python,
    Root,
    Thunk,
    Verbose,
    choices_of,
)


def profile(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Defer heavy imports in a copy; keep what is proved and measured to save.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="As --fix, and write what is kept.")] = False,
    rounds: Annotated[
        int, typer.Option("--rounds", metavar="N", help="Pairs of real collections that measure each fix.")
    ] = 5,
    html: Annotated[str, typer.Option("--html", metavar="FILE", help="A chart of what happened within what.")] = "",
    speedscope: Annotated[str, typer.Option("--speedscope", metavar="FILE", help="The same for speedscope.")] = "",
    perfetto: Annotated[
        str, typer.Option("--perfetto", metavar="FILE", help="The same for Perfetto and chrome://tracing.")
    ] = "",
    file_timeout: Annotated[
        float, typer.Option("--file-timeout", metavar="SECONDS", help="Give up a file that takes longer to collect.")
    ] = 120.0,
    invocation: Invocation = "",
    python: Python = "",
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
    output: Output = "",
    verbose: Verbose = False,
    no_cache: NoCache = False,
    no_history: NoHistory = False,
    root: Root = "",
    keyword: Keyword = "",
    markers: Markers = "",
) -> Thunk:
    """Where the seconds of the real collection go, and what to defer: it runs the project's code.

    The project's own pytest collects in a child process, traced. Every second has one place: the interpreter, plugins,
    conftests, imports, rewriting of asserts, parameters, pytest itself. Imports that nothing needs before a test runs are
    told with what deferring them would save.
    """
    from muster.cli.profile import ProfileOptions, run_profile

    choices = choices_of(
        context,
        paths,
        category,
        invocation=invocation,
        python=python,
        no_cache=no_cache,
        no_history=no_history,
        root=root,
        keyword=keyword,
        markers=markers,
    )
    options = ProfileOptions(
        fix=fix or apply,
        apply=apply,
        rounds=rounds,
        html=html,
        speedscope=speedscope,
        perfetto=perfetto,
        file_timeout_s=file_timeout,
        format=format,
        output=output,
        verbose=verbose,
    )
    return partial(run_profile, choices, options)
