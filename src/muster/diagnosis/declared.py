"""Which distributions a project declares, and on which line: pyproject.toml, requirements files, setup.cfg,
setup.py, lock files."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import dirname, normpath

from muster.diagnosis.declaration import Declaration, normal_name
from muster.diagnosis.locked import is_lock_file, locked_distributions
from muster.ports import EntryKind, FileTree, ReadFailure

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)")
_REQUIREMENTS_FILE = re.compile(
    r"(?:requirements|constraints|dev|test)[\w.-]*\.(?:txt|in)$|.*requirements[\w.-]*\.(?:txt|in)$"
)
_REQUIREMENTS_FOLDERS = ("requirements", "requires")
_USUAL = ("pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile")
_INCLUDED = re.compile(r"(?:-r|--requirement)[\s=]\s*(\S+)")
_HEADER = r"^[ \t]*\[{}\]"

MOST_INCLUDED = 20
"""Requirements files that include one another in a circle end here."""


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
                found.extend(_included(tree, prefix + f"{folder}/{name}"))
    return tuple(
        sorted(dict.fromkeys(found), key=lambda each: (each.locked, usual_rank(each.path), each.path, each.line))
    )


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
    elif is_lock_file(name):
        yield from locked_distributions(path, _text(tree, path))
    elif name in ("environment.yml", "environment.yaml"):
        yield from _from_conda(path, _text(tree, path))
    elif name == "Pipfile":
        yield from _from_pipfile(path, _text(tree, path))
    elif name == "tox.ini":
        yield from _from_tox(path, _text(tree, path))
    elif _REQUIREMENTS_FILE.match(name):
        # A constraint says which version if any, not that it is wanted.
        is_constraint = name.startswith("constraints")
        yield from (replace(each, locked=is_constraint) for each in _included(tree, path))


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
    project, tool = _table(data, "project"), _table(data, "tool")
    yield from _listed(path, text, project.get("dependencies"), "", "project")
    for group, entries in _table(project, "optional-dependencies").items():
        yield from _listed(path, text, entries, f"extra {group}", "project.optional-dependencies")
    for group, entries in _table(data, "dependency-groups").items():
        yield from _listed(path, text, entries, f"group {group}", "dependency-groups")
    yield from _listed(path, text, _table(tool, "uv").get("dev-dependencies"), "group dev", "tool.uv")
    for group, entries in _table(_table(tool, "pdm"), "dev-dependencies").items():
        yield from _listed(path, text, entries, f"group {group}", "tool.pdm.dev-dependencies")
    for name, environment in _table(_table(tool, "hatch"), "envs").items():
        for key in ("dependencies", "extra-dependencies"):
            entries = environment.get(key) if isinstance(environment, dict) else None
            yield from _listed(path, text, entries, f"environment {name}", f"tool.hatch.envs.{name}")
    poetry = _table(tool, "poetry")
    yield from _keyed(path, text, _table(poetry, "dependencies"), "", "tool.poetry.dependencies")
    yield from _keyed(path, text, _table(poetry, "dev-dependencies"), "group dev", "tool.poetry.dev-dependencies")
    for group, table in _table(poetry, "group").items():
        header = f"tool.poetry.group.{group}.dependencies"
        yield from _keyed(path, text, _table(table, "dependencies"), f"group {group}", header)


def _from_pipfile(path: str, text: str) -> Iterator[Declaration]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    yield from _keyed(path, text, _table(data, "packages"), "", "packages")
    yield from _keyed(path, text, _table(data, "dev-packages"), "group dev", "dev-packages")


def _table(value: object, key: str) -> dict[str, object]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _listed(path: str, text: str, entries: object, group: str, table: str) -> Iterator[Declaration]:
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, str):
            line = _line_of(text, rf"[\"']{re.escape(entry)}[\"']", table) or _line_with(text, entry)
            yield from _requirement(path, line, entry, group)


def _keyed(path: str, text: str, entries: dict[str, object], group: str, table: str) -> Iterator[Declaration]:
    for name, value in entries.items():
        if name != "python":
            wanted = value.get("version") if isinstance(value, dict) else value
            line = _line_of(text, rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*=", table) or _line_with(text, name)
            specifier = wanted if isinstance(wanted, str) and wanted != "*" else ""
            yield Declaration(normal_name(name), specifier, path, line, group)


def _line_of(text: str, pattern: str, table: str) -> int:
    """The line of what matches in the TOML `table`, which may be written in another way than by a header; 0 for none."""
    header = re.search(_HEADER.format(re.escape(table)), text, re.MULTILINE)
    found = re.compile(pattern, re.MULTILINE).search(text, header.end() if header else 0)
    return text.count("\n", 0, found.start()) + 1 if found else 0


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


def _from_tox(path: str, text: str) -> Iterator[Declaration]:
    import configparser  # few projects still need it

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in parser.sections():
        # `pytest: mock` is wanted for the environments whose name has that part alone.
        entries = [line.rpartition(": ")[2] for line in parser.get(section, "deps", fallback="").splitlines()]
        entries = [entry for entry in entries if not entry.strip().startswith(("-", "{"))]
        yield from _lines(path, text, entries, f"environment {section.removeprefix('testenv:')}")


def _included(tree: FileTree, path: str, seen: frozenset[str] = frozenset()) -> Iterator[Declaration]:
    """What a requirements file declares, with the files of the project that it includes."""
    text = _text(tree, path)
    yield from _from_requirements(path, text)
    seen = seen | {path}
    for included in _INCLUDED.findall(text) if len(seen) < MOST_INCLUDED else ():
        target = normpath(f"{dirname(path)}/{included}")
        if target not in seen and tree.kind(target) is EntryKind.FILE:
            yield from _included(tree, target, seen)


def _from_requirements(path: str, text: str) -> Iterator[Declaration]:
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if entry and not entry.startswith("-") and "://" not in entry.partition("@")[0]:
            yield from _requirement(path, number, entry, "")


def _from_conda(path: str, text: str) -> Iterator[Declaration]:
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.strip()
        if entry.startswith("- ") and not entry.endswith(":"):
            yield from _requirement(path, number, entry[2:].replace("=", "==", 1), "")


def _requirement(path: str, line: int, entry: str, group: str) -> Iterator[Declaration]:
    match = _REQUIREMENT.match(entry)
    if match:
        yield Declaration(normal_name(match[1]), match[2].partition(";")[0].strip(), path, line, group)


def _line_with(text: str, entry: str) -> int:
    position = text.find(entry)
    return text.count("\n", 0, position) + 1 if position >= 0 else 0
