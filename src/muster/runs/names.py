"""Node ids taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from muster.model.collection import Item


def bare_id(nodeid: str) -> str:
    """`nodeid` without its parameters: `tests/test_a.py::test_b[1]` is `tests/test_a.py::test_b`."""
    head, separator, rest = nodeid.partition("::")
    return head + separator + rest.partition("[")[0]


def files_by_head(files: Iterable[str], rootdir: str) -> Mapping[str, str]:
    """The first part of node ids to the file that it names: the path relative to `rootdir`."""
    prefix = rootdir.rstrip("/") + "/"
    return {path.removeprefix(prefix): path for path in files}


def file_of(item: Item, heads: Mapping[str, str]) -> str:
    """The file that `item` is collected from, which need not be the one that defines it (an imported test).

    Node ids of files outside of rootdir begin with the path from an argument of the command (`_pytest.nodes`).
    """
    head = item.nodeid.partition("::")[0]
    if head not in heads and item.path.endswith(f"/{head}"):
        return item.path
    return path_of(item.nodeid, heads) or item.path


def path_of(nodeid: str, heads: Mapping[str, str]) -> str:
    """The file that `nodeid` names; "" where it is none of those known."""
    head = nodeid.partition("::")[0]
    if head in heads:
        return heads[head]
    return next((path for path in heads.values() if path.endswith(f"/{head}")), "")
