"""M105: the statement that puts the wrong folder on `sys.path`. Correct it, or let pytest's `pythonpath` do its work."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import dirname

from muster.fixes.configuration import add_to_pytest
from muster.fixes.site import Site
from muster.fixes.source import Edit, Places, apply_edits, parse_tree
from muster.fixes.statements import block_of, remove_statement
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix
from muster.model.location import Location
from muster.ports import EntryKind

_DEPTH = 6
_MOST_STEPS = 6


def fix_search_path(cause: Cause, site: Site) -> Iterator[Fix]:
    """The right number of parents; the statement gone, with `pythonpath` where nothing else has the folder; and what does not
    help, to be refuted."""
    if cause.culprit is None:
        return
    entry, meant = _entry_at(cause.culprit, site), _meant(cause, site)
    culprits = [cause.culprit, *_others(cause)]
    if entry and meant:
        yield from _with_more_parents(culprits, entry, meant, site)
    removed = _removed(culprits, site)
    if removed:
        yield from _without_statement(cause.culprit, removed, meant, site)
    loser = next((each.path for each in cause.evidence if each.kind == "loser"), "")
    if site.tree.kind(loser) is EntryKind.FOLDER:
        change = site.create(f"{loser}/__init__.py", b"")
        if change is not None:
            yield Fix("init", f"add {site.show(loser)}/__init__.py", (change,))


def _entry_at(culprit: Location, site: Site) -> str:
    """What the statement put on the path, as the session saw it."""
    for effect in site.collection.effects:
        if (effect.culprit.path, effect.culprit.line) == (culprit.path, culprit.line) and effect.kind != "module":
            return site.entry(effect.value)
    return ""


def _meant(cause: Cause, site: Site) -> str:
    """The folder that has what lost: what should be on the path."""
    loser = next((each.path for each in cause.evidence if each.kind == "loser"), "")
    return dirname(loser.removesuffix("/__init__.py")) if loser else ""


def _others(cause: Cause) -> list[Location]:
    return [Location(each.path, each.line) for each in cause.evidence if each.kind == "also" and each.path]


def _with_more_parents(culprits: list[Location], entry: str, meant: str, site: Site) -> Iterator[Fix]:
    steps, folder = 0, entry
    while folder != meant and steps < _MOST_STEPS and folder != "/":
        folder, steps = dirname(folder), steps + 1
    if folder != meant or not steps:
        return
    changes: dict[str, FileChange | None] = {}
    line = 0
    for culprit in culprits:
        place: list[int] = []
        if _entry_at(culprit, site) == entry and culprit.path not in changes:
            changes[culprit.path] = site.edit(
                culprit.path, lambda text, at=culprit.line, place=place: _lengthen(text, at, steps, place)  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
            )  # fmt: skip
            line = line or (place[0] if place else 0)
    made = site.present(changes)
    if made:
        first = culprits[0]
        shown = "the root" if meant == site.root else site.show(meant) + "/"
        amount = "one parent" if steps == 1 else f"{steps} parents"
        more = f" and in {len(made) - 1} more files" if len(made) > 1 else ""
        yield Fix(
            "parents", f"{amount} more at {site.show(first.path)}:{line or first.line}{more}: {shown} was meant", made
        )


def _lengthen(text: str, line: int, steps: int, place: list[int]) -> str | None:
    """`text` with the folder that the statement on `line` computes `steps` levels higher; `place` gets the changed line."""
    tree = parse_tree(text)
    found = block_of(tree, line) if tree is not None else None
    if tree is None or found is None:
        return None
    expression = _computing(found[0], tree, line, _DEPTH)
    if expression is None:
        return None
    place.append(expression.lineno)
    return apply_edits(text, [_higher(expression, steps, text)])


def _computing(node: ast.AST, tree: ast.Module, line: int, depth: int) -> ast.expr | None:
    """The expression that goes up from a file's own place, in `node` itself or where its names are assigned."""
    for each in _outermost_first(node):
        if _goes_up(each, tree):
            return each
    if not depth:
        return None
    names = [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)]
    for name in names:
        for statement in reversed(list(ast.walk(tree))):
            value = getattr(statement, "value", None)
            targets = getattr(statement, "targets", [getattr(statement, "target", None)])
            if (
                isinstance(statement, (ast.Assign, ast.AnnAssign))
                and value is not None
                and statement.lineno <= line
                and any(isinstance(target, ast.Name) and target.id == name for target in targets)
                and value is not node
            ):
                found = _computing(value, tree, statement.lineno, depth - 1)
                if found is not None:
                    return found
    return None


