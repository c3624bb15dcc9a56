"""Name and path patterns: what is a test file, a test class, a test function, and what is left out."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Sequence
from functools import lru_cache

from muster.invocation.paths import absolute_path, is_file, is_folder
from muster.invocation.version import PytestVersion
from muster.model.invocation import Invocation
from muster.ports import FileTree, ReadFailure

_ACTIVATE = frozenset({"activate", "activate.csh", "activate.fish", "Activate", "Activate.bat", "Activate.ps1"})


def matches_path_pattern(pattern: str, path: str) -> bool:
    """`_pytest.pathlib.fnmatch_ex`: a pattern without a slash is for the name, one with a slash for the whole path."""
    if "/" not in pattern:
        return fnmatch.fnmatchcase(posixpath.basename(path), pattern)
    if not pattern.startswith("/"):
        pattern = f"*/{pattern}"
    return fnmatch.fnmatchcase(path, pattern)


def is_test_file(invocation: Invocation, path: str) -> bool:
    """Whether a Python file below an argument is collected (an argument itself always is)."""
    if posixpath.splitext(path)[1] != ".py":
        return False
    return any(matches_path_pattern(pattern, path) for pattern in invocation.python_files)


@lru_cache(maxsize=1 << 16)  # the same few names stand in file after file
def matches_prefix_or_glob(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a class or function name matches `python_classes` or `python_functions`: by prefix, or by glob."""
    for pattern in patterns:
        if name.startswith(pattern):
            return True
        if any(magic in pattern for magic in "*?[") and fnmatch.fnmatchcase(name, pattern):
            return True
    return False


def is_test_class_name(invocation: Invocation, name: str) -> bool:
    """Whether `python_classes` takes a class of this name."""
    return matches_prefix_or_glob(name, invocation.python_classes)


def is_test_function_name(invocation: Invocation, name: str) -> bool:
    """Whether `python_functions` takes a function of this name."""
    return matches_prefix_or_glob(name, invocation.python_functions)


def find_ignore_reason(
    tree: FileTree,
    invocation: Invocation,
    path: str,
    *,
    collect_ignore: Sequence[str] = (),
    collect_ignore_glob: Sequence[str] = (),
) -> str | None:
    """Which setting leaves `path` out (`_pytest.main.pytest_ignore_collect`), or None where none does.

    `collect_ignore` and `collect_ignore_glob` are those of the nearest conftest that defines them, made absolute
    against its folder.
    """
    if posixpath.basename(path) == "__pycache__":
        return "__pycache__"
    if path in collect_ignore:
        return "collect_ignore"
    if path in {absolute_path(ignored, invocation.cwd) for ignored in invocation.ignore}:
        return "--ignore"
    if _matches_any(path, collect_ignore_glob):
        return "collect_ignore_glob"
    if _matches_any(path, (absolute_path(pattern, invocation.cwd) for pattern in invocation.ignore_glob)):
        return "--ignore-glob"
    if not is_folder(tree, path):
        return None
    if not invocation.collect_in_virtualenv and is_virtualenv(tree, path, invocation.pytest_version):
        return "virtualenv"
    if any(matches_path_pattern(pattern, path) for pattern in invocation.norecursedirs):
        return "norecursedirs"
    return None


def _matches_any(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def is_virtualenv(tree: FileTree, path: str, version: PytestVersion) -> bool:
    """Whether a folder looks like a virtual environment: by `pyvenv.cfg` or conda's history; before 8.3 by scripts."""
    if version >= (8, 3, 0):
        return is_file(tree, posixpath.join(path, "pyvenv.cfg")) or is_file(
            tree, posixpath.join(path, "conda-meta", "history")
        )
    return any(name in _ACTIVATE for name in tree.listing(posixpath.join(path, "bin")))


def is_doctest_text(invocation: Invocation, path: str, is_argument: bool) -> bool:
    """Whether a file that is no Python file is a doctest text."""
    if is_argument and posixpath.splitext(path)[1] in (".txt", ".rst"):
        return True
    return any(matches_path_pattern(pattern, path) for pattern in invocation.doctest_glob)


def is_doctest_module(tree: FileTree, invocation: Invocation, path: str) -> bool:
    """Whether `--doctest-modules` collects a file: no `__main__.py`, no `setup.py` of setuptools or distutils."""
    name = posixpath.basename(path)
    if not invocation.doctest_modules or posixpath.splitext(path)[1] != ".py" or name == "__main__.py":
        return False
    return name != "setup.py" or not _is_setup_script(tree, path)


def _is_setup_script(tree: FileTree, path: str) -> bool:
    try:
        content = tree.read(path)
    except ReadFailure:
        return False
    return b"setuptools" in content or b"distutils" in content
