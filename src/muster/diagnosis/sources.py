"""Where a name came from that a module only passed on: read off the import statement that brought it."""

from __future__ import annotations

import ast

from muster.diagnosis.case import Case
from muster.index.spelling import resolve_relative


def passed_on_from(statement: str, name: str, path: str, case: Case) -> tuple[str, str]:
    """Module and original name of the import `statement` of the file `path` that bound `name`; ("", "") where it is none."""
    try:
        body = ast.parse(statement.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", ""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if name in (alias.asname, alias.name):
                    module = resolve_relative(node.module or "", node.level, path, case.index.roots)
                    return module, alias.name
    return "", ""
