"""`Path.glob`, `Path.rglob` and `glob.glob` answered from a `FileTree`.

The results are sorted; the real ones come in the order of the disk, which no tree knows. Dangling links are left out.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from muster.ports import EntryKind, FileTree

_MAGIC = re.compile(r"[*?\[]")


def glob_below(tree: FileTree, folder: str, pattern: str, python: tuple[int, int] = (3, 13)) -> list[str]:
    """What `Path(folder).glob(pattern)` yields, sorted. Raises `ValueError` and `NotImplementedError` as pathlib does.

    Before Python 3.13 a final `**` yields folders only, and `**` inside a part is an error.
    """
    if not pattern:
        raise ValueError(f"Unacceptable pattern: {pattern!r}")
    if pattern.startswith("/"):
        raise NotImplementedError("Non-relative patterns are unsupported")
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if python < (3, 13) and any("**" in part and part != "**" for part in parts):
        raise ValueError("Invalid pattern: '**' can only be an entire path component")
    folders_only = pattern.endswith("/") and python >= (3, 11)
    if parts and parts[-1] == "**":
        folders_only = folders_only or python < (3, 13)
        if not folders_only:
            return sorted({folder, *_select(tree, folder, (*parts, "*"))})
    found = set(_select(tree, folder, tuple(parts)))
    if folders_only:
        found = {path for path in found if tree.kind(path) is EntryKind.FOLDER}
    return sorted(found)


def _select(tree: FileTree, folder: str, parts: tuple[str, ...]) -> Iterator[str]:
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        # pathlib does not follow symlinks here, so that loops end.
        for below in _folders_below(tree, folder):
            yield from _select(tree, below, rest)
    elif _MAGIC.search(part):
        matches = _matcher(part)
        for name, kind in tree.listing(folder).items():
            if matches(name) and (not rest or kind is EntryKind.FOLDER):
                yield from _select(tree, _join(folder, name), rest)
    elif tree.kind(_join(folder, part)) is not None:
        yield from _select(tree, _join(folder, part), rest)


def _folders_below(tree: FileTree, folder: str) -> Iterator[str]:
    if tree.kind(folder) is not EntryKind.FOLDER:
        return
    pending = [folder]
    while pending:
        current = pending.pop()
        yield current
        for name, kind in tree.listing(current).items():
            below = _join(current, name)
            if kind is EntryKind.FOLDER and not tree.is_symlink(below):
                pending.append(below)


def glob_paths(
    tree: FileTree, pattern: str, cwd: str, recursive: bool = False, include_hidden: bool = False
) -> list[str]:
    """What `glob.glob(pattern, recursive=..., include_hidden=...)` returns in `cwd`, sorted."""
    absolute = pattern.startswith("/")
    parts = [part for part in pattern.split("/") if part]
    starts = [("/" if absolute else "", "/" if absolute else cwd)]
    for position, part in enumerate(parts):
        last = position == len(parts) - 1 and not pattern.endswith("/")
        starts = list(_glob_step(tree, starts, part, last, recursive, include_hidden))
    shown = (spelled + "/" if pattern.endswith("/") else spelled for spelled, _ in starts)
    return sorted(name for name in shown if name)


def _glob_step(
    tree: FileTree, starts: Iterable[tuple[str, str]], part: str, last: bool, recursive: bool, hidden: bool
) -> Iterator[tuple[str, str]]:
    """Each start is `(as spelled, absolute)`; so is each result of matching `part` below it."""
    for spelled, path in starts:
        if recursive and part == "**":
            yield from _glob_everything(tree, spelled, path, last, hidden, frozenset())
        elif _MAGIC.search(part):
            matches = _matcher(part)
            for name, kind in tree.listing(path).items():
                if name.startswith(".") and not (hidden or part.startswith(".")):
                    continue
                if matches(name) and (last or kind is EntryKind.FOLDER):
                    yield _join_spelled(spelled, name), _join(path, name)
        elif tree.kind(_join(path, part)) is not None:
            yield _join_spelled(spelled, part), _join(path, part)


def _glob_everything(
    tree: FileTree, spelled: str, path: str, last: bool, hidden: bool, above: frozenset[str]
) -> Iterator[tuple[str, str]]:
    # The glob module follows symlinks until the system says ELOOP; a folder met again on the way down ends it here.
    real = tree.real_path(path)
    if real in above:
        return
    yield (spelled + "/" if last and not above and spelled not in ("", "/") else spelled), path
    for name, kind in tree.listing(path).items():
        if name.startswith(".") and not hidden:
            continue
        if kind is EntryKind.FOLDER:
            inner = _join_spelled(spelled, name), _join(path, name)
            yield from _glob_everything(tree, *inner, last, hidden, above | {real})
        elif last:
            yield _join_spelled(spelled, name), _join(path, name)


@lru_cache(maxsize=512)
def _matcher(part: str) -> Callable[[str], object]:
    return re.compile(fnmatch.translate(part)).match


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _join_spelled(folder: str, name: str) -> str:
    return name if not folder else _join(folder, name)
