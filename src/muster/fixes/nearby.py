"""Which top-level statements of a file an import's new spelling concerns, so that only those are taken apart.

LibCST with its scopes costs seconds for a file of some thousand lines; the statements that spell a module are few.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from muster.fixes.source import Edit, Places

_BINDERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Concern:
    """What is spelled anew: the dotted name `old`, and the last part that a name of it may be renamed to."""

    old: str
    is_name: bool
    new_tail: str = ""

    @property
    def tail(self) -> str:
        """The last part of the name."""
        return self.old.rpartition(".")[2]


def statement_lines(tree: ast.Module, concern: Concern) -> list[tuple[int, int]]:
    """First and last line of each top-level statement that holds an import or a string of concern; none overlap."""
    ranges: list[tuple[int, int]] = []
    for statement in tree.body:
        decorators = statement.decorator_list if isinstance(statement, _BINDERS) else []
        first = min([statement.lineno, *(each.lineno for each in decorators)])
        last = statement.end_lineno or statement.lineno
        is_concerned = any(_is_concerned(node, concern) for node in ast.walk(statement))
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1])) if is_concerned else ranges[-1]
        elif is_concerned:
            ranges.append((first, last))
    return _with_their_lines(ranges, tree.body)


def needs_scopes(tree: ast.Module, concern: Concern) -> bool:
    """Whether expressions may name what moved, so that only scopes tell what they mean."""
    imported = set(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and not concern.is_name:
            if any(binds_its_top(alias, concern.old) for alias in node.names):
                return True
        elif isinstance(node, ast.Attribute) and node.attr == concern.tail and _root(node) in imported:
            return True
    return False


def binds_its_top(alias: ast.alias, old: str) -> bool:
    """Whether `import old.x` (or `import a.old`) makes expressions spell out what moved."""
    return alias.asname is None and "." in alias.name and _is_below(alias.name, old)


def renamed_uses(tree: ast.Module, text: str, concern: Concern) -> list[Edit] | None:
    """The uses of a renamed name; None where something else in the file may be called so."""
    places, edits, imports, first_use = Places(text), [], [], len(text)
    home = concern.old.rpartition(".")[0].rpartition(".")[2]
    # What an import in a function or class body binds is no name of the rest of the file.
    inside = {id(inner) for node in ast.walk(tree) if isinstance(node, _BINDERS) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
            if concern.new_tail in bound or (
                concern.tail in bound and (_home(node) != home or concern.tail in _aliases(node) or id(node) in inside)
            ):
                return None
            imports += [places.start(node)] if concern.tail in bound else []
        elif isinstance(node, ast.Name) and node.id == concern.tail:
            if not isinstance(node.ctx, ast.Load):
                return None
            edits.append(Edit(places.start(node), places.end(node), concern.new_tail))
            first_use = first_use if id(node) in inside else min(first_use, places.start(node))
        elif _binds(node) & {concern.tail, concern.new_tail}:
            return None
        elif isinstance(node, (ast.Global, ast.Nonlocal, ast.JoinedStr)) or (
            isinstance(node, ast.Name) and node.id == concern.new_tail
        ):
            return None  # an f-string's parts have no places before Python 3.12
    return edits if len(imports) == 1 and imports[0] < first_use else None


def _home(node: ast.Import | ast.ImportFrom) -> str:
    """The last part of the module that the statement imports names from."""
    return (node.module or "").rpartition(".")[2] if isinstance(node, ast.ImportFrom) else ""


def _aliases(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {alias.asname for alias in node.names if alias.asname}


def _binds(node: ast.AST) -> set[str]:
    """Names that a node binds without a `Name` of its own."""
    names = (
        {getattr(node, "name", None)}
        if isinstance(node, (*_BINDERS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar))
        else set()
    )
    if isinstance(node, ast.arg):
        names.add(node.arg)
    return {name for name in names if name}


def _is_concerned(node: ast.AST, concern: Concern) -> bool:
    match node:
        case ast.ImportFrom(module=module, names=names):
            parts = (module or "").split(".")
            wanted = concern.old.split(".")
            return concern.tail in parts or any(alias.name == concern.tail for alias in names) or parts[-1] in wanted
        case ast.Import(names=names):
            return any(_is_below(alias.name, concern.old) for alias in names)
        case ast.Constant(value=str(value)):
            return _is_below(value, concern.old)
        case _:
            return False


def _is_below(name: str, old: str) -> bool:
    return name == old or name.startswith(old + ".")


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _with_their_lines(ranges: Sequence[tuple[int, int]], body: Sequence[ast.stmt]) -> list[tuple[int, int]]:
    """`ranges` grown to hold every statement that shares a line with them (`x = 1; from a import b`)."""
    grown: list[tuple[int, int]] = []
    for first, last in ranges:
        for statement in body:
            if statement.lineno <= last and (statement.end_lineno or 0) >= first:
                first, last = min(first, statement.lineno), max(last, statement.end_lineno or 0)
        grown.append((first, last))
    merged: list[tuple[int, int]] = []
    for first, last in grown:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
