"""Checks that IR is of the grammar in `muster.facts.opcodes`; raises `AssertionError` at the first deviation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster.facts import opcodes as op

_BINARY = {"+", "-", "*", "@", "/", "%", "**", "<<", ">>", "|", "^", "&", "//"}
_COMPARE = {"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"}


def check_block(block: Any) -> None:
    """Every statement of `block` is one."""
    assert isinstance(block, (list, tuple))
    for statement in block:
        assert is_line(statement[1])
        _STATEMENTS[statement[0]](*statement[2:])


def check_expression(node: Any) -> None:
    """`node` is an expression."""
    _EXPRESSIONS[node[0]](*node[1:])


def check_optional(node: Any) -> None:
    """`node` is an expression or None."""
    if node is not None:
        check_expression(node)


def check_all(nodes: Any) -> None:
    """`nodes` is a sequence of expressions."""
    assert isinstance(nodes, (list, tuple))
    for node in nodes:
        check_expression(node)


def check_target(node: Any) -> None:
    """`node` is something that can be bound."""
    assert node[0] in (op.NAME, op.ATTR, op.INDEX, op.LIST, op.TUPLE, op.STAR)
    if node[0] in (op.LIST, op.TUPLE):
        for each in node[1]:
            check_target(each)
    elif node[0] == op.STAR:
        check_target(node[1])
    else:
        check_expression(node)


def is_line(value: Any) -> bool:
    """Whether `value` is a 1-based line."""
    return type(value) is int and value > 0


def _one_of(*allowed: Any) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        assert value in allowed, value

    return check


def _of(kind: type | tuple[type, ...]) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        assert isinstance(value, kind), value

    return check


def _row(*checks: Callable[[Any], None]) -> Callable[..., None]:
    def check(*values: Any) -> None:
        assert len(values) == len(checks), values
        for each, value in zip(checks, values, strict=True):
            each(value)

    return check


def _rows(*checks: Callable[[Any], None]) -> Callable[[Any], None]:
    row = _row(*checks)

    def check(values: Any) -> None:
        assert isinstance(values, (list, tuple))
        for each in values:
            row(*each)

    return check


def _targets(nodes: Any) -> None:
    for node in nodes:
        check_target(node)


def _optional_target(node: Any) -> None:
    if node is not None:
        check_target(node)


def _names(values: Any) -> None:
    assert all(isinstance(each, str) for each in values)


def _constant(value: Any) -> None:
    assert value is None or isinstance(value, (bool, int, float, str, bytes))
    assert not (isinstance(value, int) and not -(2**63) <= value < 2**63)


def _parts(parts: Any) -> None:
    for part in parts or ():
        if not isinstance(part, str):
            _row(check_expression, _one_of("", "s", "r", "a"), _parts)(*part)


def _operators(values: Any) -> None:
    assert set(values) <= _COMPARE


def _function(function: Any) -> None:
    _row(_text, _parameters, check_all, _one_of(*range(8)), _names, _line, _line)(*function)


def _parameters(params: Any) -> None:
    pairs = _rows(_text, check_optional)
    _row(pairs, pairs, _optional_text, pairs, _optional_text)(*params)


def _line(value: Any) -> None:
    assert is_line(value)


def _pattern(node: Any) -> None:
    _PATTERNS[node[0]](*node[1:])


def _optional_pattern(node: Any) -> None:
    if node is not None:
        _pattern(node)


def _patterns(nodes: Any) -> None:
    for node in nodes:
        _pattern(node)


_text, _flag = _of(str), _of(bool)
_optional_text = _of((str, type(None)))
_keywords = _rows(_optional_text, check_expression)
_clauses = _rows(check_target, check_expression, check_all, _flag)

_EXPRESSIONS: dict[int, Callable[..., None]] = {
    op.CONST: _row(_constant),
    op.SPECIAL: _row(_one_of("ellipsis", "complex", "bigint", "str"), _text),
    op.NAME: _row(_text),
    op.ATTR: _row(check_expression, _text),
    op.CALL: _row(check_expression, check_all, _keywords),
    op.INDEX: _row(check_expression, check_expression),
    op.SLICE: _row(check_optional, check_optional, check_optional),
    op.BINARY: _row(_one_of(*_BINARY), check_expression, check_expression),
    op.UNARY: _row(_one_of("not", "-", "+", "~"), check_expression),
    op.BOOL: _row(_one_of("and", "or"), check_all),
    op.COMPARE: _row(check_expression, _operators, check_all),
    op.IFEXP: _row(check_expression, check_expression, check_expression),
    op.LAMBDA: _row(_parameters, check_expression),
    op.LIST: _row(check_all),
    op.TUPLE: _row(check_all),
    op.SET: _row(check_all),
    op.DICT: _row(_rows(check_optional, check_expression)),
    op.LISTCOMP: _row(check_expression, _clauses),
    op.SETCOMP: _row(check_expression, _clauses),
    op.GENEXP: _row(check_expression, _clauses),
    op.DICTCOMP: _row(check_expression, check_expression, _clauses),
    op.FSTRING: _row(_parts),
    op.WALRUS: _row(_text, check_expression),
    op.AWAIT: _row(check_expression),
    op.YIELD: _row(check_optional),
    op.YIELD_FROM: _row(check_expression),
    op.STAR: _row(check_expression),
    op.LINE: _row(_line, check_expression),
    op.OPAQUE: _row(check_all),
}

_STATEMENTS: dict[int, Callable[..., None]] = {
    op.EXPR: _row(check_expression),
    op.ASSIGN: _row(_targets, check_expression),
    op.AUG: _row(check_target, _one_of(*_BINARY), check_expression),
    op.ANN: _row(check_target, check_optional, check_optional, _flag),
    op.DELETE: _row(_targets),
    op.IMPORT: _row(_rows(_text, _optional_text)),
    op.FROM: _row(_optional_text, _rows(_text, _optional_text), _of(int)),
    op.IF: _row(check_expression, check_block, check_block),
    op.FOR: _row(check_target, check_expression, check_block, check_block, _flag),
    op.WHILE: _row(check_expression, check_block, check_block),
    op.TRY: _row(
        check_block, _rows(_line, check_optional, _optional_text, check_block), check_block, check_block, _flag
    ),
    op.WITH: _row(_rows(check_expression, _optional_target), check_block, _flag),
    op.DEF: _row(_function, check_all),
    op.CLASS: _row(_text, check_all, _keywords, check_block, check_all, _names, _line, _optional_text),
    op.RETURN: _row(check_optional),
    op.RAISE: _row(check_optional, check_optional),
    op.ASSERT: _row(check_expression, check_optional),
    op.GLOBAL: _row(_names),
    op.NONLOCAL: _row(_names),
    op.PASS: _row(),
    op.BREAK: _row(),
    op.CONTINUE: _row(),
    op.MATCH: _row(check_expression, _rows(_pattern, check_optional, check_block)),
    op.TYPE: _row(_text, _names),
}

_PATTERNS: dict[int, Callable[..., None]] = {
    op.M_VALUE: _row(check_expression),
    op.M_SINGLETON: _row(_one_of(None, True, False)),
    op.M_SEQUENCE: _row(_patterns),
    op.M_MAPPING: _row(check_all, _patterns, _optional_text),
    op.M_CLASS: _row(check_expression, _patterns, _rows(_text, _pattern)),
    op.M_STAR: _row(_optional_text),
    op.M_AS: _row(_optional_pattern, _optional_text),
    op.M_OR: _row(_patterns),
}
