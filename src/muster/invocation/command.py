"""A command as the team writes it -> the arguments after `pytest`.

command = { VAR=value } { runner } start { argument }
start   = "pytest" | "py.test" | PYTHON "-m" "pytest" | "coverage run" { option } "-m" "pytest"
runner  = "uv run" | "poetry run" | "pdm run" | "hatch run" | "pipenv run" | "rye run" | "env"
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from muster.errors import UsageError

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=", re.ASCII)
_PYTHON = re.compile(r"(python|pypy)[0-9.]*(\.exe)?$")
_PYTEST = ("pytest", "py.test")
_SHELL = ("|", "||", "&&", "&", ";", ">", ">>", "<")

_RUN_FLAGS: Mapping[str, frozenset[str]] = {
    "uv": frozenset(
        "-p --python --package --directory --project --env-file --index-url --index --with --with-editable "
        "--with-requirements --extra --no-extra --group --only-group --no-group".split()
    ),
    "poetry": frozenset({"-C", "--directory", "-P", "--project"}),
    "pdm": frozenset({"-p", "--project", "--venv"}),
    "hatch": frozenset({"-e", "--env"}),
    "pipenv": frozenset(),
    "rye": frozenset({"--pyproject"}),
}
"""Runners by name, with those of their options that take a value."""

_PYTHON_VALUES = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_COVERAGE_VALUES = frozenset(
    {
        "--rcfile",
        "--source",
        "--omit",
        "--include",
        "--context",
        "--concurrency",
        "--data-file",
        "--timid",
        "--source-pkgs",
    }
) - {"--timid"}


@dataclass(frozen=True, slots=True)
class Command:
    """`argv` are the arguments after `pytest`; `cwd_on_path` is true for `python -m pytest`.

    `environ` holds the variables that the command itself sets.
    """

    argv: tuple[str, ...]
    cwd_on_path: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)


def parse_command(text: str) -> Command:
    """The pytest command in `text`. Raises `UsageError` for what does not start pytest, or starts more than pytest."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"invocation '{text}' cannot be read: {error}") from None
    for word in words:
        if word in _SHELL:
            raise UsageError(f"invocation '{text}' is more than one command: '{word}'; give the pytest command alone")
    return _Reader(text, words).read()


class _Reader:
    """Reads words from the left until it stands behind `pytest`."""

    def __init__(self, text: str, words: Sequence[str]) -> None:
        self._text = text
        self._words = list(words)
        self._environ: dict[str, str] = {}

    def read(self) -> Command:
        self._read_assignments()
        while self._words:
            word = posixpath.basename(self._words.pop(0))
            if word in _PYTEST:
                return self._command(cwd_on_path=False)
            if _PYTHON.match(word):
                return self._read_python()
            if word == "coverage":
                return self._read_coverage()
            if word == "env":
                self._read_assignments()
            elif word in _RUN_FLAGS:
                if command := self._read_runner(word):
                    return command
            else:
                raise self._unsupported(word)
        raise UsageError(f"invocation '{self._text}' does not start pytest")

    def _command(self, cwd_on_path: bool) -> Command:
        return Command(tuple(self._words), cwd_on_path, self._environ)

    def _read_assignments(self) -> None:
        while self._words and _ASSIGNMENT.match(self._words[0]):
            name, _, value = self._words.pop(0).partition("=")
            self._environ[name] = value

    def _read_python(self) -> Command:
        isolated = False
        while self._words:
            word = self._words.pop(0)
            if word == "-m":
                return self._read_module(cwd_on_path=not isolated and not self._environ.get("PYTHONSAFEPATH"))
            if word in _PYTHON_VALUES:
                self._words = self._words[1:]
            elif word.startswith("-") and word != "-":
                # -I and -P keep the working directory off the path.
                isolated |= not word.startswith(("--", "-W", "-X")) and bool({"I", "P"} & {*word[1:]})
                if word.endswith("m") and not word.startswith(("--", "-W", "-X")):
                    return self._read_module(cwd_on_path=not isolated)
            else:
                raise self._unsupported(word)
        raise UsageError(f"invocation '{self._text}' does not start pytest")

    def _read_module(self, cwd_on_path: bool) -> Command:
        module = self._words.pop(0) if self._words else ""
        if module in _PYTEST:
            return self._command(cwd_on_path)
        if module == "coverage":
            return self._read_coverage()
        raise self._unsupported(f"-m {module}".strip())

    def _read_coverage(self) -> Command:
        if not self._words or self._words.pop(0) != "run":
            raise self._unsupported("coverage")
        while self._words:
            word = self._words.pop(0)
            if word in ("-m", "--module"):
                # coverage puts the working directory on the path as `python -m` does.
                return self._read_module(cwd_on_path=True)
            if word in _COVERAGE_VALUES:
                self._words = self._words[1:]
            elif not word.startswith("-"):
                if posixpath.basename(word) in _PYTEST:
                    return self._command(cwd_on_path=False)
                raise self._unsupported(word)
        raise UsageError(f"invocation '{self._text}' does not start pytest")

    def _read_runner(self, runner: str) -> Command | None:
        takes_value = _RUN_FLAGS[runner]
        self._skip_options(takes_value, lambda word: False)
        if not self._words or self._words.pop(0) != "run":
            raise self._unsupported(runner)
        if self._skip_options(takes_value, lambda word: word in ("-m", "--module")):
            return self._read_module(cwd_on_path=True)
        # hatch: `hatch run ENV:pytest`.
        if runner == "hatch" and self._words and ":" in self._words[0]:
            self._words[0] = self._words[0].partition(":")[2]
        return None

    def _skip_options(self, takes_value: frozenset[str], stops: Callable[[str], bool]) -> bool:
        while self._words and self._words[0].startswith("-"):
            word = self._words.pop(0)
            if stops(word):
                return True
            if word == "--":
                break
            if word in takes_value:
                self._words = self._words[1:]
        return False

    def _unsupported(self, word: str) -> UsageError:
        return UsageError(
            f"invocation '{self._text}': '{word}' is no pytest command that can be read; "
            "give the command that it runs in the end, such as 'python -m pytest tests'"
        )
