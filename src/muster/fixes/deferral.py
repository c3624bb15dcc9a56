"""An import moved from module level to where it is needed: into functions, under `TYPE_CHECKING`, or made lazy."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from muster.facts.import_uses import FileRole, Function, ImportUse, use_of_names
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline
from muster.fixes.statements import add_import

_WIDTH = 100
_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Moved:
    """What is taken out of one statement: the aliases, and the names that they bind."""

    statement: ast.Import | ast.ImportFrom
    aliases: tuple[ast.alias, ...]

    @property
    def names(self) -> frozenset[str]:
        """What the file calls them."""
        return frozenset(map(_bound, self.aliases))


def imports_at(tree: ast.Module, line: int, module: str, names: Sequence[str]) -> Moved | None:
    """What the statement on `line` of top level imports of `module` (its last part, for a relative one): its `names`, or
    everything where none are given. None where there is no such statement, or where it is a star import."""
    for statement in tree.body:
        if not isinstance(statement, _IMPORTS) or not statement.lineno <= line <= (statement.end_lineno or 0):
            continue
        if isinstance(statement, ast.Import):
            taken = tuple(alias for alias in statement.names if alias.name == module)
        else:
            taken = tuple(alias for alias in statement.names if not names or alias.name in names)
        if taken and all(alias.name != "*" for alias in taken):
            return Moved(statement, taken)
    return None


def use_at(tree: ast.Module, line: int, module: str, names: Sequence[str], role: FileRole) -> ImportUse:
    """How the file uses what `imports_at` finds."""
    moved = imports_at(tree, line, module, names)
    if moved is None:
        return ImportUse("import time", "it is no plain import statement at top level", line)
    if isinstance(moved.statement, ast.ImportFrom) and moved.statement.module == "__future__":
        return ImportUse("import time", "it is for the compiler", line)
    return use_of_names(tree, moved.statement, moved.names, role)


def defer_import(text: str, line: int, module: str, names: Sequence[str], role: FileRole) -> str | None:
    """`text` with the import moved into every function that uses it, and under `TYPE_CHECKING` for its annotations; None
    where something needs it at import time or the text cannot be edited safely."""
    tree = parse_tree(text)
    moved = imports_at(tree, line, module, names) if tree is not None else None
    if tree is None or moved is None:
        return None
    use = use_at(tree, line, module, names, role)
    if use.kind not in ("functions", "annotations", "both"):
        return None
    edits: list[Edit] = []
    functions = {
        each.lineno: each for each in ast.walk(tree) if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    for number, wanted in use.functions:
        edit = _into_function(text, functions[number], moved, frozenset(wanted))
        if edit is None:
            return None
        edits.append(edit)
    return _without(text, tree, moved, edits, frozenset(use.annotated))


def lazy_import(text: str, line: int, module: str, names: Sequence[str]) -> str | None:
    """`text` with the statement made a `lazy import` (PEP 810, Python 3.15); None where it brings more than was asked for."""
    tree = parse_tree(text)
    moved = imports_at(tree, line, module, names) if tree is not None else None
    if moved is None or len(moved.aliases) != len(moved.statement.names):
        return None
    start = Places(text).start(moved.statement)
    return apply_edits(text, [Edit(start, start, "lazy ")])


def _without(
    text: str, tree: ast.Module, moved: Moved, edits: list[Edit], annotated: frozenset[str]
) -> str | None:  # fmt: skip
    """`text` with `edits`, and the statement without what was moved; what annotations name stays for type checkers."""
    places, newline, statement = Places(text), usual_newline(text), moved.statement
    start, end = places.start(statement), places.end(statement)
    kept = [alias for alias in statement.names if alias not in moved.aliases]
    if "#" in text[start:end] and kept:
        return None  # a comment among the names, and nobody knows to which of them it belongs
    checked = [alias for alias in moved.aliases if _bound(alias) in annotated]
    parts = [newline.join(_spelled(statement, kept, "", newline))] if kept else []
    if checked:
        parts.append(newline.join(["if TYPE_CHECKING:", *_spelled(statement, checked, "    ", newline)]))
    if not _stands_alone(text, tree, statement, places):
        return None
    if parts:
        changed = apply_edits(text, [*edits, Edit(start, end, newline.join(parts))])
    else:
        if len(tree.body) == 1:
            return None
        first = places.line_start(statement.lineno)
        last = _without_gap(text, first, places.line_start((statement.end_lineno or 0) + 1))
        changed = apply_edits(text, [*edits, Edit(first, last, "")])
    return _with_flag(changed, tree) if checked else changed


def _without_gap(text: str, first: int, last: int) -> int:
    """Where what follows begins once the lines from `first` to `last` are gone: one gap where there were two, none at the top."""
    above = text[:first].splitlines()
    for line in text[last:].splitlines(keepends=True):
        if line.strip() or (above and above[-1].strip()):
            break
        last += len(line)
        if above:
            break
    return last


def _with_flag(text: str, before: ast.Module) -> str | None:
    """`text` with `TYPE_CHECKING` imported, where the file does not bind it yet."""
    for each in before.body:
        names = each.names if isinstance(each, ast.ImportFrom) and each.module == "typing" else ()
        if any(alias.name == "TYPE_CHECKING" and alias.asname is None for alias in names):
            return text
    return add_import(text, "from typing import TYPE_CHECKING")


def _stands_alone(text: str, tree: ast.Module, statement: ast.stmt, places: Places) -> bool:
    """Whether nothing else stands on the lines of the statement."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    if text[places.line_start(first) : places.start(statement)].strip():
        return False
    return not any(
        each is not statement and each.lineno <= last and (each.end_lineno or each.lineno) >= first
        for each in tree.body
    )


def _into_function(text: str, function: Function, moved: Moved, names: frozenset[str]) -> Edit | None:
    """The edit that imports `names` first in `function`, behind its docstring."""
    places, newline = Places(text), usual_newline(text)
    has_docstring = ast.get_docstring(function, clean=False) is not None
    body = function.body[1:] if has_docstring else function.body
    aliases = [alias for alias in moved.aliases if _bound(alias) in names]
    if not body:
        return None  # nothing but a docstring uses nothing
    first = body[0]
    line = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", ()))])
    indent = places.indent(line)
    start = places.line_start(line)
    if text[start : places.start(first)].strip() and line == first.lineno:
        inner = places.indent(function.lineno) + ("\t" if "\t" in indent else "    ")
        begin = places.start(first)
        before = len(text[:begin].rstrip(" \t"))
        if has_docstring:
            return None  # `def f(): "text"; x`: on one line, with a semicolon
        lines = _spelled(moved.statement, aliases, inner, newline)
        return Edit(before, begin, newline + newline.join(lines) + newline + inner)
    lines = _spelled(moved.statement, aliases, indent, newline)
    gap = "" if isinstance(first, _IMPORTS) else newline
    return Edit(start, start, newline.join(lines) + newline + gap)


def _spelled(
    statement: ast.Import | ast.ImportFrom, aliases: Sequence[ast.alias], indent: str, newline: str
) -> list[str]:  # fmt: skip
    """The statement with these aliases only, as lines."""
    names = [alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in aliases]
    if isinstance(statement, ast.Import):
        return [f"{indent}import {', '.join(names)}"]
    head = f"{indent}from {'.' * statement.level}{statement.module or ''} import "
    if len(head) + len(", ".join(names)) <= _WIDTH:
        return [head + ", ".join(names)]
    return [f"{head}(", *(f"{indent}    {name}," for name in names), f"{indent})"]


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]
