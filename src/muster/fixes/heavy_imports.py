"""M502: every import of the project that leads to a heavy module is moved to where it is used."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from muster.facts.import_uses import FileRole
from muster.fixes.deferral import defer_import, imports_at, lazy_import
from muster.fixes.site import Site
from muster.fixes.source import parse_tree
from muster.model.fix import FileChange, Fix
from muster.model.profile import HeavyImport, HeavyStatement

LAZY_IMPORTS = (3, 15)
"""PEP 810."""


def fix_heavy_import(
    heavy: HeavyImport, site: Site, role: Callable[[str], FileRole], floor: tuple[int, int]
) -> Fix | None:
    """The fix of `heavy` in the files as `site` has them; None where one of its statements cannot be moved any more.

    `role` tells what decides over the uses in a file, `floor` is the least Python of the project.
    """
    texts: dict[str, str] = {}
    # From the last one on: of several in one function the first then stands first.
    for statement in reversed(heavy.statements):
        source = site.source(statement.path)
        text = texts.get(statement.path) or (source.text if source is not None else "")
        changed = _moved(text, statement, role(statement.path), floor)
        if changed is None:
            return None
        texts[statement.path] = changed
    changes = [change for path, text in sorted(texts.items()) if (change := _change(site, path, text)) is not None]
    if len(changes) != len(texts):
        return None
    return Fix("defer", _title(heavy, floor), tuple(changes))


def _change(site: Site, path: str, text: str) -> FileChange | None:
    return site.edit(path, lambda _: text)


def _title(heavy: HeavyImport, floor: tuple[int, int]) -> str:
    if floor >= LAZY_IMPORTS:
        return f"import {heavy.module} lazily"
    return f"import {heavy.module} where it is used"


def _moved(text: str, statement: HeavyStatement, role: FileRole, floor: tuple[int, int]) -> str | None:
    tree = parse_tree(text)
    line = _line_now(tree, statement) if tree is not None else 0
    if not line:
        return None
    if floor >= LAZY_IMPORTS:
        return lazy_import(text, line, statement.module, statement.aliases)
    return defer_import(text, line, statement.module, statement.aliases, role)


def _line_now(tree: ast.Module, statement: HeavyStatement) -> int:
    """Where the statement stands now that others of its file may have moved; 0 where that is not certain."""
    lines = [
        each.lineno
        for each in tree.body
        if isinstance(each, (ast.Import, ast.ImportFrom))
        and _imports(each, statement)
        and imports_at(tree, each.lineno, statement.module, statement.aliases) is not None
    ]
    if statement.line in lines:
        return statement.line
    return lines[0] if len(lines) == 1 else 0


def _imports(node: ast.Import | ast.ImportFrom, statement: HeavyStatement) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == statement.module for alias in node.names)
    if node.level:
        is_same = not node.module or statement.module.endswith(node.module)
    else:
        is_same = node.module == statement.module
    return is_same and _has_names(node, statement.aliases)


def _has_names(node: ast.ImportFrom, names: Sequence[str]) -> bool:
    return set(names) <= {alias.name for alias in node.names}
