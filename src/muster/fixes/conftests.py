"""M304: a conftest that pytest refuses. `pytest_plugins` moves to the root conftest, a misspelt hook gets its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from muster.fixes.definitions import rename_definition
from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline
from muster.fixes.statements import add_after_imports, remove_statement
from muster.index.near import nearest
from muster.model.cause import Cause
from muster.model.fix import Fix

_HOOK = re.compile(r"unknown hook '(pytest_\w+)'")
_MODULE = re.compile(r"[\w.]+")
_PLUGINS = "pytest_plugins"


def fix_refused_conftest(cause: Cause, site: Site) -> Iterator[Fix]:
    """What pytest's own words call for."""
    place = cause.culprit
    if place is None:
        return
    words = cause.exception.message if cause.exception else cause.message
    if "Defining 'pytest_plugins'" in words:
        yield from _hoisted(place.path, site)
    elif found := _HOOK.search(words):
        near = next(iter(nearest(found[1], site.environment.hooks, limit=1)), "")
        change = site.edit(
            place.path, lambda text: rename_definition(text, place.line, found[1], near) if near else None
        )
        if change is not None:
            where = f"{site.show(place.path)}:{place.line}"
            yield Fix("rename", f"rename the hook '{found[1]}' at {where} to '{near}'", (change,))


def _hoisted(path: str, site: Site) -> Iterator[Fix]:
    """The plugins named in the root's conftest, which is where they are for all."""
    source = site.source(path)
    statement = _statement(source.text) if source is not None else None
    root = f"{site.invocation.rootdir.rstrip('/')}/conftest.py"
    if source is None or statement is None or root == path:
        return
    plugins = _named(statement)
    if not plugins:
        return
    below = site.edit(path, lambda text: _without(text, statement))
    if site.tree.kind(root) is None:
        above = site.create(root, f"{_PLUGINS} = [{', '.join(_quoted(plugins))}]\n".encode())
    else:
        above = site.edit(root, lambda text: with_plugins(text, plugins))
    if below is not None and above is not None:
        yield Fix("hoist", f"name {', '.join(plugins)} in pytest_plugins of {site.show(root)}, where pytest allows it",
                  (below, above))  # fmt: skip


def with_plugins(text: str, plugins: tuple[str, ...]) -> str | None:
    """`text`, a conftest, with `plugins` in its `pytest_plugins`; None where that is none that can be read."""
    tree = parse_tree(text)
    if tree is None:
        return None
    written = _quoted(plugins)
    statement = _statement(text)
    if statement is None:
        if re.search(rf"\b{_PLUGINS}\b", text):
            return None
        return add_after_imports(text, f"{_PLUGINS} = [{', '.join(written)}]")
    known = _named(statement)
    new = [each for each in written if each.strip('"') not in known]
    if not known or not new:
        return None
    places, value = Places(text), statement.value
    if isinstance(value, ast.Constant):
        old = text[places.start(value) : places.end(value)]
        return apply_edits(text, [Edit(places.start(value), places.end(value), f"[{', '.join([old, *new])}]")])
    last = value.elts[-1] if isinstance(value, (ast.List, ast.Tuple)) else None
    if last is None:
        return None
    end = places.end(last)
    return apply_edits(text, [Edit(end, end, "".join(f", {each}" for each in new))])


def _statement(text: str) -> ast.Assign | None:
    """The one statement at module level that assigns `pytest_plugins`."""
    tree = parse_tree(text)
    found = [
        each
        for each in (tree.body if tree is not None else [])
        if isinstance(each, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == _PLUGINS for target in each.targets)
    ]
    return found[0] if len(found) == 1 and len(found[0].targets) == 1 else None


def _quoted(plugins: tuple[str, ...]) -> list[str]:
    return [f'"{each}"' for each in plugins]


def _named(statement: ast.Assign) -> tuple[str, ...]:
    """The plugins, where all of them are written out and are names of modules."""
    value = statement.value
    elements = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
    names = [each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return tuple(names) if len(names) == len(elements) and all(map(_MODULE.fullmatch, names)) else ()


def _without(text: str, statement: ast.Assign) -> str | None:
    tree = parse_tree(text)
    found = next((each for each in tree.body if each.lineno == statement.lineno), None) if tree is not None else None
    if tree is None or found is None:
        return None
    if len(tree.body) > 1:
        return remove_statement(text, found, tree.body)
    places = Places(text)
    return text[: places.start(found)] + text[places.end(found) :].removeprefix(usual_newline(text))
