"""Scenarios written in Markdown; the grammar is in README.md beside this file.

document  := "# " suite  scenario*
scenario  := "## " name  (prose | file | empty | folder | symlink | config | expect)*
file      := line ending in `path` (then perhaps ":")  fence
empty     := "Empty: `path`, `path`"
folder    := "Folder: `path`"
symlink   := "Symlink: `path` -> `target`"
config    := "```config" TOML "```"
expect    := "```expect" ["mode=" mode ("," mode)*] line* "```"
line      := verb rest (" # " mark)*
mark      := "diverges: " reason | "only running: " reason | "pytest" specifier | "python" specifier
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

SCENARIOS = Path(__file__).parent.parent / "scenarios"
DEFAULT_MODE = "default"
ROOT = "${ROOT}"
STDLIB = "${STDLIB}"
SITE = "${SITE}"

_FENCE = re.compile(r"^(`{3,})(.*)$")
_FILE_LINE = re.compile(r"`([^`]+)`:?\s*$")
_BACKTICKED = re.compile(r"`([^`]+)`")
_SYMLINK = re.compile(r"^Symlink: `([^`]+)` -> `([^`]+)`\s*$")
_MARK = re.compile(r"^(?P<line>.*?) # (?P<mark>(?:(?:diverges|only running):[^#]*|(?:pytest|python)[<>=!~][^#]*))$")
_OPEN_VERBS = ("undecided", "unexpanded")
"""What the simulation leaves open: such a line says why only running can tell."""
_KNOWN_SETTINGS = {"args", "command", "cwd", "pytest", "python", "env", "modes", "fresh"}


class ScenarioError(Exception):
    """A scenario file that does not follow the grammar; the message has file and line."""


@dataclass(frozen=True, slots=True)
class ExpectLine:
    """One line of an expect block: `verb` and `rest`, and the marks that restrict or excuse it."""

    verb: str
    rest: str
    diverges: str = ""
    pytest: str = ""
    python: str = ""
    only_running: str = ""

    def __str__(self) -> str:
        marks = [("diverges: " + self.diverges) if self.diverges else ""]
        marks += [("only running: " + self.only_running) if self.only_running else ""]
        marks += ["pytest" + self.pytest if self.pytest else "", "python" + self.python if self.python else ""]
        return " # ".join([f"{self.verb} {self.rest}".rstrip(), *filter(None, marks)])

    def applies(self, pytest_version: str, python_version: str) -> bool:
        """Whether the line is meant for these versions."""
        return pytest_version in SpecifierSet(self.pytest, prereleases=True) and python_version in SpecifierSet(
            self.python
        )


@dataclass(frozen=True, slots=True)
class ExpectBlock:
    """The lines that hold in `modes` (all of the scenario's where empty), and where the block stands in the file."""

    modes: tuple[str, ...]
    lines: tuple[ExpectLine, ...]
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """One heading: a project, a command and what pytest makes of it. Paths are relative to the project's folder."""

    source: Path
    name: str
    line: int
    last_line: int
    files: Mapping[str, bytes] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    symlinks: Mapping[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    command: str = "pytest"
    cwd: str = "."
    pytest: str = ""
    python: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    modes: tuple[str, ...] = (DEFAULT_MODE,)
    fresh: bool = False
    blocks: tuple[ExpectBlock, ...] = ()

    @property
    def id(self) -> str:
        """`area/topic::heading`, readable in a test's node id."""
        topic = (
            self.source.relative_to(SCENARIOS).with_suffix("") if self.source.is_relative_to(SCENARIOS) else self.source
        )
        return f"{topic}::{re.sub(r'[^0-9A-Za-z]+', '-', self.name).strip('-').lower()}"

    def arguments(self, mode: str) -> tuple[str, ...]:
        """pytest's arguments in `mode`."""
        return self.args if mode == DEFAULT_MODE else (f"--import-mode={mode}", *self.args)

    def expected(self, mode: str, pytest_version: str, python_version: str) -> tuple[ExpectLine, ...]:
        """The lines that hold in `mode` on these versions."""
        return tuple(
            line
            for block in self.blocks
            if not block.modes or mode in block.modes
            for line in block.lines
            if line.applies(pytest_version, python_version)
        )

    @property
    def names_versions(self) -> bool:
        """Whether anything in it is said of some releases only."""
        lines = [line for block in self.blocks for line in block.lines]
        return bool(self.pytest or self.python or any(line.pytest or line.python for line in lines))

    def is_for(self, pytest_version: str, python_version: str) -> bool:
        """Whether the scenario is meant for these versions at all."""
        return pytest_version in SpecifierSet(self.pytest, prereleases=True) and python_version in SpecifierSet(
            self.python
        )


def all_scenarios() -> list[Scenario]:
    """Every scenario below `tests/scenarios`, sorted by file and place."""
    return [scenario for path in sorted(SCENARIOS.rglob("*.md")) for scenario in parse_scenarios(path)]


def parse_scenarios(path: Path) -> list[Scenario]:
    """The scenarios of one Markdown file, in order. Raises `ScenarioError`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [number for number in _headings(lines) if lines[number].startswith("## ")]
    scenarios = [
        _parse_one(path, lines, start, end) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    names = [scenario.id for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"{path}: two scenarios are named '{name}'")
    return scenarios


def render_scenario(scenario: Scenario) -> str:
    """A scenario as Markdown that parses back to it, without expect blocks; its files must be text."""
    settings = {"args": list(scenario.args), "command": scenario.command, "cwd": scenario.cwd}
    settings |= {"modes": list(scenario.modes)} if scenario.modes != (DEFAULT_MODE,) else {}
    config = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    parts = [f"## {scenario.name}", f"```config\n{config}\n```"]
    for name, content in scenario.files.items():
        parts.append(f"`{name}`\n\n```python\n{content.decode()}```")
    parts += [f"Folder: `{name}`" for name in scenario.folders]
    parts += [f"Symlink: `{name}` -> `{target}`" for name, target in scenario.symlinks.items()]
    return "\n\n".join(parts) + "\n"


def parse_line(text: str) -> ExpectLine:
    """One expect line with its marks taken off."""
    marks: dict[str, str] = {}
    while found := _MARK.match(text):
        text, mark = found["line"], found["mark"].strip()
        key = next(name for name in ("diverges", "only running", "pytest", "python") if mark.startswith(name))
        marks[key.replace(" ", "_")] = value = mark[len(key) :].removeprefix(":").strip()
        if not value:
            raise ScenarioError(f"'{text}': the mark '{key}' gives no reason")
    verb, _, rest = text.strip().partition(" ")
    return ExpectLine(verb, rest.strip(), **marks)


def _is_meant(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier, prereleases=True).contains(version)


def _headings(lines: list[str]) -> Iterator[int]:
    """The numbers of lines that are headings, not comments inside a fence."""
    fence = ""
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if fence:
            fence = "" if found and found[1] == fence and not found[2].strip() else fence
        elif found:
            fence = found[1]
        elif line.startswith("#"):
            yield number


def _parse_one(path: Path, lines: list[str], start: int, end: int) -> Scenario:
    files: dict[str, bytes] = {}
    folders: list[str] = []
    symlinks: dict[str, str] = {}
    blocks: list[ExpectBlock] = []
    settings: dict[str, Any] = {}
    pending = ""
    number = start + 1
    while number < end:
        line = lines[number]
        if found := _FENCE.match(line):
            last = _closing_fence(path, lines, number, end, found[1])
            body, info = lines[number + 1 : last], found[2].strip()
            if info == "config":
                settings = _parse_config(path, number, body)
            elif info == "expect" or info.startswith("expect "):
                blocks.append(_parse_expect(path, info, body, number, last))
            elif pending:
                files[pending] = _content(body, info)
            else:
                raise ScenarioError(f"{path}:{number + 1}: a fence without a path before it")
            pending, number = "", last + 1
            continue
        if found := _SYMLINK.match(line):
            symlinks[found[1]] = found[2]
        elif line.startswith("Folder: "):
            folders += _BACKTICKED.findall(line)
        elif line.startswith("Empty: "):
            files |= dict.fromkeys(_BACKTICKED.findall(line), b"")
        elif found := _FILE_LINE.search(line):
            pending = found[1]
        elif line.strip():
            pending = ""
        number += 1
    return Scenario(
        path,
        lines[start][3:].strip(),
        start + 1,
        end,
        files,
        tuple(folders),
        symlinks,
        blocks=tuple(blocks),
        **settings,  # type: ignore[arg-type]  # because the keys were checked one by one
    )


def _closing_fence(path: Path, lines: list[str], start: int, end: int, fence: str) -> int:
    for number in range(start + 1, end):
        if lines[number].rstrip() == fence:
            return number
    raise ScenarioError(f"{path}:{start + 1}: the fence is never closed")


def _content(body: list[str], info: str) -> bytes:
    """A file's content: text, or with the info string `bytes` one Python bytes literal a line, joined."""
    if info == "bytes":
        return b"".join(ast.literal_eval(line) for line in body if line.strip())
    return "".join(line + "\n" for line in body).encode("utf-8")


def _parse_config(path: Path, number: int, body: list[str]) -> dict[str, Any]:
    try:
        table = tomllib.loads("\n".join(body))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}:{number + 1}: {error}") from error
    if unknown := set(table) - _KNOWN_SETTINGS:
        raise ScenarioError(f"{path}:{number + 1}: unknown setting {sorted(unknown)}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}


def _parse_expect(path: Path, info: str, body: list[str], first: int, last: int) -> ExpectBlock:
    _, _, modes = info.partition("mode=")
    lines = tuple(parse_line(line) for line in body if line.strip())
    for line in lines:
        if line.verb in _OPEN_VERBS and not line.only_running:
            raise ScenarioError(f"{path}:{first + 1}: '{line}' does not say why ' # only running: ...' can tell")
    return ExpectBlock(tuple(filter(None, modes.strip().split(","))), lines, first, last)
