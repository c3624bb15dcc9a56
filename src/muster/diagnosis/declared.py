"""Which distributions a project declares, and on which line: pyproject.toml, requirements files, setup.cfg,
setup.py, lock files."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from muster.ports import EntryKind, FileTree, ReadFailure

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)")
_REQUIREMENTS_FILE = re.compile(
    r"(?:requirements|constraints|dev|test)[\w.-]*\.(?:txt|in)$|.*requirements[\w.-]*\.(?:txt|in)$"
)
_REQUIREMENTS_FOLDERS = ("requirements", "requires")
_USUAL = ("pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile")
_LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared distribution: its PEP 503 name, what follows it (`>=2`), where, and the group or extra ("" for
    runtime).

    `locked` is true for what a lock file merely pins.
    """

    name: str
    specifier: str
    path: str
    line: int
    group: str = ""
    locked: bool = False


def declared_distributions(tree: FileTree, root: str) -> tuple[Declaration, ...]:
    """Everything declared by the files directly under `root` and in its requirements folders; unreadable files
    declare nothing."""
    found: list[Declaration] = []
    listing = tree.listing(root)
    prefix = root.rstrip("/") + "/"
    for name in sorted(listing):
        found.extend(_declared_by(tree, prefix + name, name))
    for folder in _REQUIREMENTS_FOLDERS:
        for name in sorted(tree.listing(prefix + folder)):
            if name.endswith((".txt", ".in")):
                found.extend(_from_requirements(prefix + f"{folder}/{name}", _text(tree, prefix + f"{folder}/{name}")))
    return tuple(sorted(found, key=lambda each: (each.locked, usual_rank(each.path), each.path, each.line)))


def usual_rank(path: str) -> int:
    """Smaller for the files that a newcomer would open first."""
    name = path.rpartition("/")[2]
    return _USUAL.index(name) if name in _USUAL else len(_USUAL)


def _declared_by(tree: FileTree, path: str, name: str) -> Iterator[Declaration]:
    if tree.kind(path) is not EntryKind.FILE:
        return
    if name == "pyproject.toml":
        yield from _from_pyproject(path, _text(tree, path))
    elif name == "setup.cfg":
        yield from _from_setup_cfg(path, _text(tree, path))
    elif name == "setup.py":
        yield from _from_setup_py(path, _text(tree, path))
    elif name in _LOCK_FILES:
        yield from _from_lock(path, _text(tree, path))
    elif name in ("environment.yml", "environment.yaml"):
        yield from _from_conda(path, _text(tree, path))
    elif name == "Pipfile":
        yield from _from_pipfile(path, _text(tree, path))
    elif _REQUIREMENTS_FILE.match(name):
        yield from _from_requirements(path, _text(tree, path))


def _text(tree: FileTree, path: str) -> str:
    try:
        return tree.read(path).decode("utf-8", "replace")
    except ReadFailure:
        return ""


def _from_pyproject(path: str, text: str) -> Iterator[Declaration]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project = _table(data, "project")
    yield from _listed(path, text, project.get("dependencies"), "")
    for group, entries in _table(project, "optional-dependencies").items():
        yield from _listed(path, text, entries, f"extra {group}")
    for group, entries in _table(data, "dependency-groups").items():
        yield from _listed(path, text, entries, f"group {group}")
    poetry = _table(_table(data, "tool"), "poetry")
    yield from _keyed(path, text, _table(poetry, "dependencies"), "")
    yield from _keyed(path, text, _table(poetry, "dev-dependencies"), "group dev")
    for group, table in _table(poetry, "group").items():
        yield from _keyed(path, text, _table(table, "dependencies"), f"group {group}")


def _from_pipfile(path: str, text: str) -> Iterator[Declaration]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    yield from _keyed(path, text, _table(data, "packages"), "")
    yield from _keyed(path, text, _table(data, "dev-packages"), "group dev")


def _table(value: object, key: str) -> dict[str, object]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _listed(path: str, text: str, entries: object, group: str) -> Iterator[Declaration]:
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, str):
            yield from _requirement(path, _line_with(text, entry), entry, group)


def _keyed(path: str, text: str, table: dict[str, object], group: str) -> Iterator[Declaration]:
    for name, value in table.items():
        if name != "python":
            specifier = value if isinstance(value, str) else ""
            yield Declaration(_normal(name), specifier, path, _line_with(text, name), group)


def _from_setup_cfg(path: str, text: str) -> Iterator[Declaration]:
    import configparser  # few projects still need it

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section, option, group in (("options", "install_requires", ""), ("options", "tests_require", "group tests")):
        if parser.has_option(section, option):
            yield from _lines(path, text, parser.get(section, option).splitlines(), group)
    if parser.has_section("options.extras_require"):
        for extra, value in parser.items("options.extras_require"):
            yield from _lines(path, text, value.splitlines(), f"extra {extra}")


def _lines(path: str, text: str, entries: Iterable[str], group: str) -> Iterator[Declaration]:
    for entry in entries:
        if entry.strip():
            yield from _requirement(path, _line_with(text, entry.strip()), entry, group)


def _from_setup_py(path: str, text: str) -> Iterator[Declaration]:
    """What is written as literals; a `setup.py` that computes its requirements declares nothing here."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg in ("install_requires", "tests_require", "extras_require"):
            for leaf in ast.walk(node.value):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    yield from _requirement(
                        path, leaf.lineno, leaf.value, "" if node.arg == "install_requires" else node.arg
                    )


def _from_requirements(path: str, text: str) -> Iterator[Declaration]:
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if entry and not entry.startswith("-") and "://" not in entry.partition("@")[0]:
            yield from _requirement(path, number, entry, "")


def _from_lock(path: str, text: str) -> Iterator[Declaration]:
    version = re.compile(r'version\s*=\s*"([^"]*)"')
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("name = ") and lines[number - 2].strip() in ("[[package]]", "[[packages]]"):
            found = version.match(lines[number]) if number < len(lines) else None
            yield Declaration(
                _normal(line[7:].strip().strip('"')), f"=={found[1]}" if found else "", path, number, "", True
            )


def _from_conda(path: str, text: str) -> Iterator[Declaration]:
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.strip()
        if entry.startswith("- ") and not entry.endswith(":"):
            yield from _requirement(path, number, entry[2:].replace("=", "==", 1), "")


def _requirement(path: str, line: int, entry: str, group: str) -> Iterator[Declaration]:
    match = _REQUIREMENT.match(entry)
    if match:
        yield Declaration(_normal(match[1]), match[2].partition(";")[0].strip(), path, line, group)


def _line_with(text: str, entry: str) -> int:
    position = text.find(entry)
    return text.count("\n", 0, position) + 1 if position >= 0 else 0


def _normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).casefold()
