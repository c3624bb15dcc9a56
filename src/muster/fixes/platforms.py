"""M109: a module that only another platform or version has is imported where it is there, and None elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline
from muster.fixes.statements import block_of
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix


def fix_platform(cause: Cause, site: Site) -> Iterator[Fix]:
    """The import guarded wherever it fails."""
    places = [(each.path, each.line) for each in cause.evidence if each.kind == "import" and each.path and each.line]
    if cause.culprit is not None and cause.culprit.line:
        places.append((cause.culprit.path, cause.culprit.line))
    changes: dict[str, FileChange | None] = {}
    for path, line in sorted(places):
        changes.setdefault(path, site.edit(path, lambda text, at=line: guard_import(text, at)))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
    made = site.present(changes)
    if made:
        where = site.show(made[0].path) if len(made) == 1 else f"{len(made)} files"
        yield Fix("guard", f"guard the import of '{cause.subject}' in {where}: None where it is not there", made)


def guard_import(text: str, line: int) -> str | None:
    """`text` with the import on `line` in a `try`, and its names None where it fails."""
    tree = parse_tree(text)
    found = block_of(tree, line) if tree is not None else None
    if found is None or not isinstance(found[0], (ast.Import, ast.ImportFrom)):
        return None
    statement, block = found[0], found[1]
    assert isinstance(statement, (ast.Import, ast.ImportFrom))
    shares = any(other is not statement and other.lineno == statement.lineno for other in block)
    if shares or any(alias.name == "*" for alias in statement.names):
        return None
    places, newline = Places(text), usual_newline(text)
    start, end = places.start(statement), places.end(statement)
    indent = places.indent(statement.lineno)
    step = "\t" if "\t" in indent else "    "
    if text[places.line_start(statement.lineno) : start] != indent:
        return None
    names = [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    nothing = newline.join(f"{indent}{step}{name} = None" for name in dict.fromkeys(names))
    guarded = f"try:{newline}{indent}{step}{text[start:end]}{newline}{indent}except ImportError:{newline}{nothing}"
    return apply_edits(text, [Edit(start, end, guarded)])
