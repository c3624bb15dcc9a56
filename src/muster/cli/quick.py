"""Plain command lines of `check` and `collect`, read without typer: loading it takes a third of a warm start.

(check | collect) (PATH | SWITCH | OPTION VALUE)* [-- PYTEST-ARGUMENT*]

Only what is spelled in full is read here. Anything else (`--help`, `--opt=value`, `-vx`, what is unknown, given twice or
left unfinished) is for the grammar in `app`, whose answer is the same wherever both have one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

_LISTS = {"-c": "category", "--category": "category"}
_VALUES = {
    "--invocation": "invocation",
    "--python": "python",
    "--format": "format",
    "-o": "output",
    "--output": "output",
    "-k": "keyword",
    "-m": "markers",
    "--root": "root",
}
_VALUES_OF_CHECK = {"--base": "base"}
_SWITCHES = {
    "--static": "static",
    "-x": "exit_first",
    "--lf": "last_failed",
    "--no-cache": "no_cache",
    "--no-history": "no_history",
}
_OF_CHECK = {"-v": "verbose", "--verbose": "verbose", "--confirm": "confirm", "--fixes": "fixes", "--gate": "gate"}


class _Words:
    """What stands on a command line, by the parameter that it is for."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.lists: dict[str, list[str]] = {"category": [], "report": []}
        self.values: dict[str, str] = {}
        self.switches: set[str] = set()


def parse_plain(arguments: Sequence[str]) -> Callable[[], int] | None:
    """What a plain command line asks for, ready to run; None where another grammar must read it. Raises `UsageError`."""
    command, *rest = arguments or ("",)
    if command not in ("check", "collect"):
        return None
    end = rest.index("--") if "--" in rest else len(rest)
    words = _read(rest[:end], is_check=command == "check")
    if words is None:
        return None
    return _thunk(command, words, tuple(rest[end + 1 :]))


def _read(arguments: Sequence[str], *, is_check: bool) -> _Words | None:
    lists = {**_LISTS, "--report": "report"} if is_check else _LISTS
    named = {**_VALUES, **_VALUES_OF_CHECK} if is_check else _VALUES
    switches = {**_SWITCHES, **_OF_CHECK} if is_check else _SWITCHES
    words = _Words()
    left = iter(arguments)
    for argument in left:
        if not argument.startswith("-"):
            words.paths.append(argument)
        elif argument in switches:
            words.switches.add(switches[argument])
        elif argument in lists or argument in named:
            value = next(left, "-")
            if value.startswith("-"):
                return None
            if argument in lists:
                words.lists[lists[argument]].append(value)
            elif named[argument] in words.values:
                return None
            else:
                words.values[named[argument]] = value
        else:
            return None
    return words


def _thunk(command: str, words: _Words, for_pytest: tuple[str, ...]) -> Callable[[], int]:
    from muster.cli.choices import make_choices

    values = words.values
    choices = make_choices(
        words.paths,
        words.lists["category"],
        invocation=values.get("invocation", ""),
        python=values.get("python", ""),
        static="static" in words.switches,
        no_cache="no_cache" in words.switches,
        no_history="no_history" in words.switches,
        root=values.get("root", ""),
        keyword=values.get("keyword", ""),
        markers=values.get("markers", ""),
        exit_first="exit_first" in words.switches,
        last_failed="last_failed" in words.switches,
        for_pytest=for_pytest,
    )
    format_, output = values.get("format", "text"), values.get("output", "")
    if command == "collect":
        from muster.cli.collect import run_collect

        return partial(run_collect, choices, format_, output)
    from muster.cli.check import run_check
    from muster.cli.reports import parse_targets

    targets = parse_targets(words.lists["report"], format_, output)
    return partial(
        run_check,
        choices,
        targets,
        verbose="verbose" in words.switches,
        confirm="confirm" in words.switches,
        fixes="fixes" in words.switches,
        gate="gate" in words.switches,
        base=values.get("base"),
    )
