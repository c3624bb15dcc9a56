"""Doctests in modules and text files (`_pytest/doctest.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from muster.collection.nodes import DoctestModuleNode, DoctestTextNode, ItemNode, Node
from muster.collection.walk import Walk
from muster.ports import ReadFailure

PROMPT = ">>>"


def collect_doctest_text(walk: Walk, node: DoctestTextNode) -> Iterator[Node]:
    """The one item of a text file that has an example."""
    try:
        text = walk.tree.read(node.path).decode(walk.invocation.doctest_encoding, "replace")
    except (ReadFailure, LookupError):
        return
    if has_example(text):
        name = node.path.rpartition("/")[2]
        yield ItemNode(name, f"{node.nodeid}::{name}", node.path, node, original_name=name, defined_in=node.path)


def collect_doctest_module(walk: Walk, node: DoctestModuleNode) -> Iterator[Node]:
    """The items of a module's docstrings."""
    yield from ()


def has_example(text: str) -> bool:
    """Whether `doctest` finds an example: a line that begins with a prompt."""
    return any(line.lstrip().startswith(PROMPT) for line in text.splitlines())
