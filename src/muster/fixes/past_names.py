"""M203: a removed name as the history last had it, put back into its module with what it needs."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from muster.fixes.site import Site
from muster.fixes.source import Places, parse_tree, read_source, usual_newline
from muster.fixes.statements import add_import, bound_names
from muster.model.cause import Cause
from muster.model.collection import NameMissing
from muster.model.fix import Fix

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BUILTINS = frozenset(dir(builtins))


def fix_removed_name(cause: Cause, site: Site) -> Iterator[Fix]:
    """The definition from the newest version that had it."""
    detail = cause.exception.detail if cause.exception else None
    path = detail.module_file if isinstance(detail, NameMissing) else None
    name = cause.subject.partition(":")[2]
    if path is None or not path.endswith(".py") or site.versions is None:
        return
    for version in site.versions(path):
        past = read_source(version.content)
        if past is None or not re.search(rf"\b{re.escape(name)}\b", past.text):
            continue
        old = past.text
        change = site.edit(path, lambda text, old=old: restored_name(text, old, name))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
        if change is not None:
            yield Fix("restore", f"restore '{name}' in {site.show(path)} as {version.commit} had it", (change,))
            return


def restored_name(text: str, old: str, name: str) -> str | None:
    """`text` with the top-level statement of `old` that binds `name`, and those that it needs and `text` has no more."""
    now, then = parse_tree(text), parse_tree(old)
    if now is None or then is None or name in _all_bound(now):
        return None
    wanted = _needed(name, then, now)
    if not wanted:
        return None
    places = Places(old)
    for statement in [each for each in wanted if not isinstance(each, (ast.Import, ast.ImportFrom))]:
        placed = _inserted(text, statement, then, _written(statement, old, places))
        if placed is None:
            return None
        text = placed
    for statement in [each for each in wanted if isinstance(each, (ast.Import, ast.ImportFrom))]:
        added = add_import(text, old[places.start(statement) : places.end(statement)])
        if added is None:
            return None
        text = added
    return text


def _needed(name: str, then: ast.Module, now: ast.Module) -> list[ast.stmt]:
    """The statements to bring back, in their old order; none where `name` is not bound by one of them."""
    have = _all_bound(now) | _BUILTINS
    found: dict[int, ast.stmt] = {}
    asked = [name]
    while asked:
        each = asked.pop()
        binding = [statement for statement in then.body if each in bound_names(statement)]
        if not binding and each == name:
            return []
        for statement in binding:
            if id(statement) not in found:
                found[id(statement)] = statement
                have |= bound_names(statement)
                asked += sorted(_read(statement) - have)
    return [statement for statement in then.body if id(statement) in found]


def _inserted(text: str, statement: ast.stmt, then: ast.Module, written: str) -> str | None:
    """`text` with `written` behind the nearest of the statements that stood before it and still do; else at the end."""
    tree = parse_tree(text)
    if tree is None:
        return None
    newline, places = usual_newline(text), Places(text)
    before = [_key(each) for each in then.body[: then.body.index(statement)]]
    known = {_key(each): each for each in tree.body}
    last = next((known[key] for key in reversed(before) if key in known), None)
    line = (last.end_lineno or last.lineno) + 1 if last is not None else 0
    at = places.line_start(line) if line else len(text)
    if last is not None and any(each is not last and each.lineno == last.end_lineno for each in tree.body):
        return None  # something stands behind it on its line
    head, rest = text[:at], text[at:]
    head += newline if head and not head.endswith(("\n", "\r")) else ""
    is_block = isinstance(statement, _DEFINITIONS)
    is_behind_import = isinstance(last, (ast.Import, ast.ImportFrom))
    is_apart = is_block or isinstance(last, _DEFINITIONS)
    above = "" if not head else newline * 2 if is_apart else newline if is_behind_import else ""
    below = newline * 2 if is_block and rest.strip() and not rest.startswith(("\n", "\r")) else ""
    body = written.replace("\r\n", "\n").replace("\r", "\n").replace("\n", newline)
    return head + above + body + newline + below + rest


def _written(statement: ast.stmt, old: str, places: Places) -> str:
    """The statement's text with its decorators, and the comments that stand right above it."""
    decorators = statement.decorator_list if isinstance(statement, _DEFINITIONS) else []
    line = min([statement.lineno, *(each.lineno for each in decorators)])
    while line > 1 and old[places.line_start(line - 1) : places.line_start(line)].startswith("#"):
        line -= 1
    return old[places.line_start(line) : places.end(statement)]


def _key(statement: ast.stmt) -> str:
    """What a statement is known by in another version: the names that it binds, else what it says."""
    names = bound_names(statement)
    return " ".join(sorted(names)) if names else ast.dump(statement)


def _all_bound(tree: ast.Module) -> set[str]:
    return {name for statement in tree.body for name in bound_names(statement)}


def _read(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