def _outermost_first(node: ast.AST) -> Iterator[ast.expr]:
    for each in ast.walk(node):
        if isinstance(each, ast.expr):
            yield each


def _goes_up(node: ast.expr, tree: ast.Module) -> bool:
    match node:
        case ast.Attribute(attr="parent"):
            return _names_file(node, tree)
        case ast.Subscript(value=ast.Attribute(attr="parents"), slice=ast.Constant(value=int())):
            return _names_file(node, tree)
        case ast.Call(func=ast.Attribute(attr="dirname") | ast.Name(id="dirname"), args=[_]):
            return _names_file(node, tree)
        case ast.Call(func=ast.Attribute(attr="join") | ast.Name(id="join"), args=[_, *rest]):
            return _names_file(node, tree) and any(
                isinstance(each, ast.Constant) and each.value == ".." for each in rest
            )
        case _:
            return False


def _names_file(node: ast.expr, tree: ast.Module, depth: int = _DEPTH) -> bool:
    """Whether the expression is made of the file's own place: `__file__`, or a name that stands for it (`HERE`)."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    if "__file__" in names or not depth:
        return "__file__" in names
    return any(
        _names_file(statement.value, tree, depth - 1)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and statement.value is not node
        and any(isinstance(target, ast.Name) and target.id in names for target in statement.targets)
    )


def _higher(node: ast.expr, steps: int, text: str) -> Edit:
    places = Places(text)
    match node:
        case ast.Subscript(slice=ast.Constant(value=int(level)) as index):
            return Edit(places.start(index), places.end(index), str(level + steps))
        case ast.Call(func=ast.Attribute(attr="dirname") | ast.Name(id="dirname") as function):
            name = text[places.start(function) : places.end(function)]
            inner = text[places.start(node) : places.end(node)]
            return Edit(places.start(node), places.end(node), f"{name}(" * steps + inner + ")" * steps)
        case ast.Call(args=[*_, last]):
            return Edit(places.end(last), places.end(last), ', ".."' * steps)
        case _:
            return Edit(places.end(node), places.end(node), ".parent" * steps)


def _removed(culprits: list[Location], site: Site) -> tuple[FileChange, ...]:
    changes: dict[str, FileChange | None] = {}
    for culprit in culprits:
        if culprit.path not in changes:
            changes[culprit.path] = site.edit(culprit.path, lambda text, at=culprit.line: _remove(text, at))  # type: ignore[misc]  # because mypy cannot type defaults of a lambda
    return site.present(changes)


def _remove(text: str, line: int) -> str | None:
    tree = parse_tree(text)
    found = block_of(tree, line) if tree is not None else None
    if found is None or not isinstance(found[0], (ast.Expr, ast.Assign, ast.AugAssign)):
        return None
    return remove_statement(text, *found)


def _without_statement(
    culprit: Location, removed: tuple[FileChange, ...], meant: str, site: Site
) -> Iterator[Fix]:  # fmt: skip
    what = f"delete {site.show(culprit.path)}:{culprit.line}"
    on_path = (*site.invocation.pythonpath, *([site.invocation.cwd] if site.invocation.cwd_on_path else []))
    if not meant or meant in on_path:
        reason = (
            f": {'the root' if meant == site.root else site.show(meant)} is on the search path already" if meant else ""
        )
        yield Fix("unpath", what + reason, removed)
        return
    configured = add_to_pytest(site, "pythonpath", _relative(meant, site))
    if configured is not None:
        title = f'{what} and add "{_relative(meant, site)}" to pythonpath in {site.show(configured.path)}'
        yield Fix("pythonpath", title, (*removed, configured))


def _relative(folder: str, site: Site) -> str:
    root = dirname(site.invocation.inifile) if site.invocation.inifile else site.invocation.rootdir
    return "." if folder == root else folder.removeprefix(root.rstrip("/") + "/")
