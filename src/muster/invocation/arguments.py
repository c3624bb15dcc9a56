"""Positional arguments: which count, what each points to, and which are said twice (`_pytest.main`)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from muster.invocation.paths import absolute_path, exists, is_below, is_folder
from muster.invocation.refused import Refused
from muster.invocation.request import FindModule
from muster.invocation.version import PytestVersion
from muster.model.invocation import Argument
from muster.ports import FileTree
from muster.trees.globbing import glob_paths

NO_TESTPATHS = (
    "No files were found in testpaths; "
    "consider removing or adjusting your testpaths configuration. "
    "Searching recursively from the current directory instead."
)


@dataclass(frozen=True, slots=True)
class Decided:
    """The arguments that count, as written, and where they come from (`args`, `testpaths` or `invocation_dir`)."""

    arguments: tuple[str, ...]
    source: str
    warnings: tuple[str, ...] = ()


def decide_arguments(
    tree: FileTree, arguments: Sequence[str], testpaths: Sequence[str], *, pyargs: bool, cwd: str, rootdir: str
) -> Decided:
    """The command line's arguments; without any, `testpaths` if run in rootdir; else the working directory."""
    if arguments:
        return Decided(tuple(arguments), "args")
    found: list[str] = []
    warned: tuple[str, ...] = ()
    if cwd == rootdir:
        for pattern in testpaths:
            found.extend([pattern] if pyargs else glob_paths(tree, pattern, cwd, recursive=True))
        if testpaths and not found:
            warned = (NO_TESTPATHS,)
    if found:
        return Decided(tuple(found), "testpaths")
    return Decided((cwd,), "invocation_dir", warned)


@dataclass(frozen=True, slots=True)
class ArgumentRules:
    """What the meaning of an argument depends on."""

    version: PytestVersion
    cwd: str
    pyargs: bool = False
    find_module: FindModule | None = None
    leading: tuple[str, ...] = ()
    consider_namespace_packages: bool = False


def resolve_argument(tree: FileTree, text: str, rules: ArgumentRules) -> Argument:
    """What one argument points to. Raises `Refused` (`_pytest.main.resolve_collection_argument`)."""
    base, bracket, rest = text.partition("[")
    path, *names = base.split("::")
    if bracket and not names and rules.version >= (9, 0, 0):
        raise Refused(f"path cannot contain [] parametrization: {text}", text, when="collection")
    module = ""
    if rules.pyargs and (found := _find_package_path(path, rules)) is not None:
        module, path = path, found
    where = absolute_path(path, rules.cwd)
    if not exists(tree, where):
        message = (
            f"module or package not found: {text} (missing __init__.py?)"
            if rules.pyargs
            else f"file or directory not found: {text}"
        )
        raise Refused(message, text, when="collection")
    if names and is_folder(tree, where):
        kind = "package" if rules.pyargs else "directory"
        raise Refused(f"{kind} argument cannot contain :: selection parts: {text}", text, when="collection")
    return Argument(where, tuple(names), f"{bracket}{rest}" if names else "", module)


def _find_package_path(name: str, rules: ArgumentRules) -> str | None:
    """The file of the module `name` or the folder of the package; None where Python knows none (`search_pypath`)."""
    if rules.find_module is None or not name:
        return None
    found = rules.find_module(name, rules.leading)
    if not found:
        return None
    folder, file = posixpath.split(found)
    if posixpath.splitext(file)[0] == "__init__":
        return folder
    if file.endswith((".py", ".pyc", ".so", ".pyd")):
        return found
    # A namespace package counts since 9.0, and only where it is asked for.
    return found if rules.version >= (9, 0, 0) and rules.consider_namespace_packages else None


def normalize_arguments(arguments: Sequence[Argument]) -> tuple[Argument, ...]:
    """The arguments without those that another one contains, in order (`main.normalize_collection_arguments`, 9.0)."""
    numbered = sorted(
        enumerate(arguments), key=lambda pair: (_path_key(pair[1].path), list(pair[1].names), pair[1].parametrization)
    )
    kept: list[tuple[int, Argument]] = []
    for index, argument in numbered:
        if not kept or not _is_subsumed(argument, kept[-1][1]):
            kept.append((index, argument))
    return tuple(argument for _, argument in sorted(kept, key=lambda pair: pair[0]))


def _path_key(path: str) -> list[str]:
    return path.split("/")


def _is_subsumed(argument: Argument, by: Argument) -> bool:
    if by.path != argument.path:
        return not by.names and is_below(argument.path, by.path)
    if argument.names[: len(by.names)] != by.names:
        return False
    return not by.parametrization or by.parametrization == argument.parametrization
