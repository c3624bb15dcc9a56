"""How pytest spells node ids (`FSCollector.__init__`, `_check_initialpaths_for_relpath` in `_pytest/nodes.py`)."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable


def path_nodeid(path: str, rootdir: str, initial_paths: Collection[str], parent_nodeid: str) -> str:
    """The node id of a file or folder: relative to rootdir, else to the argument that it lies under."""
    relative = relative_path(path, rootdir)
    if relative is not None:
        return relative
    if path in initial_paths:
        return ""
    for parent in parents(path):
        if parent in initial_paths:
            return relative_path(path, parent) or ""
    return f"{parent_nodeid}::{posixpath.basename(path)}"


def relative_path(path: str, folder: str) -> str | None:
    """`path` relative to `folder` ("." for itself), None where it lies outside."""
    if path == folder:
        return "."
    prefix = folder if folder.endswith("/") else folder + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def parents(path: str) -> list[str]:
    """The folders above `path`, nearest first, like `PurePath.parents`."""
    found: list[str] = []
    while True:
        parent = posixpath.dirname(path)
        if parent == path or not parent:
            return found
        found.append(parent)
        path = parent


def parametrized(name: str, ids: Iterable[str]) -> str:
    """`name[a-b]`, or the bare name where no id is left (`pytest.HIDDEN_PARAM`)."""
    spelled = list(ids)
    return f"{name}[{'-'.join(spelled)}]" if spelled else name
