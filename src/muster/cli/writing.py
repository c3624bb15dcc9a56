"""Commands that write files: into the project, a new folder, or our own cache.

Each function is a command's grammar; what it does is imported once it is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Optional

import typer

from muster.cli.options import (
    BaseReference,
    Categories,
    Invocation,
    NoCache,
    Output,
    Paths,
    Python,
    Root,
    Static,
    Thunk,
    choices_of,
)


def fix(
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

    choices = choices_of(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    if undo:
        return partial(run_undo, root)
    wanted = FixChoices(cause, letter, apply, commit, until_green, confirm, format, output)
    return partial(run_fix, choices, wanted)


def accept(
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

    choices = choices_of(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_accept, choices, tuple(causes or ()), reason, expires, prune=prune, confirm=confirm, base=base)


def init(
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


def demo(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default="muster-demo")
    ] = "",
) -> Thunk:
    """Write a small project whose tests went missing, and show what the commands say of it.

    The project is a git repository; the folder is left for you to play with.
    """
    from muster.cli.demo import run_demo

    return partial(run_demo, folder)


def baseline_record(
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

    choices = choices_of(
        context, paths, category, invocation=invocation, python=python, static=static, no_cache=no_cache, root=root
    )
    return partial(run_record, choices, output)


def cache_clear() -> Thunk:
    """Remove everything from the cache."""
    from muster.cli.cache import run_cache_clear

    return run_cache_clear
