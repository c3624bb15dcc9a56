"""M205: one edge of an import cycle is deferred into the functions that use it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from muster.facts.scopes import has_lazy_annotations
from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline
from muster.fixes.statements import block_of, remove_statement
from muster.model.cause import Cause
from muster.model.fix import Fix

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def fix_cycle(cause: Cause, site: Site) -> Iterator[Fix]:
    """The edge that the diagnosis names first, then every other one of the cycle."""
    edges = [(each.path, each.line) for each in cause.evidence if each.kind == "edge" and each.path and each.line]
    edges += [(each.path, each.line) for each in cause.evidence if each.kind == "cycle" and each.path and each.line]
    for path, line in dict.fromkeys(edges):
        change = site.edit(path, lambda text, at=line: defer_import(text, at))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
        if change is not None:
            yield Fix("defer", f"move the import at {site.show(path)}:{line} into the functions that use it", (change,))


def defer_import(text: str, line: int) -> str | None:
    """`text` with the module-level import on `line` inside of each function that uses its names; None where module level or a
    class body uses one."""
    tree = parse_tree(text)
    found = block_of(tree, line) if tree is not None else None
    if tree is None or found is None or found[1] is not tree.body:
        return None
    statement = found[0]
    if not isinstance(statement, (ast.Import, ast.ImportFrom)) or any(alias.name == "*" for alias in statement.names):
        return None
    names = {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    functions = [each for each in _outermost(tree) if any(_uses(part, names) for part in each.body)]
    inside = {id(node) for function in functions for part in function.body for node in ast.walk(part)}
    used_outside = [
        node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in names and id(node) not in inside
    ]
    if used_outside and not _only_annotations(used_outside, tree):
        return None
    places, newline = Places(text), usual_newline(text)
    spelled = text[places.start(statement) : places.end(statement)]
    edits: list[Edit] = []
    for function in functions:
        body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
        if not body:
            return None
        if body[0].lineno == (function.body[0].lineno if body is not function.body else function.lineno):
            edits.append(_on_lines_of_its_own(text, spelled, function, body[0], places))
            continue
        start = places.line_start(_first_line(body[0]))
        indent = places.indent(body[0].lineno)
        edits.append(Edit(start, start, f"{indent}{spelled}{newline}{newline}"))
    return apply_edits_and_remove(text, edits, statement, tree)


def _on_lines_of_its_own(
    text: str, spelled: str, function: ast.FunctionDef | ast.AsyncFunctionDef, first: ast.stmt, places: Places
) -> Edit:
    """`def f(): return x` with the import before the statement, each on its line."""
    start, newline = places.start(first), usual_newline(text)
    indent = places.indent(function.lineno)
    inner = newline + indent + ("\t" if "\t" in indent else "    ")
    before = len(text[:start].rstrip(" \t"))
    return Edit(before, start, f"{inner}{spelled}{newline}{inner}")


def apply_edits_and_remove(text: str, edits: list[Edit], statement: ast.stmt, tree: ast.Module) -> str:
    """`text` with `edits`, all of which stand below `statement`, and without it."""
    changed = apply_edits(text, [edit for edit in edits if edit.start > Places(text).start(statement)])
    above = [edit for edit in edits if edit.start <= Places(text).start(statement)]
    return apply_edits(remove_statement(changed, statement, tree.body), above)


def _outermost(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS):
            yield child
        else:
            yield from _outermost(child)


def _uses(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))


def _only_annotations(uses: list[ast.Name], tree: ast.Module) -> bool:
    """Whether all uses are annotations that nobody evaluates."""
    is_lazy = has_lazy_annotations(tree)
    annotated = {
        id(inner)
        for node in ast.walk(tree)
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if part is not None
        for inner in ast.walk(part)
    }
    return is_lazy and all(id(use) in annotated for use in uses)


def _first_line(statement: ast.stmt) -> int:
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        return min([statement.lineno, *(each.lineno for each in statement.decorator_list)])
    return statement.lineno
