"""The tests behind what fails: what a file yields when its failing statement is taken as unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from muster.collection.nodeids import relative_path
from muster.collection.nodes import ItemNode, Node
from muster.collection.selection import select
from muster.collection.walk import Walk
from muster.execution.raised import Raised
from muster.model.collection import CollectorReport, Item, Outcome

Blocked = tuple[tuple[str, tuple[Item, ...]], ...]


class LenientCollecting(Protocol):
    """A pass over the tree in which nothing fails."""

    def matched_nodes(self) -> list[Node]:
        """The nodes that the arguments name."""

    def items_below(self, node: Node) -> Iterator[ItemNode]:
        """The items in a node."""


def blocked_by_file(
    walk: Walk, collecting: LenientCollecting, everything: bool = False
) -> tuple[Blocked, frozenset[str]]:
    """The blocked items by file, and the files whose tests are only estimated; all files with `everything`."""
    walk.lenient = walk.plugins.lenient = True
    nodes = collecting.matched_nodes() if everything else list(walk.failed_nodes)
    by_file: dict[str, list[ItemNode]] = {}
    if not everything:
        by_file = {node.path: [] for node in nodes if node.path.endswith(".py")}
    for node in nodes:
        for item in collecting.items_below(node):
            by_file.setdefault(item.path, []).append(item)
    blocked, estimated = [], set()
    for path, items in by_file.items():
        listed = _selected(walk, items)
        if not items:
            listed = estimated_items(walk, path)
            if listed:
                estimated.add(path)
        blocked.append((path, listed))
    return tuple(blocked), frozenset(estimated)


def hidden_failures(walk: Walk, reports: Iterable[CollectorReport]) -> tuple[CollectorReport, ...]:
    """What the failed ones of `reports` show next; the blocked items must have been listed."""
    return tuple(
        CollectorReport(report.nodeid, report.path, Outcome.FAILED, behind)
        for report in reports
        if report.outcome is Outcome.FAILED and report.exception is not None
        for behind in walk.executor.failures_behind(report.path, report.exception)
    )


def _selected(walk: Walk, items: Iterable[ItemNode]) -> tuple[Item, ...]:
    try:
        kept = select(list(dict.fromkeys(items)), walk.invocation).items
    except Raised:
        return ()
    unique = {node.nodeid: Item(node.nodeid, node.defined_in or node.path, node.line, node.expanded) for node in kept}
    return tuple(unique.values())


def estimated_items(walk: Walk, path: str) -> tuple[Item, ...]:
    """The tests that the lines of a file that does not parse seem to hold."""
    facts = walk.executor.facts(path)
    if facts is None or facts.problem is None:
        return ()
    nodeid = relative_path(path, walk.invocation.rootdir) or path
    return tuple(Item(f"{nodeid}::{name}", path) for name in facts.estimated_tests)
