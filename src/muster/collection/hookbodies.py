"""What a hook does with the collected items, read from its body (see `muster.facts.opcodes`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from muster.collection.definitions import bare
from muster.facts import opcodes as op

_MUTATORS = frozenset(
    {"remove", "clear", "pop", "insert", "append", "extend", "sort", "reverse", "__setitem__", "__delitem__"}
)
_HARMLESS_CALLS = frozenset(
    {"len", "print", "enumerate", "isinstance", "str", "any", "all", "next", "iter", "getattr", "hasattr"}
)


def item_changes(statements: Sequence[Any], items: str) -> str:
    """What the body may do to the items ("" where nothing): a hook that only adds markers is harmless."""
    reasons = []
    for node in _nodes(statements):
        # Statements and expressions share the numbers of their codes; a statement's second element is its line.
        is_statement = len(node) > 1 and isinstance(node[0], int) and isinstance(node[1], int)
        reason = _statement_change(node, items) if is_statement else _expression_change(node, items)
        if reason:
            reasons.append(reason)
    return reasons[0] if reasons else ""


def _statement_change(node: Sequence[Any], items: str) -> str:
    code = node[0]
    targets: list[Any] = []
    if len(node) < 3:
        return ""
    if code in (op.ASSIGN, op.DELETE) and isinstance(node[2], (list, tuple)):
        targets = list(node[2])
    elif code in (op.AUG, op.ANN):
        targets = [node[2]]
    for target in targets:
        if not isinstance(target, (list, tuple)) or not target:
            continue
        if _is_slice_of(target, items):
            return "may drop or reorder items"
        if target[0] == op.ATTR and target[2] in ("_nodeid", "name", "items"):
            return "may rename items" if target[2] != "items" else "may drop or reorder items"
        if code == op.AUG and _is_name(target, items):
            return "may add items"
    return ""


def _expression_change(node: Sequence[Any], items: str) -> str:
    if len(node) != 4 or node[0] != op.CALL or not isinstance(node[1], (list, tuple)):
        return ""
    function = bare(node[1])
    if function[0] == op.ATTR:
        if function[2] in _MUTATORS and _is_items(function[1], items):
            return "may drop or reorder items"
        if function[2] == "pytest_deselected":
            return "deselects items"
    if any(_is_name(argument, items) for argument in node[2]) and items == "items" and not _is_harmless(function):
        return "hands the items on"
    return ""


def _is_harmless(function: Sequence[Any]) -> bool:
    return function[0] == op.NAME and function[1] in _HARMLESS_CALLS


def _is_slice_of(node: Any, items: str) -> bool:
    node = bare(node)
    return bool(node[0] == op.INDEX and len(node) == 3 and _is_items(node[1], items))


def _is_items(node: Any, items: str) -> bool:
    node = bare(node)
    return _is_name(node, items) or (len(node) == 3 and node[0] == op.ATTR and node[2] == "items" and items == "items")


def _is_name(node: Any, name: str) -> bool:
    node = bare(node)
    return bool(len(node) == 2 and node[0] == op.NAME and node[1] == name)


def mentions(statements: Sequence[Any], attribute: str) -> bool:
    """Whether the body reads an attribute of that name."""
    return any(len(node) == 3 and node[0] == op.ATTR and node[2] == attribute for node in _nodes(statements))


def _nodes(value: Any) -> Iterator[Sequence[Any]]:
    """Every sequence below, in any nesting: statements, expressions and the lists that hold them."""
    if isinstance(value, (list, tuple)):
        yield value
        for part in value:
            yield from _nodes(part)
