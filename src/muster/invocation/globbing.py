"""`glob.iglob(pattern, recursive=True)` over a `FileTree`, as pytest expands `testpaths`."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from muster.invocation.paths import absolute_path, exists, is_folder
from muster.ports import FileTree

_MAGIC = re.compile("[*?[]")
_DEEPEST = 64
"""Folders below which `**` stops: a loop of symlinks would go on until the system's own limit of 40."""


def expand_glob(tree: FileTree, pattern: str, cwd: str) -> list[str]:
    """The paths that `pattern` matches, spelled relative to `cwd` as the pattern is, sorted."""
    return sorted(_matches(tree, pattern, cwd, folders_only=False))


def _matches(tree: FileTree, pattern: str, cwd: str, folders_only: bool) -> Iterator[str]:
    head, tail = posixpath.split(pattern)
    if not _MAGIC.search(pattern):
        if tail:
            if exists(tree, absolute_path(pattern, cwd)):
                yield pattern
        elif is_folder(tree, absolute_path(head, cwd)):
            # A trailing slash asks for a folder.
            yield pattern
        return
    if not head:
        yield from _below(tree, "", tail, cwd, folders_only)
        return
    heads = _matches(tree, head, cwd, folders_only=True) if head != pattern and _MAGIC.search(head) else iter((head,))
    for folder in heads:
        for name in _below(tree, folder, tail, cwd, folders_only):
            yield posixpath.join(folder, name)


def _below(tree: FileTree, folder: str, tail: str, cwd: str, folders_only: bool) -> Iterator[str]:
    where = absolute_path(folder, cwd)
    if tail == "**":
        if not folder or is_folder(tree, where):
            yield ""
        yield from _all_below(tree, where, folders_only, 0)
    elif _MAGIC.search(tail):
        for name in tree.listing(where):
            if folders_only and not is_folder(tree, posixpath.join(where, name)):
                continue
            if (tail.startswith(".") or not name.startswith(".")) and fnmatch.fnmatch(name, tail):
                yield name
    elif not tail:
        if is_folder(tree, where):
            yield ""
    elif exists(tree, posixpath.join(where, tail)):
        yield tail


def _all_below(tree: FileTree, where: str, folders_only: bool, depth: int) -> Iterator[str]:
    for name in tree.listing(where):
        if name.startswith("."):
            continue
        path = posixpath.join(where, name)
        if folders_only and not is_folder(tree, path):
            continue
        yield name
        if depth < _DEEPEST and is_folder(tree, path):
            for below in _all_below(tree, path, folders_only, depth + 1):
                yield posixpath.join(name, below)
