"""What a file's own statements define, read from its IR (see `muster.facts.opcodes`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from muster.facts import opcodes as op


def blocks(statements: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The block itself, and those nested in `if`, `try`, `with`, `for` and `while`, outermost first."""
    yield statements
    for statement in statements:
        for block in _nested(statement):
            yield from blocks(block)


def _nested(statement: Sequence[Any]) -> Iterator[Sequence[Any]]:
    match statement[0]:
        case op.IF:
            yield from (statement[3], statement[4])
        case op.FOR:
            yield from (statement[4], statement[5])
        case op.WHILE:
            yield from (statement[3], statement[4])
        case op.WITH:
            yield statement[3]
        case op.TRY:
            yield statement[2]
            yield from (handler[3] for handler in statement[3])
            yield from (statement[4], statement[5])
        case op.MATCH:
            yield from (case[2] for case in statement[3])
        case _:
            return


def definitions(statements: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Every `def` and `class` statement of a scope, those under conditions included."""
    for block in blocks(statements):
        yield from (statement for statement in block if statement[0] in (op.DEF, op.CLASS))


def defined_name(statement: Sequence[Any]) -> str:
    """The name that a `def` or `class` statement binds."""
    name: str = statement[2][0] if statement[0] == op.DEF else statement[2]
    return name


def class_body(statement: Sequence[Any]) -> Sequence[Any]:
    """The statements in a `class` statement."""
    body: Sequence[Any] = statement[5]
    return body


def find_definition(statements: Sequence[Any], names: Sequence[str]) -> Sequence[Any] | None:
    """The last `def` or `class` that binds `names[-1]` in the classes `names[:-1]`."""
    found = None
    for statement in definitions(statements):
        if defined_name(statement) == names[0]:
            found = statement
    if found is None or len(names) == 1:
        return found
    return find_definition(class_body(found), names[1:]) if found[0] == op.CLASS else None


def find_class_at(statements: Sequence[Any], line: int) -> Sequence[Any] | None:
    """The `class` statement at `line`, nested ones included."""
    for statement in definitions(statements):
        if statement[0] == op.CLASS:
            if statement[1] == line:
                return statement
            found = find_class_at(class_body(statement), line)
            if found is not None:
                return found
    return None


def find_function_at(statements: Sequence[Any], line: int) -> Sequence[Any] | None:
    """The `def` statement at `line`, those in classes included."""
    for statement in definitions(statements):
        if statement[0] == op.CLASS:
            found = find_function_at(class_body(statement), line)
            if found is not None:
                return found
        elif statement[1] == line:
            return statement
    return None


def call_named(node: Any, name: str) -> Sequence[Any] | None:
    """The expression as a call of something whose last name is `name`, None where it is another one."""
    node = bare(node)
    if len(node) != 4 or node[0] != op.CALL:
        return None
    function = bare(node[1])
    is_named = function[0] in (op.NAME, op.ATTR) and function[-1] == name
    return node if is_named else None


def bare(node: Any) -> Sequence[Any]:
    """The expression inside `LINE` wrappers."""
    while isinstance(node, (list, tuple)) and len(node) == 3 and node[0] == op.LINE:
        node = node[2]
    return node if isinstance(node, (list, tuple)) and node else (None,)


def last_name(node: Any) -> str:
    """`c` of the expressions `c`, `a.b.c` and `a.b.c(...)`; "" of others."""
    while isinstance(node, (list, tuple)) and node:
        if node[0] == op.LINE and len(node) == 3:
            node = node[2]
        elif node[0] == op.CALL and len(node) == 4:
            node = node[1]
        elif node[0] in (op.ATTR, op.NAME):
            return str(node[-1])
        else:
            return ""
    return ""
