"""The command line's grammar. Every command is parsed into a thunk, which `main` then runs: parsing has no effects.

muster COMMAND [OPTION | PATH]* [-- PYTEST-ARGUMENT*]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Optional

import typer

from muster import __version__
from muster.errors import UsageError

Thunk = Callable[[], int]

app = typer.Typer(
    name="muster",
    help="Keeps a Python test suite collectable: what pytest would collect, what it would not, and why.",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
cache_app = typer.Typer(help="The cache of facts about files.", rich_markup_mode=None, no_args_is_help=True)
app.add_typer(cache_app, name="cache")
baseline_app = typer.Typer(help="What a change loses or gains.", rich_markup_mode=None, no_args_is_help=True)
app.add_typer(baseline_app, name="baseline")

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


def parse_arguments(arguments: Sequence[str]) -> Thunk:
    """What `arguments` ask for, ready to run. Raises `UsageError` where they cannot be understood."""
    own, for_pytest = _split(arguments)
    command: Any = typer.main.get_command(app)
    try:
        result = command.main(args=own, prog_name="muster", standalone_mode=False, obj=for_pytest)
    except Exception as error:
        # Typer brings its own copy of click from 0.26 on: the one thing that both have in common is this method.
        if hasattr(error, "format_message"):
            raise UsageError(_with_hint(error.format_message(), error)) from error
        raise
    return result if callable(result) else partial(int, result or 0)


def _split(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Our own arguments, and those behind the first `--`."""
    words = list(arguments)
    if "--" not in words:
        return words, ()
    position = words.index("--")
    return words[:position], tuple(words[position + 1 :])


def _with_hint(message: str, error: Exception) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "muster"
    return f"{message}\ntry '{path} --help'; options of pytest's own go behind '--'"


@app.callback(invoke_without_command=True)
def _no_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version and end.")] = False,
) -> Thunk | None:
    if version:
        return partial(_print, f"muster {__version__}")
    if context.invoked_subcommand is None:
        return partial(_print, context.get_help())
    return None


def _print(text: str) -> int:
    print(text)
    return 0


@app.command("check")
def _check(
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
        bool, typer.Option("--confirm", help="Also run the real collection: this runs the project's code.")
    ] = False,
    fixes: Annotated[bool, typer.Option("--fixes", help="Try the fixes of every cause, and report them.")] = False,
    base: BaseReference = None,
    gate: Annotated[bool, typer.Option("--gate", help="Judge whether the change may pass, rule by rule.")] = False,
    no_cache: NoCache = False,
    root: Root = "",
) -> Thunk:
    """What pytest cannot collect, by root cause.

    Simulates the session that `pytest PATHS` would run here: every file that fails, every test that is silently lost,
    and the place to change. Runs nothing of the project. What stands behind '--' goes to pytest.
    """
    from muster.cli.check import run_check
    from muster.cli.reports import parse_targets

    choices = _choices(
        context,
        paths,
        category,
        invocation=invocation,
        python=python,
        static=static,
        no_cache=no_cache,
        root=root,
        keyword=keyword,
        markers=markers,
        exit_first=exit_first,
        last_failed=last_failed,
    )
    targets = parse_targets(report or (), format, output)
    return partial(run_check, choices, targets, verbose=verbose, confirm=confirm, fixes=fixes, gate=gate, base=base)


@app.command("collect")
def _collect(
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
    root: Root = "",
) -> Thunk:
    """The node ids that pytest would collect.

    In pytest's order and spelling, one a line, for people and for `pytest @FILE`. Runs nothing of the project. What
    stands behind '--' goes to pytest.
    """
    from muster.cli.collect import run_collect

    choices = _choices(
        context,
        paths,
        category,
        invocation=invocation,
        python=python,
        static=static,
        no_cache=no_cache,
        root=root,
        keyword=keyword,
        markers=markers,
        exit_first=exit_first,
        last_failed=last_failed,
    )
    return partial(run_collect, choices, format, output)


