"""Tests that are defined twice in one scope: only the last one runs (M402)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from muster.collection.definitions import blocks, class_body, defined_name, definitions, find_class_at, last_name
from muster.collection.nodes import ClassNode, ModuleNode
from muster.collection.walk import Walk
from muster.execution.values import ClassValue
from muster.facts import opcodes as op
from muster.invocation.patterns import is_test_class_name, is_test_function_name
from muster.model.collection import Loss
from muster.model.location import Location

_KEEPING = frozenset(
    {"overload", "setter", "getter", "deleter", "register", "fixture", "dispatch", "implementation", "when"}
)
"""Last parts of decorators that use the earlier definition, or that make it something else than a test."""


def duplicate_definitions(walk: Walk, nodes: Sequence[ModuleNode | ClassNode]) -> Iterator[Loss]:
    """The earlier definitions in the scopes of these collected modules and classes."""
    seen: set[tuple[str, int]] = set()
    for node in nodes:
        statements = _scope(walk, node)
        path = node.path if isinstance(node, ModuleNode) else getattr(node.obj, "file", node.path)
        for earlier, later in _pairs(walk, statements, is_unittest=isinstance(node, ClassNode) and node.is_test_case):
            if (path, earlier[1]) not in seen:
                seen.add((path, earlier[1]))
                yield _loss(walk, node, path, earlier, later)


def _scope(walk: Walk, node: ModuleNode | ClassNode) -> Sequence[Any]:
    """The statements of a module, or of the class itself (not of its bases)."""
    if isinstance(node, ModuleNode):
        facts = walk.executor.facts(node.path)
        return facts.body if facts is not None else ()
    if not isinstance(node.obj, ClassValue) or not node.obj.file:
        return ()
    facts = walk.executor.facts(node.obj.file)
    statement = find_class_at(facts.body, node.obj.line) if facts is not None else None
    return class_body(statement) if statement is not None else ()


def _pairs(walk: Walk, statements: Sequence[Any], is_unittest: bool) -> Iterator[tuple[Sequence[Any], Sequence[Any]]]:
    """Earlier and later definition of one name in one block: branches of an `if` or `try` are no duplicates."""
    for block in blocks(statements):
        last: dict[str, tuple[int, Sequence[Any]]] = {}
        for place, statement in enumerate(block):
            if statement[0] not in (op.DEF, op.CLASS):
                continue
            name = defined_name(statement)
            earlier = last.get(name)
            last[name] = (place, statement)
            if earlier is None or not _is_test(walk, statement, name, is_unittest):
                continue
            between = block[earlier[0] + 1 : place]
            is_kept = _keeps(earlier[1]) or _keeps(statement) or _mentions((between, _decorators(statement)), name)
            if earlier[1][0] == statement[0] and not is_kept:
                yield earlier[1], statement


def _is_test(walk: Walk, statement: Sequence[Any], name: str, is_unittest: bool) -> bool:
    if statement[0] == op.DEF:
        return name.startswith("test") if is_unittest else is_test_function_name(walk.invocation, name)
    return is_test_class_name(walk.invocation, name)


def _decorators(statement: Sequence[Any]) -> Sequence[Any]:
    decorators: Sequence[Any] = statement[3] if statement[0] == op.DEF else statement[6]
    return decorators


def _keeps(statement: Sequence[Any]) -> bool:
    """Whether a decorator makes the definition something that a second one does not replace."""
    return any(last_name(decorator) in _KEEPING for decorator in _decorators(statement))


def _mentions(node: Any, name: str) -> bool:
    """Whether an expression below reads `name`, so that the earlier definition is used before it is replaced."""
    if not isinstance(node, (list, tuple)):
        return False
    if len(node) == 2 and node[0] == op.NAME and node[1] == name:
        return True
    return any(_mentions(part, name) for part in node)


def _loss(walk: Walk, node: ModuleNode | ClassNode, path: str, earlier: Sequence[Any], later: Sequence[Any]) -> Loss:
    name = defined_name(earlier)
    lost: tuple[str, ...] = (f"{node.nodeid}::{name}",)
    count = 1
    if earlier[0] == op.CLASS:
        kept = {defined_name(statement) for statement in definitions(class_body(later))}
        tests = [
            defined_name(statement)
            for statement in definitions(class_body(earlier))
            if statement[0] == op.DEF and is_test_function_name(walk.invocation, defined_name(statement))
        ]
        lost = tuple(f"{node.nodeid}::{name}::{test}" for test in tests if test not in kept)
        count = len(set(tests))
    return Loss(
        "M402", f"{node.nodeid}::{name}", Location(path, earlier[1]), lost, count, f"line {later[1]} defines it again"
    )
