"""Paths as pytest computes them: lexically, relative to the working directory."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from muster.ports import EntryKind, FileTree


def absolute_path(path: str, cwd: str) -> str:
    """`os.path.abspath` with an explicit working directory (`_pytest.pathlib.absolutepath`)."""
    return posixpath.normpath(posixpath.join(cwd, path))


def is_file(tree: FileTree, path: str) -> bool:
    return tree.kind(path) is EntryKind.FILE


def is_folder(tree: FileTree, path: str) -> bool:
    return tree.kind(path) is EntryKind.FOLDER


def exists(tree: FileTree, path: str) -> bool:
    """Whether `path` exists; false for what no file system would take (`_pytest.pathlib.safe_exists`)."""
    if "\0" in path or any(len(part.encode("utf-8", "surrogateescape")) > 255 for part in path.split("/")):
        return False
    return tree.kind(path) is not None


def lineage(path: str) -> Iterable[str]:
    """`path` and its parents, nearest first."""
    while True:
        yield path
        parent = posixpath.dirname(path)
        if parent == path:
            return
        path = parent


def is_below(path: str, ancestor: str) -> bool:
    """Whether `path` is `ancestor` or lies under it, lexically."""
    return path == ancestor or path.startswith(ancestor if ancestor.endswith("/") else ancestor + "/")


_VARIABLE = re.compile(r"\$(\w+|\{[^}]*\})", re.ASCII)


def expand_variables(text: str, environ: Mapping[str, str]) -> str:
    """`os.path.expandvars`: unknown variables stay as they are written."""
    return _VARIABLE.sub(lambda match: environ.get(match[1].strip("{}"), match[0]), text)