@app.command("run")
def _run(
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
    choices = _choices(
        context,
        paths,
        category,
        invocation=invocation,
        python=python,
        no_cache=no_cache,
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


@app.command("explain")
def _explain(
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

    choices = _choices(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_explain, choices, subject, from_file)


@app.command("fix")
def _fix(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    cause: Annotated[int, typer.Option("--cause", metavar="N", help="Only the Nth cause of this report.")] = 0,
    letter: Annotated[str, typer.Option("--fix", metavar="LETTER", help="With --cause: this one of its fixes.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Write the patch: all files or none.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Restore the bytes that the last --apply replaced.")] = False,
    commit: Annotated[bool, typer.Option("--commit", help="Write it as one git commit for each cause.")] = False,
    until_green: Annotated[
        bool, typer.Option("--until-green", help="Go on with what a fix uncovers, until nothing more can be proved.")
    ] = False,
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Also collect a copy with the patch for real: this runs the project's code."),
    ] = False,
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text (a diff) or json.")] = "text",
    output: Output = "",
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    no_cache: NoCache = False,
    root: Root = "",
) -> Thunk:
    """Proved fixes, as one diff.

    Each fix is laid over the tree and the session simulated again: only what brings tests back, loses none and makes
    nothing fail is proved. Prints the patch; writes nothing without --apply or --commit. Runs nothing of the project.
    """
    from muster.cli.fix import FixChoices, run_fix, run_undo

    choices = _choices(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    if undo:
        return partial(run_undo, root)
    wanted = FixChoices(cause, letter, apply, commit, until_green, confirm, format, output)
    return partial(run_fix, choices, wanted)


@app.command("probe")
def _probe(
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

    choices = _choices(
        context,
        paths,
        category,
        invocation=invocation,
        python=python,
        no_cache=no_cache,
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


@app.command("locate")
def _locate(
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

    choices = _choices(
        context, None, None, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_locate, choices, subject, format)


@app.command("accept")
def _accept(
    context: typer.Context,
    causes: Annotated[
        Optional[list[str]],  # noqa: UP045  # because of typer, as above
        typer.Argument(metavar="N|FINGERPRINT", help="Causes as the report numbers them, or their fingerprints."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why it is accepted for now.")] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="DATE", help="The last day on which it is, such as 2026-12-31.")
    ] = "",
    prune: Annotated[bool, typer.Option("--prune", help="Remove what no longer matches any cause.")] = False,
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045  # because of typer, as above
        typer.Option("--in", metavar="PATH", help="What the session collects, in place of everything; repeatable."),
    ] = None,
    category: Categories = None,
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Also run the real collection: this runs the project's code.")
    ] = False,
    base: BaseReference = None,
    no_cache: NoCache = False,
    root: Root = "",
) -> Thunk:
    """Accept known failures for a time.

    Writes each cause with its reason and the day it expires to .muster-accepted.toml, which belongs into the repository:
    until then it is shown as accepted and counts no more. Without arguments it lists what is accepted.
    """
    from muster.cli.accept import run_accept

    choices = _choices(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_accept, choices, tuple(causes or ()), reason, expires, prune=prune, confirm=confirm, base=base)


@app.command("services")
def _services(
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


@app.command("init")
def _init(
    health_test: Annotated[
        bool, typer.Option("--health-test", help="Also write a test that every file collects.")
    ] = False,
    root: Root = "",
) -> Thunk:
    """Write a first [tool.muster].

    Categories are guessed from the folders and markers, the invocation from tox, nox, Makefile and CI files. Changes
    nothing else, and refuses where there is a [tool.muster] already.
    """
    from muster.cli.init import run_init

    return partial(run_init, root, health_test=health_test)


@app.command("demo")
def _demo(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default="muster-demo")
    ] = "",
) -> Thunk:
    """Write a small project whose tests went missing, and show what the commands say of it.

    The project is a git repository; the folder is left for you to play with.
    """
    from muster.cli.demo import run_demo

    return partial(run_demo, folder)


@app.command("schema")
def _schema(
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


@baseline_app.command("compare")
def _baseline_compare(
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

    choices = _choices(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    targets = parse_targets(report or (), format, output)
    return partial(run_compare, choices, base, record, targets, verbose=verbose)


@baseline_app.command("record")
def _baseline_record(
    context: typer.Context,
    paths: Paths = None,
    category: Categories = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="The record, in place of muster-baseline.json.")
    ] = "",
    invocation: Invocation = "",
    python: Python = "",
    static: Static = False,
    no_cache: NoCache = False,
    root: Root = "",
) -> Thunk:
    """Write down the tests there are, for a later compare without git.

    The record holds each node id and a digest of what each test says, so that a later `compare --record` can tell what was
    deleted or renamed from what was lost. Runs nothing of the project. What stands behind '--' goes to pytest.
    """
    from muster.cli.baseline import run_record

    choices = _choices(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_record, choices, output)


@cache_app.command("dir")
def _cache_dir() -> Thunk:
    """Print the folder of the cache."""
    from muster.cli.cache import run_cache_dir

    return run_cache_dir


@cache_app.command("clear")
def _cache_clear() -> Thunk:
    """Remove everything from the cache."""
    from muster.cli.cache import run_cache_clear

    return run_cache_clear


def _choices(
    context: typer.Context, paths: Sequence[str] | None, categories: Sequence[str] | None, **options: Any
) -> Any:
    """The choices that every command that simulates has in common; `options` as `make_choices` names them."""
    from muster.cli.choices import make_choices

    return make_choices(paths or (), categories or (), for_pytest=context.obj or (), **options)
