"""Whole statements put into a file or taken out of it, in the style of what stands there."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline


def add_import(text: str, statement: str) -> str | None:
    """`text` with the import `statement` behind its leading imports (its docstring, where it has none)."""
    tree = parse_tree(text)
    if tree is None:
        return None
    newline, places = usual_newline(text), Places(text)
    last = _last_of_the_head(tree)
    if last is None:
        start = places.line_start(_first_line(text))
        gap = newline * 2 if text[start:].strip() else ""
        return text[:start] + statement + newline + gap + text[start:]
    is_docstring = isinstance(last, ast.Expr)
    position = places.line_start((last.end_lineno or last.lineno) + 1)
    head = text[:position] if text[:position].endswith(("\n", "\r")) else text[:position] + newline
    if any(each is not last and each.lineno == last.end_lineno for each in tree.body):
        return None  # `import a; run()`: something stands behind it on its line
    return head + (newline if is_docstring else "") + statement + newline + text[position:]


def add_after_imports(text: str, statement: str) -> str | None:
    """`text` with `statement`, which is no import, behind its leading imports."""
    tree = parse_tree(text)
    if tree is None:
        return None
    newline, places = usual_newline(text), Places(text)
    last = _last_of_the_head(tree)
    line = (last.end_lineno or last.lineno) + 1 if last is not None else _first_line(text)
    at = places.line_start(line)
    if any(each is not last and last is not None and each.lineno == last.end_lineno for each in tree.body):
        return None  # `import a; run()`: something stands behind it on its line
    head = text[:at] if not text[:at] or text[:at].endswith(("\n", "\r")) else text[:at] + newline
    return head + (newline if last is not None else "") + statement + newline + text[at:]


def remove_statement(text: str, statement: ast.stmt, body: list[ast.stmt]) -> str:
    """`text` without `statement` of the block `body`; a block of nothing else gets a `pass`."""
    places = Places(text)
    alone = len(body) == 1
    first, last = places.start(statement), places.end(statement)
    line = places.line_start(statement.lineno)
    shares = text[line:first].strip() or any(
        other is not statement
        and other.lineno <= (statement.end_lineno or 0)
        and (other.end_lineno or 0) >= statement.lineno
        for other in body
    )
    if alone and not isinstance(statement, ast.Module):
        return apply_edits(text, [Edit(first, last, "pass")])
    if shares:
        after = [each for each in body if places.start(each) > first]
        end = places.start(after[0]) if after and after[0].lineno == statement.end_lineno else last
        return (
            apply_edits(text, [Edit(first, end, "")]) if end != last else apply_edits(text, [Edit(first, last, "pass")])
        )
    return apply_edits(text, [Edit(line, places.line_start((statement.end_lineno or statement.lineno) + 1), "")])


def bound_names(statement: ast.stmt) -> set[str]:
    """The names that a top-level statement binds in its module."""
    names: set[str] = set()
    waiting: Sequence[ast.AST] = [statement]
    while waiting:
        node, *waiting = waiting
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
                continue
            case ast.Import(names=aliases):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in aliases}
            case ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                continue
            case _:
                pass
        waiting = [*ast.iter_child_nodes(node), *waiting]
    return names


def block_of(tree: ast.Module, line: int) -> tuple[ast.stmt, list[ast.stmt]] | None:
    """The innermost statement that begins on `line` or spans it, and the block that it stands in."""
    found: tuple[ast.stmt, list[ast.stmt]] | None = None
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for statement in block:
                spans = isinstance(statement, ast.stmt) and statement.lineno <= line <= (statement.end_lineno or 0)
                if spans and (found is None or statement.lineno >= found[0].lineno):
                    found = (statement, block)
    return found


def _last_of_the_head(tree: ast.Module) -> ast.stmt | None:
    """The docstring or the last of the imports that the module begins with."""
    last: ast.stmt | None = None
    for position, statement in enumerate(tree.body):
        is_docstring = (
            position == 0
            and isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str)
        )
        if not is_docstring and not isinstance(statement, (ast.Import, ast.ImportFrom)):
            break
        last = statement
    return last


def _first_line(text: str) -> int:
    """The line behind a shebang, a coding line and the comment that they begin."""
    number = 1
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.startswith("#"):
            break
        number += 1
    return number
