"""Commands that run the project's code, or what its settings name.

Each function is a command's grammar; what it does is imported once it is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Optional

import typer

from muster.cli.options import (
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
    Thunk,
    Verbose,
    choices_of,
)


def run(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    workers: Annotated[str, typer.Option("-n", metavar="auto|N", help="How many worker processes.")] = "auto",
    list_categories: Annotated[
        bool, typer.Option("--list-categories", help="Show the categories with files, tests, budget and services.")
    ] = False,
    collect_only: Annotated[
        bool, typer.Option("--collect-only", help="List the tests by one real collection, timed against the budget.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Run nothing where a file is blocked.")] = False,
    fail_flaky: Annotated[bool, typer.Option("--fail-flaky", help="A test that passes only on retry fails.")] = False,
    shard: Annotated[str, typer.Option("--shard", metavar="I/N", help="Only the Ith of N parts.")] = "",
    durations: Annotated[
        str, typer.Option("--durations", metavar="FILE", help="Balance by these, not by .muster/durations.json.")
    ] = "",
    junit: Annotated[str, typer.Option("--junit", metavar="FILE", help="pytest's JUnit XML (xunit1).")] = "",
    report: Annotated[
        Optional[list[str]],  # noqa: UP045  # because of typer, as above
        typer.Option(
            "--report", metavar="FORMAT=FILE", help="json: every test and its outcome; others as for check; repeatable."
        ),
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Start services that are down and have a 'start'.")] = False,
    invocation: Invocation = "",
    python: Python = "",
    keyword: Keyword = "",
    markers: Markers = "",
    exit_first: ExitFirst = False,
    maxfail: Annotated[int, typer.Option("--maxfail", metavar="NUM", help="As pytest's --maxfail.")] = 0,
    last_failed: LastFailed = False,
    no_cache: NoCache = False,
    no_history: NoHistory = False,
    root: Root = "",
) -> Thunk:
    """Run the tests, in parallel, each file imported once.

    Simulates the collection first and says at once what cannot be collected; then runs the rest in worker processes that
    import only what they run. Every test has exactly one outcome. What stands behind '--' goes to pytest.
    """
    from muster.cli.run import run_collect_only, run_list_categories, run_run
    from muster.wiring import RunChoices

    if maxfail:
        context.obj = ["--maxfail", str(maxfail), *(context.obj or ())]
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
        exit_first=exit_first,
        last_failed=last_failed,
    )
    if list_categories:
        return partial(run_list_categories, choices)
    if collect_only:
        return partial(run_collect_only, choices)
    chosen = RunChoices(
        workers=workers,
        shard=shard,
        strict=strict,
        fail_flaky=fail_flaky,
        junit=junit,
        durations=durations,
        start=start,
    )
    return partial(run_run, choices, chosen, report or ())


def probe(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Hold the simulation against it; list each difference.")
    ] = False,
    no_alone: Annotated[bool, typer.Option("--no-alone", help="Do not collect failing files alone as well.")] = False,
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
    """The real collection, traced: it runs the project's code.

    The project's own pytest collects in a child process: what importing changed, statement by statement; what each file and
    import took; which failing files are well alone, and which earlier file spoils them. A file that ends or holds up
    the process is named, and the rest is collected without it.
    """
    from muster.cli.probe import ProbeOptions, run_probe

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
    options = ProbeOptions(
        compare=compare,
        alone=not no_alone,
        file_timeout_s=file_timeout,
        format=format,
        output=output,
        verbose=verbose,
    )
    return partial(run_probe, choices, options)


def services(
    names: Annotated[
        Optional[list[str]],  # noqa: UP045  # because of typer, as above
        typer.Argument(metavar="NAME", help="Services of [tool.muster.services]; all by default.", show_default=False),
    ] = None,
    category: Categories = None,
    start: Annotated[
        bool, typer.Option("--start", help="Start what is down and has a 'start' command; stop it at the end.")
    ] = False,
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")] = "text",
    root: Root = "",
) -> Thunk:
    """Whether the services that tests need answer.

    Asks them all at once, each in its own protocol and within its timeout, and says which step failed. With -c, those
    that the category requires. Runs nothing of the project unless --start says so.
    """
    from muster.cli.services import run_services

    return partial(run_services, tuple(names or ()), tuple(category or ()), format, root, start=start)
