"""Tests behind module-level skips and decorators that replace a class (M407, M408)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from muster.collection.definitions import class_body, defined_name, definitions
from muster.collection.nodes import FileNode, ItemNode, ModuleNode, Node
from muster.collection.unmatched import tests_of
from muster.collection.walk import Walk
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    BoundMethod,
    ClassValue,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    PartialValue,
    Value,
)
from muster.facts import opcodes as op
from muster.invocation.patterns import is_test_class_name
from muster.model.collection import Loss
from muster.model.location import Location


class ItemSource(Protocol):
    """A pass over the tree in which nothing fails."""

    def items_below(self, node: Node) -> Iterator[ItemNode]:
        """The items in a node."""


def skipped_modules(walk: Walk, skipped: Sequence[tuple[Node, Raised]], collecting: ItemSource) -> Iterator[Loss]:
    """What module-level skips hide (M407); the walk must be lenient."""
    for node, raised in skipped:
        if not isinstance(node, FileNode):
            continue
        lost = tuple(dict.fromkeys(item.nodeid for item in collecting.items_below(node)))
        frame = raised.frames[0] if raised.frames else None
        culprit = Location(frame.path, frame.line) if frame is not None else Location(node.path)
        yield Loss("M407", node.nodeid, culprit, lost, len(lost), raised.message)


def decorated_away(walk: Walk, nodes: Sequence[ModuleNode]) -> Iterator[Loss]:
    """Classes that a decorator turned into something else, so that their tests are not collected (M408)."""
    for node in nodes:
        facts = walk.executor.facts(node.path) if isinstance(node.obj, ModuleValue) else None
        if facts is None or not isinstance(node.obj, ModuleValue):
            continue
        for statement in definitions(facts.body):
            if statement[0] != op.CLASS or not statement[6]:
                continue
            name = defined_name(statement)
            if is_test_class_name(walk.invocation, name) and _is_replaced(node.obj.namespace.get(name, MISSING)):
                tests = tuple(tests_of(walk, class_body(statement)))
                if tests:
                    yield _loss(node, name, statement[1], tests)


def _is_replaced(value: Value) -> bool:
    kinds = (FunctionValue, PartialValue, InstanceValue, BoundMethod)
    return value is None or (isinstance(value, kinds) and not isinstance(value, ClassValue))


def _loss(node: ModuleNode, name: str, line: int, tests: tuple[str, ...]) -> Loss:
    subject = f"{node.nodeid}::{name}"
    lost = tuple(f"{subject}::{test}" for test in tests)
    return Loss("M408", subject, Location(node.path, line), lost, len(lost), "a decorator replaces the class")
