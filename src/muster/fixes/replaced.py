"""M110: a statement that puts another module into `sys.modules` for the whole session does it for its own tests only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline
from muster.fixes.statements import add_import, block_of, remove_statement
from muster.model.cause import Cause
from muster.model.fix import Fix


def fix_replaced(cause: Cause, site: Site) -> Iterator[Fix]:
    """The real module put back behind the imports of the file, which still meet the other one; else the statement in a
    fixture, where none of them does; else the statement gone."""
    place = cause.culprit
    if place is None or not place.line:
        return
    where = f"{site.show(place.path)}:{place.line}"
    change = site.edit(place.path, lambda text: put_back(text, place.line))
    if change is not None:
        yield Fix("put-back", f"put '{cause.subject}' back behind the imports that {where} is for", (change,))
    change = site.edit(place.path, lambda text: in_fixture(text, place.line))
    if change is not None:
        yield Fix(
            "fixture", f"replace '{cause.subject}' in a fixture, for each test of its own, not at {where}", (change,)
        )
    change = site.edit(place.path, lambda text: _deleted(text, place.line))
    if change is not None:
        yield Fix("delete-line", f"delete {where}", (change,), choice=True)


def in_fixture(text: str, line: int) -> str | None:
    """`text` with the top-level `sys.modules[name] = stub` on `line` done by a fixture for each test of the file."""
    found = _replacement(text, line)
    if found is None:
        return None
    tree, statement, target = found
    places, newline = Places(text), usual_newline(text)
    owner = text[places.start(target.value) : places.end(target.value)]
    key = text[places.start(target.slice) : places.end(target.slice)]
    value = text[places.start(statement.value) : places.end(statement.value)]
    name = f"_replace_{_word(key)}"
    if "\n" in value or "\r" in value or _binds(tree, name):
        return None
    lines = (
        "@pytest.fixture(autouse=True)",
        f"def {name}(monkeypatch):",
        f"    monkeypatch.setitem({owner}, {key}, {value})",
    )
    at, end = places.start(statement), places.end(statement)
    if (
        text[places.line_start(statement.lineno) : at]
        or text[end : places.line_start((statement.end_lineno or 0) + 1)].strip()
    ):
        return None
    changed = apply_edits(text, [Edit(at, end, newline.join(("", *lines, "")))])
    return changed if _binds(tree, "pytest") else add_import(changed, "import pytest")


def put_back(text: str, line: int) -> str | None:
    """`text` with what was in `sys.modules` before remembered, and put back behind the last import of the file's head."""
    found = _replacement(text, line)
    if found is None:
        return None
    tree, statement, target = found
    later = [each for each in tree.body if isinstance(each, (ast.Import, ast.ImportFrom)) and each.lineno > line]
    places, newline = Places(text), usual_newline(text)
    owner = text[places.start(target.value) : places.end(target.value)]
    key = text[places.start(target.slice) : places.end(target.slice)]
    name = f"_replaced_{_word(key)}"
    if not later or _binds(tree, name) or any(
        other is not last and other.lineno <= (last.end_lineno or 0) <= (other.end_lineno or 0)
        for last in later[-1:] for other in tree.body
    ):  # fmt: skip
        return None
    before = f"{name} = {owner}.get({key}){newline}"
    after = (
        f"if {name} is None:{newline}    del {owner}[{key}]{newline}else:{newline}    {owner}[{key}] = {name}{newline}"
    )
    at, end = places.line_start(statement.lineno), places.line_start((later[-1].end_lineno or 0) + 1)
    gap = "" if text[:end].endswith(("\n", "\r")) else newline
    return apply_edits(text, [Edit(at, at, before), Edit(end, end, gap + after)])


def _replacement(text: str, line: int) -> tuple[ast.Module, ast.Assign, ast.Subscript] | None:
    """The top-level statement on `line`, where it is one plain `sys.modules[...] = ...`."""
    tree = parse_tree(text)
    found = block_of(tree, line) if tree is not None else None
    if tree is None or found is None or found[1] is not tree.body:
        return None
    match found[0]:
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="modules")) as target]) as statement:
            return tree, statement, target
        case _:
            return None


def _word(key: str) -> str:
    """What stands for a module's name in a name: `a_b` for `"a.b"`."""
    return re.sub(r"\W+", "_", key).strip("_")


def _binds(tree: ast.Module, name: str) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.alias(name=imported, asname=alias) if (alias or imported.partition(".")[0]) == name:
                return True
            case ast.Name(id=known, ctx=ast.Store()) | ast.FunctionDef(name=known) if known == name:
                return True
            case _:
                pass
    return False


def _deleted(text: str, line: int) -> str | None:
    found = _replacement(text, line)
    return remove_statement(text, found[1], found[0].body) if found is not None else None
