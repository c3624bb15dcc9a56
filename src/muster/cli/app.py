"""The command line's grammar. Every command is parsed into a thunk, which `main` then runs: parsing has no effects.

muster COMMAND [OPTION | PATH]* [-- PYTEST-ARGUMENT*]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from muster import __version__
from muster.cli import alerting, history, profiling, push, reading, running, serving, writing
from muster.cli.options import Thunk, print_text
from muster.errors import UsageError

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
token_app = typer.Typer(help="Who may read and push to a server.", rich_markup_mode=None, no_args_is_help=True)
app.add_typer(token_app, name="token")

alerts_app = typer.Typer(help="What is wrong, and telling it.", rich_markup_mode=None)
app.add_typer(alerts_app, name="alerts")


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
        return partial(print_text, f"muster {__version__}")
    if context.invoked_subcommand is None:
        return partial(print_text, context.get_help())
    return None


app.command("check")(reading.check)
app.command("collect")(reading.collect)
app.command("run")(running.run)
app.command("explain")(reading.explain)
app.command("fix")(writing.fix)
app.command("probe")(running.probe)
app.command("profile")(profiling.profile)
app.command("locate")(reading.locate)
app.command("accept")(writing.accept)
app.command("services")(running.services)
app.command("history")(history.history)
app.command("push")(push.push)
alerts_app.callback(invoke_without_command=True)(alerting.alerts)
alerts_app.command("test")(alerting.alerts_test)
alerts_app.command("send")(alerting.alerts_send)
app.command("serve")(serving.serve)
app.command("init")(writing.init)
app.command("demo")(writing.demo)
app.command("schema")(reading.schema)
baseline_app.command("compare")(reading.baseline_compare)
baseline_app.command("record")(writing.baseline_record)
cache_app.command("dir")(reading.cache_dir)
cache_app.command("clear")(writing.cache_clear)
token_app.command("add")(serving.token_add)
token_app.command("list")(serving.token_list)
token_app.command("revoke")(serving.token_revoke)
