"""What a project's own files suggest for `[tool.muster]`: the pytest command that the team runs, and categories.

Files are read line by line, never run: a line counts where it holds `pytest` as a command. What only a shell or tox
can fill in (`$(ARGS)`, `${{ matrix.x }}`, `{posargs}`) is left out; `{posargs:tests}` becomes its default.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from muster.errors import UsageError
from muster.invocation.command import parse_command
from muster.ports import EntryKind, FileTree, ReadFailure
from muster.usecases.command import without_paths

_COMMAND_FILES = ("tox.ini", "noxfile.py", "Makefile", "makefile", "GNUmakefile", "justfile", "pyproject.toml")
_CI_FILES = (".gitlab-ci.yml", ".gitlab-ci.yaml", ".circleci/config.yml", "azure-pipelines.yml", ".travis.yml")
_WORKFLOW_FOLDERS = (".github/workflows", ".gitea/workflows", ".forgejo/workflows")

_KEY = re.compile(r"\s*(?:-\s+)?(?P<key>[A-Za-z][\w-]*)\s*[:=]\s*(?P<value>.*)")
_NOX_CALL = re.compile(r"session\.run\(\s*(?P<arguments>.*?)\)?\s*$")
_STRING = re.compile(r"""(['"])(?P<text>(?:(?!\1).)*)\1""")
_POSARGS_DEFAULT = re.compile(r"\{posargs:([^{}]*)\}")
_FILLED_IN_ELSEWHERE = re.compile(r"\$\{\{.*?\}\}|\$\([^)]*\)|\$\{[^}]*\}|\$\w+|\$@|\{\w*(?::[^{}]*)?\}")
_COMMAND_END = re.compile(r"\s*(?:&&|\|\||;|\||>|(?<=\s)#|\\$)")

_TEST_FOLDERS = ("tests", "test", "testing")
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py")
_NAME = re.compile(r"[A-Za-z][\w-]*")
_DEPTH = 6
_MANY_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class ProposedCommand:
    """A pytest command and the line that it comes from (`tox.ini:7`)."""

    command: str
    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class ProposedCategory:
    """A category with folders or a marker, and why it is proposed."""

    name: str
    paths: tuple[str, ...] = ()
    marker: str = ""
    why: str = ""


def propose_commands(tree: FileTree, root: str) -> list[ProposedCommand]:
    """Every pytest command that the project's automation runs: those for the whole suite first, in the order met."""
    found = [
        ProposedCommand(command, path, number)
        for path in _automation_files(tree, root)
        for number, text in _command_lines(path, _read_text(tree, f"{root}/{path}"))
        if (command := find_pytest_command(text))
    ]
    once = list({proposal.command: proposal for proposal in reversed(found)}.values())[::-1]
    return sorted(once, key=lambda proposal: _is_for_a_part(proposal.command))


def _is_for_a_part(command: str) -> bool:
    """Whether the command names a file, or a folder further down than the suite's own."""
    argv = parse_command(command).argv
    options = without_paths(argv)
    paths = [word.rstrip("/") for word in argv if word not in options]
    return any("/" in path or path.endswith(".py") for path in paths)


def find_pytest_command(text: str) -> str:
    """The pytest command in one line of a script, cut down to what can be simulated, or ""."""
    text = _FILLED_IN_ELSEWHERE.sub("", _POSARGS_DEFAULT.sub(r"\1", text))
    for part in _COMMAND_END.split(text):
        command = " ".join(part.strip().lstrip("@-+ ").strip("\"'`").split())
        if _is_command(command):
            return command
    return ""


def propose_categories(tree: FileTree, root: str) -> list[ProposedCategory]:
    """Categories by the folders below the test folder, and by the markers that the project registers."""
    folders = list(_folder_categories(tree, root))
    taken = {category.name for category in folders}
    markers = [
        ProposedCategory(name, marker=name, why=f"the marker '{name}' is registered in {path}")
        for name, path in _registered_markers(tree, root)
        if name not in taken
    ]
    return [*folders, *markers][:_MANY_CATEGORIES]


def find_test_folder(tree: FileTree, root: str) -> str:
    """The folder that holds the tests, relative to `root`; "" where there is none of a usual name."""
    listing = tree.listing(root)
    return next((name for name in _TEST_FOLDERS if listing.get(name) is EntryKind.FOLDER), "")


def _automation_files(tree: FileTree, root: str) -> Iterator[str]:
    yield from (path for path in _COMMAND_FILES if tree.kind(f"{root}/{path}") is EntryKind.FILE)
    for folder in _WORKFLOW_FOLDERS:
        for name, kind in sorted(tree.listing(f"{root}/{folder}").items()):
            if kind is EntryKind.FILE and name.endswith((".yml", ".yaml")):
                yield f"{folder}/{name}"
    yield from (path for path in _CI_FILES if tree.kind(f"{root}/{path}") is EntryKind.FILE)


def _command_lines(path: str, text: str) -> Iterator[tuple[int, str]]:
    """The lines of the automation file `path` that are run as commands, each with its 1-based number."""
    lines = list(enumerate(text.splitlines(), 1))
    if path == "tox.ini":
        return _lines_of_keys(lines, "commands", by_indentation=False)
    if path == "noxfile.py":
        return _nox_lines(lines)
    if path == "pyproject.toml":
        return _toml_lines(lines)
    if path.endswith((".yml", ".yaml")):
        key = "run" if path.startswith(_WORKFLOW_FOLDERS) else "script"
        return _lines_of_keys(lines, key, by_indentation=True)
    return ((number, line.strip()) for number, line in lines if line.startswith(("\t", " ")))


def _lines_of_keys(lines: list[tuple[int, str]], key: str, *, by_indentation: bool) -> Iterator[tuple[int, str]]:
    """What stands behind keys that begin with or end in `key`, on their own line and on the deeper lines below them."""
    inside: int | None = None
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indentation = len(line) - len(line.lstrip())
        if inside is not None and (
            indentation > inside or (by_indentation and line.lstrip().startswith("- ") and indentation == inside)
        ):
            yield number, line.strip().removeprefix("- ")
            continue
        inside = None
        match = _KEY.fullmatch(line)
        if match is not None and (match["key"].startswith(key) or match["key"].endswith(key)):
            inside = indentation
            yield number, match["value"]


def _nox_lines(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """`session.run("python", "-m", "pytest", "tests", *session.posargs)` as command lines."""
    for number, line in lines:
        if (match := _NOX_CALL.search(line)) is not None:
            yield number, " ".join(found["text"] for found in _STRING.finditer(match["arguments"]))


def _toml_lines(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Strings assigned to a key: the scripts of hatch, pdm, poe and so on. Lone strings in a list are requirements."""
    for number, line in lines:
        match = _KEY.fullmatch(line)
        if match is not None and match["key"] not in ("name", "description", "addopts"):
            for string in _STRING.finditer(match["value"]):
                if " " in string["text"] or match["value"].startswith(("'", '"', "{")):
                    yield number, string["text"]


def _is_command(text: str) -> bool:
    try:
        return bool(parse_command(text))
    except UsageError:
        return False


def _folder_categories(tree: FileTree, root: str) -> Iterator[ProposedCategory]:
    top = find_test_folder(tree, root)
    if not top:
        return
    for name, kind in sorted(tree.listing(f"{root}/{top}").items()):
        path = f"{top}/{name}"
        if kind is EntryKind.FOLDER and _NAME.fullmatch(name) and _holds_tests(tree, f"{root}/{path}", _DEPTH):
            yield ProposedCategory(name, paths=(path,), why=f"the folder {path} holds test files")


def _holds_tests(tree: FileTree, folder: str, depth: int) -> bool:
    listing = tree.listing(folder)
    if any(kind is EntryKind.FILE and _TEST_FILE.fullmatch(name) for name, kind in listing.items()):
        return True
    below = (
        name for name, kind in sorted(listing.items()) if kind is EntryKind.FOLDER and not name.startswith((".", "__"))
    )
    return depth > 0 and any(_holds_tests(tree, f"{folder}/{name}", depth - 1) for name in below)


def _registered_markers(tree: FileTree, root: str) -> list[tuple[str, str]]:
    """The names of the markers that the configuration registers, each with its file."""
    for path in ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        lines = _marker_lines(_read_text(tree, f"{root}/{path}"), path)
        if lines:
            names = dict.fromkeys(re.split(r"[:(]", line, maxsplit=1)[0].strip() for line in lines)
            return [(name, path) for name in names if _NAME.fullmatch(name)]
    return []


def _marker_lines(text: str, path: str) -> list[str]:
    if path == "pyproject.toml":
        return _toml_marker_lines(text)
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return []
    section = "tool:pytest" if path == "setup.cfg" else "pytest"
    return [line for line in parser.get(section, "markers", fallback="").splitlines() if line.strip()]


def _toml_marker_lines(text: str) -> list[str]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return []
    pytest = _table(_table(document, "tool"), "pytest")
    markers = _table(pytest, "ini_options").get("markers", pytest.get("markers", []))
    lines: Iterable[Any] = (
        markers.splitlines() if isinstance(markers, str) else markers if isinstance(markers, list) else []
    )
    return [line for line in lines if isinstance(line, str) and line.strip()]


def _table(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _read_text(tree: FileTree, path: str) -> str:
    if tree.kind(path) is not EntryKind.FILE:
        return ""
    try:
        return tree.read(path).decode("utf-8-sig", "replace")
    except ReadFailure:
        return ""
