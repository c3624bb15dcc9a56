"""Commands that read the project and run nothing of it, but where an option says so.

Each function is a command's grammar; what it does is imported once it is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Optional

import typer

from muster.cli.options import (
    BaseReference,
    Categories,
    ExitFirst,
    Invocation,
    Keyword,
    LastFailed,
    Markers,
    NoCache,
    NoHistory,
    Output,
    Paths,
    Python,
    Root,
    Static,
    Thunk,
    Verbose,
    choices_of,
)


def check(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    report: Annotated[
        Optional[list[str]],  # noqa: UP045  # because of typer, as above
        typer.Option("--report", metavar="FORMAT[=FILE]", help="Also report in this format; repeatable."),
    ] = None,
    format: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="text, json, sarif, junit, github, markdown, gitlab or html."),
    ] = "text",
    output: Output = "",
    verbose: Verbose = False,
    keyword: Keyword = "",
    markers: Markers = "",
    exit_first: ExitFirst = False,
    last_failed: LastFailed = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Also really collect what is in doubt: this runs the project's code.")
    ] = False,
    fixes: Annotated[bool, typer.Option("--fixes", help="Try the fixes of every cause, and report them.")] = False,
    base: BaseReference = None,
    gate: Annotated[bool, typer.Option("--gate", help="Judge whether the change may pass, rule by rule.")] = False,
    no_cache: NoCache = False,
    no_history: NoHistory = False,
    root: Root = "",
) -> Thunk:
    """What pytest cannot collect, by root cause.

    Simulates the session that `pytest PATHS` would run here: every file that fails, every test that is silently lost,
    and the place to change. Runs nothing of the project. What stands behind '--' goes to pytest.
    """
    from muster.cli.check import run_check
    from muster.cli.reports import parse_targets

    choices = choices_of(
        context,
        paths,
        category,
        invocation=invocation,
        python=python,
        static=static,
        no_cache=no_cache,
        no_history=no_history,
        root=root,
        keyword=keyword,
        markers=markers,
        exit_first=exit_first,
        last_failed=last_failed,
    )
    targets = parse_targets(report or (), format, output)
    return partial(run_check, choices, targets, verbose=verbose, confirm=confirm, fixes=fixes, gate=gate, base=base)


def collect(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
    output: Output = "",
    keyword: Keyword = "",
    markers: Markers = "",
    exit_first: ExitFirst = False,
    last_failed: LastFailed = False,
    no_cache: NoCache = False,
    no_history: NoHistory = False,
    root: Root = "",
) -> Thunk:
    """The node ids that pytest would collect.

    In pytest's order and spelling, one a line, for people and for `pytest @FILE`. Runs nothing of the project. What
    stands behind '--' goes to pytest.
    """
    from muster.cli.collect import run_collect

    choices = choices_of(
        context,
        paths,
        category,
        invocation=invocation,
        python=python,
        static=static,
        no_cache=no_cache,
        no_history=no_history,
        root=root,
        keyword=keyword,
        markers=markers,
        exit_first=exit_first,
        last_failed=last_failed,
    )
    return partial(run_collect, choices, format, output)


def explain(
    context: typer.Context,
    subject: Annotated[
        str, typer.Argument(metavar="CODE|PATH|MODULE", help="M105, tests/test_a.py, or package.module.")
    ],
    from_file: Annotated[
        str, typer.Option("--from", metavar="FILE", help="The test file whose imports MODULE is looked up for.")
    ] = "",
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045  # because of typer, as above
        typer.Option("--in", metavar="PATH", help="What the session collects, in place of everything; repeatable."),
    ] = None,
    category: Categories = None,
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    no_cache: NoCache = False,
    root: Root = "",
) -> Thunk:
    """A cause's page, a file's story, an import's way.

    For a code (M105) its page. For a file why it is blocked, frame by frame, and what would change if it were collected
    alone. For a module how this import resolves at that moment of the session, search-path entry by entry.
    """
    from muster.cli.explain import run_explain

    choices = choices_of(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_explain, choices, subject, from_file)


def locate(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="MODULE[:NAME]", help="package.module, or package.module:Name.")],
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    no_cache: NoCache = False,
    root: Root = "",
) -> Thunk:
    """Where a module or name is, where it went, who moved it.

    Where it is today, the commits that moved, renamed or removed it, where it may live now and why that is thought, and
    who imports it how. Reads the tree and git's objects; runs nothing of either.
    """
    from muster.cli.locate import run_locate

    choices = choices_of(
        context, None, None, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_locate, choices, subject, format)


def schema(
    nodeids: Annotated[bool, typer.Option("--nodeids", help="The schema of `muster collect --format json`.")] = False,
    services: Annotated[
        bool, typer.Option("--services", help="The schema of `muster services --format json`.")
    ] = False,
    run: Annotated[bool, typer.Option("--run", help="The schema of `muster run --report json=FILE`.")] = False,
    fixes: Annotated[bool, typer.Option("--fixes", help="The schema of `muster fix --format json`.")] = False,
) -> Thunk:
    """Print the JSON Schema of the report."""
    from muster.cli.schema import run_schema_command

    return partial(run_schema_command, nodeids=nodeids, services=services, run=run, fixes=fixes)


def baseline_compare(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    base: Annotated[
        str, typer.Option("--base", metavar="REF", help="The revision; by default the default branch.")
    ] = "",
    record: Annotated[
        str, typer.Option("--record", metavar="FILE", help="Compare with what `muster baseline record` wrote.")
    ] = "",
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    report: Annotated[
        Optional[list[str]],  # noqa: UP045  # because of typer, as above
        typer.Option("--report", metavar="FORMAT[=FILE]", help="Also report in this format; repeatable."),
    ] = None,
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="As for check.")] = "text",
    output: Output = "",
    verbose: Verbose = False,
    no_cache: NoCache = False,
    root: Root = "",
) -> Thunk:
    """Every test that the change has lost or gained since REF.

    Simulates the session in the base's tree, read from git's objects, and in the project as it is: names each test that is
    lost, renamed, deleted or gained, and what did it. Only silent losses and newly blocked files fail. Runs nothing of the
    project. What stands behind '--' goes to pytest.
    """
    from muster.cli.baseline import run_compare
    from muster.cli.reports import parse_targets

    choices = choices_of(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    targets = parse_targets(report or (), format, output)
    return partial(run_compare, choices, base, record, targets, verbose=verbose)


def cache_dir() -> Thunk:
    """Print the folder of the cache."""
    from muster.cli.cache import run_cache_dir

    return run_cache_dir
