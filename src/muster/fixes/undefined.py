"""M302: a name that nothing binds gets the import that would bind it."""

from __future__ import annotations

from collections.abc import Iterator

from muster.fixes.site import Site
from muster.fixes.source import parse_tree
from muster.fixes.statements import add_import
from muster.model.cause import Cause
from muster.model.fix import Fix


def fix_undefined(cause: Cause, site: Site) -> Iterator[Fix]:
    """One fix for each import that the diagnosis names, the most usual first."""
    if cause.culprit is None:
        return
    path = cause.culprit.path
    for statement in [each.text for each in cause.evidence if each.kind == "import"][:3]:
        if parse_tree(statement) is None:
            continue
        change = site.edit(path, lambda text, line=statement: add_import(text, line))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
        if change is not None:
            yield Fix("import", f"add '{statement}' to {site.show(path)}", (change,))
