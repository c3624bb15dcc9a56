"""The words of an import statement in LibCST: reading them, making them, and what a name that moved is called now."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

_TARGETS = frozenset(("patch", "multiple", "setattr", "delattr", "import_module", "importorskip", "__import__"))
"""Functions whose first argument names a module or something in it; `patch.dict` is told apart from `dict`."""


def resolve_dots(module: str, dots: int, package: str) -> str:
    """The absolute name of `module` behind `dots` in a file of `package`; with its dots where that leads nowhere."""
    if not dots:
        return module
    parts = package.split(".") if package else []
    if dots - 1 >= len(parts):
        return "." * dots + module
    return ".".join([*parts[: len(parts) - (dots - 1)], *([module] if module else [])])


def moved_name(name: str, old: str, new: str) -> str | None:
    """`name` below `new` where it was `old` or below it; None for any other."""
    if name == new or name.startswith(new + "."):
        return None  # said already: `a.b` that became `a.b.c` must not become `a.b.c.c`
    if name == old:
        return new
    return new + name.removeprefix(old) if name.startswith(old + ".") else None


def takes_target(function: cst.BaseExpression) -> bool:
    """Whether the first argument of the function names a module or something in it."""
    match function:
        case cst.Name(value=name):
            return name in _TARGETS - {"setattr", "delattr", "multiple"}
        case cst.Attribute(value=owner, attr=cst.Name(value=name)):
            return name in _TARGETS or (name == "dict" and spelled(owner).rpartition(".")[2] == "patch")
        case _:
            return False


def spelled(node: cst.CSTNode) -> str:
    """A name with its dots, "" for what is none."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=owner, attr=attribute):
            before = spelled(owner)
            return f"{before}.{attribute.value}" if before else ""
        case _:
            return ""


def dotted(name: str) -> cst.Name | cst.Attribute:
    """The expression that spells the dotted name."""
    first, *rest = name.split(".")
    node: cst.Name | cst.Attribute = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node


def without(node: cst.ImportFrom, taken: Sequence[cst.ImportAlias]) -> cst.ImportFrom:
    """`node` without the names `taken`; what ends the list (a comma, a comment, the line) stays as it was."""
    assert not isinstance(node.names, cst.ImportStar)
    kept = [alias for alias in node.names if alias not in taken]
    last = node.names[-1]
    if last in taken:
        kept[-1] = kept[-1].with_changes(comma=_ending(kept[-1], last, node))
    return node.with_changes(names=kept)


def _ending(kept: cst.ImportAlias, last: cst.ImportAlias, node: cst.ImportFrom) -> cst.Comma | cst.MaybeSentinel:
    ours = kept.comma
    if not isinstance(ours, cst.Comma):
        return cst.MaybeSentinel.DEFAULT
    space = ours.whitespace_after
    has_comment = isinstance(space, cst.ParenthesizedWhitespace) and space.first_line.comment is not None
    if isinstance(last.comma, cst.Comma):
        if not has_comment or not isinstance(last.comma.whitespace_after, cst.ParenthesizedWhitespace):
            return last.comma
        end = last.comma.whitespace_after
        return ours.with_changes(whitespace_after=space.with_changes(last_line=end.last_line, indent=end.indent))
    return ours if has_comment else cst.MaybeSentinel.DEFAULT
