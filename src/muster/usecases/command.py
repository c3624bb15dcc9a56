"""Which pytest command is simulated: the team's, with the user's paths and options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from muster.errors import UsageError
from muster.invocation.command import parse_command

_INTERPRETER = re.compile(r"(?:.*/)?(?:python|pypy)[\d.]*")

# Options whose value is the next word, so that a value is never taken for a path to collect.
_OPTIONS_WITH_VALUE = frozenset((
    "-c", "-k", "-m", "-n", "-o", "-p", "-r", "-W", "--config-file", "--rootdir", "--basetemp", "--confcutdir",
    "--ignore", "--ignore-glob", "--deselect", "--color", "--capture", "--tb", "--maxfail", "--override-ini",
    "--pythonwarnings", "--import-mode", "--durations", "--durations-min", "--verbosity", "--junitxml", "--junit-xml",
    "--junitprefix", "--junit-prefix", "--cov", "--cov-report", "--cov-config", "--cov-fail-under", "--dist",
    "--numprocesses", "--maxprocesses", "--timeout", "--log-level", "--log-file", "--log-cli-level", "--log-format",
    "--cache-show", "--last-failed-no-failures", "--lfnf", "--show-capture", "--pdbcls", "--doctest-glob",
    "--doctest-report", "--html", "--reruns",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class PytestCommand:
    """A pytest command taken apart: its text, who named it, and the arguments behind `pytest`.

    `variables` are assignments in front of it; `cwd_on_path` is true for `python -m pytest`; `flags` are those that the
    interpreter named in front is given. Launchers (`uv run`, `coverage run`) are never run.
    """

    text: str = "pytest"
    why: str = "default"
    argv: tuple[str, ...] = ()
    cwd_on_path: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


def read_command(text: str, why: str) -> PytestCommand:
    """The parts of the command `text`, named by `why`. Raises `UsageError` where it starts no pytest."""
    try:
        command = parse_command(text)
    except UsageError as error:
        raise UsageError(f"{why}: {error}") from error
    launcher = shlex.split(text)[: len(shlex.split(text)) - len(command.argv)]
    return PytestCommand(
        text, why, command.argv, command.cwd_on_path, dict(command.environ), _interpreter_flags(launcher[:-1])
    )


def extend_command(command: PytestCommand, paths: Sequence[str], options: Sequence[str]) -> PytestCommand:
    """`command` with `options` and `paths` added; where they name anything to collect, that replaces its own paths."""
    replaces = bool(paths) or without_paths(options) != tuple(options)
    own = without_paths(command.argv) if replaces else command.argv
    argv = (*own, *options, *paths)
    added = argv[len(own) :]
    text = command.text if own == command.argv else f"{_head(command)} {shlex.join(own)}".rstrip()
    return replace(command, text=f"{text} {shlex.join(added)}" if added else text, argv=argv)


def command_words(command: PytestCommand) -> list[str]:
    """The words of `command` without its launcher and assignments: what a child of the right environment runs."""
    if command.cwd_on_path:
        return ["python", *command.flags, "-m", "pytest", *command.argv]
    return ["pytest", *command.argv]


def without_paths(argv: Sequence[str]) -> tuple[str, ...]:
    """The options in `argv`, each with its value, without the paths and node ids to collect."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            break
        if word.startswith("-"):
            kept.append(word)
            if word in _OPTIONS_WITH_VALUE:
                kept.extend(value for value in [next(words, None)] if value is not None)
    return tuple(kept)


def _interpreter_flags(launcher: Sequence[str]) -> tuple[str, ...]:
    """The words between the interpreter and `-m`: `-X dev`, `-W error`."""
    names = [position for position, word in enumerate(launcher) if _INTERPRETER.fullmatch(word)]
    return tuple(launcher[names[-1] + 1 : -1]) if names and launcher[-1] == "-m" else ()


def _head(command: PytestCommand) -> str:
    """The words of `command` up to and with `pytest`."""
    words = shlex.split(command.text)
    return shlex.join(words[: len(words) - len(command.argv)])
