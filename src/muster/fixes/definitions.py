"""M401 and M402: tests that a definition hides, made visible without changing what they say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree
from muster.model.cause import Cause
from muster.model.collection import RaisedException
from muster.model.fix import Fix

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def fix_duplicate(cause: Cause, site: Site) -> Iterator[Fix]:
    """The definition that never runs gets a name of its own: the one that runs keeps its node id."""
    place = cause.culprit
    if place is None or not place.line:
        return
    old = cause.subject.rpartition("::")[2]
    source = site.source(place.path)
    new = _free_name(old, source.text) if source is not None else ""
    change = site.edit(place.path, lambda text: rename_definition(text, place.line, old, new))
    if change is not None:
        title = f"rename the '{old}' at {site.show(place.path)}:{place.line}, which never runs, to '{new}'"
        yield Fix("rename", title, (change,))


def rename_definition(text: str, line: int, old: str, new: str) -> str | None:
    """`text` with the function or class `old` whose definition (or first decorator) stands on `line` called `new`."""
    tree = parse_tree(text)
    if tree is None:
        return None
    for node in ast.walk(tree):
        if isinstance(node, Definition) and node.name == old and _begins_on(node, line):
            places = Places(text)
            start = places.start(node)
            found = re.compile(rf"(?:async\s+def|def|class)\s+({re.escape(old)})\b").match(text, start)
            return apply_edits(text, [Edit(found.start(1), found.end(1), new)]) if found else None
    return None


def _begins_on(node: Definition, line: int) -> bool:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]) <= line <= node.lineno


def _free_name(name: str, text: str) -> str:
    number = 2
    separator = "_" if name.islower() or "_" in name else ""
    while re.search(rf"\b{re.escape(name)}{separator}{number}\b", text):
        number += 1
    return f"{name}{separator}{number}"


def fix_constructor(cause: Cause, site: Site) -> Iterator[Fix]:
    """`__init__` of a test class becomes `setup_method`, where nobody else makes instances of it."""
    place, raised = cause.culprit, cause.exception
    if place is None or (cause.code == "M303" and not _is_about_a_constructor(raised)):
        return
    change = site.edit(place.path, lambda text: constructor_to_setup(text, place.line))
    if change is not None:
        yield Fix("setup", f"turn __init__ into setup_method at {site.show(place.path)}:{place.line}", (change,))


def _is_about_a_constructor(raised: RaisedException | None) -> bool:
    """Whether pytest's warning of a class with a constructor was made an error (`filterwarnings = error`)."""
    return raised is not None and raised.type == "PytestCollectionWarning" and "__init__ constructor" in raised.message


def constructor_to_setup(text: str, line: int) -> str | None:
    """`text` with the `__init__` of the class at `line` called `setup_method`; None where that would not be the same."""
    tree = parse_tree(text)
    if tree is None:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _spans(node, line):
            found = [each for each in node.body if isinstance(each, _FUNCTIONS) and each.name == "__init__"]
            if found and _is_plain(node, found[0], tree):
                start = Places(text).start(found[0])
                at = text.index("__init__", start)
                return apply_edits(text, [Edit(at, at + len("__init__"), "setup_method")])
    return None


def _spans(node: ast.ClassDef, line: int) -> bool:
    inner = [each for each in node.body if isinstance(each, ast.ClassDef)]
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return first <= line <= (node.end_lineno or 0) and not any(_spans(each, line) for each in inner)


def _is_plain(owner: ast.ClassDef, constructor: ast.FunctionDef | ast.AsyncFunctionDef, tree: ast.Module) -> bool:
    """Whether the constructor takes nothing, calls no other one, and nothing in the file makes an instance or a subclass."""
    arguments = constructor.args
    takes_more = len(arguments.args) + len(arguments.posonlyargs) != 1 or arguments.vararg or arguments.kwarg
    required = [each for each in arguments.kw_defaults if each is None]
    bases = [each for each in owner.bases if not (isinstance(each, ast.Name) and each.id == "object")]
    if takes_more or required or bases or owner.keywords or constructor.decorator_list:
        return False
    if isinstance(constructor, ast.AsyncFunctionDef) or any(
        isinstance(each, _FUNCTIONS) and each.name in ("setup_method", "setup", "__new__") for each in owner.body
    ):
        return False
    if any(
        isinstance(each, (ast.Name, ast.Attribute)) and _tail(each) in ("super", "__init__")
        for each in ast.walk(constructor)
    ):
        return False
    return not any(
        isinstance(each, ast.Name) and each.id == owner.name and isinstance(each.ctx, ast.Load)
        for each in ast.walk(tree)
    )


def _tail(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr
