"""Which Python files a tree holds, without the folders that no project means as its own source."""

from __future__ import annotations

from collections.abc import Iterator

from muster.ports import EntryKind, FileTree

FOREIGN_FOLDERS = frozenset(("node_modules", "__pycache__", "site-packages", "_darcs", "CVS", "venv", "virtualenv"))
BUILD_FOLDERS = frozenset(("build", "dist"))
"""Left out directly under the root only: deeper down `build` is an ordinary package name."""

VIRTUAL_ENVIRONMENT_MARK = "pyvenv.cfg"
"""PEP 405: every virtual environment has this file at its root."""

MAX_DEPTH = 40
"""Deeper folders are a symlink loop that resolves to ever new names, or nothing that anybody imports."""


def python_files(tree: FileTree, root: str) -> tuple[str, ...]:
    """The `.py` files under `root`, sorted; hidden and symlinked folders, virtual environments and build output left
    out."""
    return tuple(_walk(tree, root, 0))


def _walk(tree: FileTree, folder: str, depth: int) -> Iterator[str]:
    entries = tree.listing(folder)
    if depth > MAX_DEPTH or (depth and VIRTUAL_ENVIRONMENT_MARK in entries):
        return
    prefix = folder.rstrip("/") + "/"
    for name in sorted(entries):
        path = prefix + name
        if entries[name] is EntryKind.FILE:
            if name.endswith(".py"):
                yield path
        elif entries[name] is EntryKind.FOLDER and not _is_foreign(name, depth) and not tree.is_symlink(path):
            yield from _walk(tree, path, depth + 1)


def _is_foreign(name: str, depth: int) -> bool:
    if name.startswith(".") or name.endswith((".egg", ".egg-info", ".dist-info")):
        return True
    return name in FOREIGN_FOLDERS or (depth == 0 and name in BUILD_FOLDERS)
