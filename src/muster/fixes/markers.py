"""M307: an unknown marker is spelled as the registered one that is meant, or registered."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from muster.fixes.configuration import add_to_pytest
from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix

_QUOTED = re.compile(r"'(\w+)'\s*$")


def fix_marker(cause: Cause, site: Site) -> Iterator[Fix]:
    """The nearest registered spelling first, where there is one; then a registration."""
    marker = cause.subject
    near = next(
        (found[1] for each in cause.evidence if each.kind == "nearest" and (found := _QUOTED.search(each.text))), ""
    )
    if near:
        changes: dict[str, FileChange | None] = {
            path: site.edit(path, lambda text: respell(text, marker, near)) for path in site.mentioning("mark", marker)
        }
        made = site.present(changes)
        if made:
            where = site.show(made[0].path) if len(made) == 1 else f"{len(made)} files"
            yield Fix("respell", f"write '{near}' instead of '{marker}' in {where}", made)
    configured = add_to_pytest(site, "markers", marker)
    if configured is not None:
        yield Fix(
            "register",
            f"register the marker '{marker}' in {site.show(configured.path)}",
            (configured,),
            choice=bool(near),
        )


def respell(text: str, marker: str, near: str) -> str | None:
    """`text` with every `mark.<marker>` written as `mark.<near>`."""
    tree = parse_tree(text)
    if tree is None:
        return None
    places = Places(text)
    edits: list[Edit] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == marker and _is_mark(node.value):
            end = places.end(node)
            edits.append(Edit(end - len(marker), end, near))
    return apply_edits(text, edits)


def _is_mark(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="mark") | ast.Name(id="mark"):
            return True
        case _:
            return False
