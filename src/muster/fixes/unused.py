"""An import that fails and whose names nobody uses: it can go."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import libcst as cst

from muster.fixes.import_syntax import spelled, without
from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline
from muster.fixes.statements import block_of, remove_statement
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix


def fix_unused(cause: Cause, site: Site) -> Iterator[Fix]:
    """The import taken out wherever the cause shows, if no name of it is used there."""
    module, _, name = cause.subject.partition(":")
    places = {(each.path, each.line) for each in cause.evidence if each.kind == "import" and each.path and each.line}
    if cause.culprit is not None and cause.culprit.line:
        places.add((cause.culprit.path, cause.culprit.line))
    changes: dict[str, FileChange | None] = {}
    for path, line in sorted(places):
        if path.endswith("/__init__.py") or path in changes:
            continue
        changes[path] = site.edit(path, lambda text, at=line: without_unused(text, at, name))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
    made = site.present(changes)
    if made and len(made) == len({path for path, _ in places}):
        where = site.show(made[0].path) if len(made) == 1 else f"{len(made)} files"
        what = f"'{name}' from '{module}'" if name else f"'{module}'"
        yield Fix("unused", f"remove the import of {what} from {where}, which never uses it", made)


def without_unused(text: str, line: int, name: str = "") -> str | None:
    """`text` without the import on `line`, or without `name` in it; None where anything of that is used."""
    tree = parse_tree(text)
    found = block_of(tree, line) if tree is not None else None
    if found is None or not isinstance(found[0], (ast.Import, ast.ImportFrom)):
        return None
    statement, block = found
    assert isinstance(statement, (ast.Import, ast.ImportFrom))
    gone = [alias for alias in statement.names if not name or alias.name == name]
    if not gone or any(alias.name == "*" or _is_used(alias, statement, text) for alias in gone):
        return None
    kept = [alias for alias in statement.names if alias not in gone]
    if not kept:
        return remove_statement(text, statement, block)
    places = Places(text)
    first, last = places.start(statement.names[0]), places.end(statement.names[-1])
    if "#" in text[first:last] or "\n" in text[first:last] or "\r" in text[first:last]:
        return _without_lines(text, statement, {alias.name for alias in gone}, places)
    names = ", ".join(text[places.start(alias) : places.end(alias)] for alias in kept)
    return apply_edits(text, [Edit(first, last, names)])


def _without_lines(
    text: str, statement: ast.Import | ast.ImportFrom, gone: set[str], places: Places
) -> str | None:  # fmt: skip
    """The same for an import of several lines: their comments go and stay with their names."""
    start, end = places.start(statement), places.end(statement)
    try:
        line = cst.parse_statement(text[start:end])
    except (cst.ParserSyntaxError, RecursionError):
        return None
    node = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
        return None
    kept = without(node, [alias for alias in node.names if spelled(alias.name) in gone])
    return apply_edits(
        text, [Edit(start, end, cst.Module([], default_newline=usual_newline(text)).code_for_node(kept))]
    )


def _is_used(alias: ast.alias, statement: ast.Import | ast.ImportFrom, text: str) -> bool:
    """Whether the name stands anywhere else, be it in a string or a comment."""
    bound = alias.asname or alias.name.partition(".")[0]
    places = Places(text)
    rest = text[: places.start(statement)] + text[places.end(statement) :]
    return re.search(rf"\b{re.escape(bound)}\b", rest) is not None
