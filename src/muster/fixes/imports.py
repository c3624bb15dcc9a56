"""Imports spelled anew after a move. LibCST keeps every other byte: only the statements and strings that name the old
place are made again.

Strings count where they name a module for a machine: what `mock.patch`, `monkeypatch.setattr`, `import_module` and
`importorskip` are given, and `pytest_plugins`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, QualifiedName, QualifiedNameProvider, QualifiedNameSource

from muster.fixes.import_syntax import dotted, moved_name, resolve_dots, spelled, takes_target, without
from muster.fixes.nearby import Concern, binds_its_top, needs_scopes, renamed_uses, statement_lines
from muster.fixes.source import Edit, Places, apply_edits, parse_tree, usual_newline
from muster.fixes.statements import add_import


@dataclass(frozen=True, slots=True)
class Move:
    """`module` is now `new_module`; with `name`, only that name of it is meant, now `new_name` there."""

    module: str
    new_module: str
    name: str = ""
    new_name: str = ""
    in_strings: bool = False
    """Whether every string that is nothing but the dotted name is meant, not only those that functions take for one."""

    @property
    def old(self) -> str:
        """The dotted name that is gone."""
        return f"{self.module}.{self.name}" if self.name else self.module

    @property
    def new(self) -> str:
        """The dotted name that takes its place."""
        return f"{self.new_module}.{self.new_name or self.name}" if self.name else self.new_module


def rewrite_imports(text: str, move: Move, package: str, *, rename: bool = False) -> str | None:
    """`text`, a file of the dotted `package`, with every import of the old place made one of the new; itself where there is none.

    With `rename` the uses of a renamed name change too; without, it is imported under its old name. None where the text
    does not parse or cannot be changed safely.
    """
    tree = parse_tree(text)
    concern = Concern(move.old, bool(move.name), move.new.rpartition(".")[2])
    if tree is None or needs_scopes(tree, concern):
        return rewrite_whole(text, move, package, rename=rename)
    if rename and move.name and concern.tail != concern.new_tail:
        edits = renamed_uses(tree, text, concern)
        if edits is None:
            return rewrite_whole(text, move, package, rename=True)
        text = apply_edits(text, edits)  # on the same lines as before
    pieces: list[Edit] = []
    places = Places(text)
    newline = usual_newline(text)
    for first, last in statement_lines(tree, concern):
        start, end = places.line_start(first), places.line_start(last + 1)
        piece = _visited(text[start:end], _Rewriter(move, package, rename), newline)
        if piece is None:
            return None
        pieces.append(Edit(start, end, piece))
    return apply_edits(text, pieces)


def rewrite_whole(text: str, move: Move, package: str, *, rename: bool = False) -> str | None:
    """The same, with the scopes of the whole file: where expressions name what moved."""
    tree = parse_tree(text)
    rewriter = _ScopedRewriter(move, package, rename)
    rewriter.spells_top = tree is not None and "." not in move.module and not move.name and any(
        binds_its_top(alias, move.module) for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    )  # fmt: skip
    # What follows the last statement stays out: LibCST loses a form feed among the comments and blank lines there.
    last = max((each.end_lineno or 0 for each in tree.body), default=0) if tree is not None else 0
    end = len(text) if tree is None else Places(text).line_start(last + 1) if last else 0
    code = _visited(text[:end], rewriter, usual_newline(text))
    if code is None or rewriter.unsafe:
        return None
    code += text[end:]
    return add_import(code, f"import {move.new_module}") if rewriter.wanted_import else code


def _visited(text: str, rewriter: _Rewriter, newline: str) -> str | None:
    """`text` as `rewriter` leaves it, with `newline` where it has none of its own; None where LibCST cannot read it, or
    would change it by reading it."""
    try:
        module = cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError):
        return None
    if module.code != text:
        return None
    if "\n" not in text and "\r" not in text:  # LibCST cannot tell from it how lines end here
        module = module.with_changes(default_newline=newline)
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True) if rewriter.METADATA_DEPENDENCIES else module
    return wrapper.visit(rewriter).code


class _Rewriter(cst.CSTTransformer):
    """Statements and strings; what expressions mean is told by `_ScopedRewriter`."""

    def __init__(self, move: Move, package: str, rename: bool) -> None:
        super().__init__()
        self._move, self._package = move, package
        self._rename = rename
        self._names: set[cst.CSTNode] = set()
        """Names that are no reads: keywords, attributes, parameters."""
        self._strings: set[cst.CSTNode] = set()
        self._alone: set[cst.CSTNode] = set()
        """Statements that have their line for themselves."""
        self._said: set[cst.CSTNode] = set()
        """Parts of expressions that name the new place already."""
        self.spells_top = False
        """Whether `import a.b` makes the file spell out the top-level `a` that moved."""
        self._binds_parent = False
        self._imports_parent = False
        self._uses_parent = False
        self._imports_new = False
        self._wants_new = False

    @property
    def unsafe(self) -> bool:
        """Whether the top package is still used where nothing imports it any more."""
        return self._uses_parent and not self._imports_parent

    @property
    def wanted_import(self) -> bool:
        """Whether an expression now names the new module, which nothing imports."""
        return self._wants_new and not self._imports_new

    # what is left alone

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._names.add(node.keyword)

    def visit_Param(self, node: cst.Param) -> None:
        self._names.add(node.name)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._names.add(node.attr)

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    # strings

    def visit_Call(self, node: cst.Call) -> None:
        if node.args and isinstance(node.args[0].value, cst.SimpleString) and takes_target(node.func):
            self._strings.add(node.args[0].value)

    def visit_Assign(self, node: cst.Assign) -> None:
        names = [each.target.value for each in node.targets if isinstance(each.target, cst.Name)]
        if "pytest_plugins" not in names:
            return
        values = [node.value]
        if isinstance(node.value, (cst.List, cst.Tuple, cst.Set)):
            values = [each.value for each in node.value.elements]
        self._strings.update(each for each in values if isinstance(each, cst.SimpleString))

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if self._move.in_strings and "." in self._move.old:
            self._strings.add(node)

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        return False

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.BaseExpression:
        if original_node not in self._strings or "b" in original_node.prefix.lower():
            return updated_node
        named = self._moved_name(original_node.raw_value)
        if named is None:
            return updated_node
        quote = original_node.quote
        return updated_node.with_changes(value=f"{original_node.prefix}{quote}{named}{quote}")

    # statements

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
        body = updated_node.body
        if len(body) != 1 or not isinstance(body[0], cst.ImportFrom):
            return updated_node
        first, *rest = self._moved_from(body[0])
        lines = [
            updated_node.with_changes(body=[first]),
            *(cst.SimpleStatementLine([each.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for each in rest),
        ]
        return cst.FlattenSentinel(lines) if rest else lines[0]

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        if len(node.body) == 1:
            self._alone.add(node.body[0])

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.FlattenSentinel[cst.BaseSmallStatement]:
        if original_node in self._alone:
            return updated_node  # it is made anew together with its line
        first, *rest = self._moved_from(updated_node)
        if not rest:
            return first
        first = first.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        rest[-1] = rest[-1].with_changes(semicolon=original_node.semicolon)
        return cst.FlattenSentinel([first, *rest])

    def leave_Import(
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.FlattenSentinel[cst.BaseSmallStatement]:
        kept: list[cst.ImportAlias] = []
        for alias in original_node.names:
            name = spelled(alias.name)
            if name == self._move.new_module:
                self._imports_new = True
            moved = self._moved_module(name)
            if alias.asname is None and moved is None and name.partition(".")[0] == self._move.module.partition(".")[0]:
                self._imports_parent = True
            if moved is None:
                kept.append(alias)
                continue
            if alias.asname is None and not self.spells_top:
                if "." not in name and "." in moved:
                    return self._from_top(original_node, alias, moved)
                if "." not in name:
                    kept.append(
                        alias.with_changes(name=dotted(moved), asname=cst.AsName(cst.Name(name)))
                        if moved != name
                        else alias
                    )
                    continue
                self._binds_parent = True
            kept.append(alias.with_changes(name=dotted(moved)))
            self._imports_new = self._imports_new or (moved == self._move.new_module and alias.asname is None)
        return updated_node.with_changes(names=kept)

    def _from_top(
        self, node: cst.Import, alias: cst.ImportAlias, moved: str
    ) -> cst.Import | cst.FlattenSentinel[cst.BaseSmallStatement]:
        """`import a` becomes `from x import y as a`: what it binds stays the same."""
        name = spelled(alias.name)
        parent, _, tail = moved.rpartition(".")
        made = cst.ImportFrom(
            module=dotted(parent),
            names=[
                cst.ImportAlias(cst.Name(tail), asname=None if tail == name else cst.AsName(cst.Name(name))),
            ],
        )
        others = [each for each in node.names if each is not alias]
        if not others:
            return cst.FlattenSentinel([made.with_changes(semicolon=node.semicolon)])
        others[-1] = others[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return cst.FlattenSentinel([node.with_changes(names=others, semicolon=cst.MaybeSentinel.DEFAULT), made])

    def _moved_module(self, name: str) -> str | None:
        """The new spelling of a module that is, or lies below, what moved; None for any other."""
        move = self._move
        if move.name:
            return None
        return moved_name(name, move.module, move.new_module)

    def _moved_name(self, name: str) -> str | None:
        """The same for a dotted name of anything."""
        return moved_name(name, self._move.old, self._move.new)

    def _moved_from(self, node: cst.ImportFrom) -> list[cst.ImportFrom]:
        move = self._move
        module = resolve_dots(spelled(node.module) if node.module else "", len(node.relative), self._package)
        moved = self._moved_module(module)
        if moved is not None and self._has_new(node, module):
            return [node]
        if moved is not None:
            return [node.with_changes(**self._place(node, moved))]
        if isinstance(node.names, cst.ImportStar):
            return [node]
        parent, _, tail = move.old.rpartition(".")
        if module != parent or not parent:
            return [node]
        taken = [alias for alias in node.names if spelled(alias.name) == tail]
        if not taken:
            return [node]
        new_parent, _, new_tail = move.new.rpartition(".")
        if not new_parent:
            return [node]
        renamed = [self._renamed(alias, new_tail) for alias in taken]
        if len(taken) == len(node.names):
            return [node.with_changes(**self._place(node, new_parent), names=renamed)]
        if new_parent == module:
            names = [self._renamed(alias, new_tail) if alias in taken else alias for alias in node.names]
            return [node.with_changes(names=names)]
        alone = [each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in renamed[-1:]]
        made = cst.ImportFrom(**{"module": None, **self._place(node, new_parent)}, names=[*renamed[:-1], *alone])
        return [without(node, taken), made]

    def _has_new(self, node: cst.ImportFrom, module: str) -> bool:
        """Whether the statement asks a module that became a package for the module in it that it is now."""
        rest = self._move.new_module.removeprefix(module + ".")
        if rest == self._move.new_module or isinstance(node.names, cst.ImportStar):
            return False
        return any(spelled(alias.name) == rest.partition(".")[0] for alias in node.names)

    def _renamed(self, alias: cst.ImportAlias, tail: str) -> cst.ImportAlias:
        old = spelled(alias.name)
        if old == tail:
            return alias
        keeps = alias.asname is not None or (self._rename and self._move.name)
        asname = alias.asname if keeps else cst.AsName(cst.Name(old))
        return alias.with_changes(name=cst.Name(tail), asname=asname)

    def _place(self, node: cst.ImportFrom, module: str) -> dict[str, Any]:
        """How the statement spells `module`: relative where it was and still can be."""
        own, parts = self._package.split("."), module.split(".")
        shared = 0
        while shared < min(len(own), len(parts)) and own[shared] == parts[shared]:
            shared += 1
        if not node.relative or not shared or not self._package:
            space = {} if node.module is not None else {"whitespace_after_from": cst.SimpleWhitespace(" ")}
            return {"module": dotted(module), "relative": (), **space}
        rest = ".".join(parts[shared:])
        dots = [cst.Dot() for _ in range(len(own) - shared + 1)]
        return {"module": dotted(rest) if rest else None, "relative": dots}


class _ScopedRewriter(_Rewriter):
    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        super().visit_Attribute(node)
        if self._move.new.startswith(self._move.old + ".") and (
            node in self._said or self._means(node, self._move.new)
        ):
            self._said.add(node.value)  # `a.b` that became `a.b.c` must not become `a.b.c.c`

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if original_node in self._said or not self._means(original_node, self._move.old):
            if self._means_parent(original_node):
                self._uses_parent = True
            return updated_node
        move = self._move
        if move.name and move.module == move.new_module:
            return updated_node.with_changes(attr=cst.Name(move.new.rpartition(".")[2]))
        if not move.name and spelled(original_node) != move.module:
            self._wants_new = True
        if move.name:
            self._wants_new = True
        return dotted(move.new).with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        move = self._move
        if original_node in self._names or original_node in self._said:
            return updated_node
        if self.spells_top and original_node.value == move.module and self._means(original_node, move.module):
            return dotted(move.new_module).with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
        if not (self._rename and move.name and move.new_name):
            return updated_node
        if original_node.value == move.name and self._means(original_node, move.old):
            return updated_node.with_changes(value=move.new_name)
        return updated_node

    def _means(self, node: cst.Name | cst.Attribute, dotted: str) -> bool:
        return bool(names := self._imported(node)) and names == {dotted}

    def _means_parent(self, node: cst.Attribute) -> bool:
        """Whether the chain begins at the top package that `import a.b` binds and leads elsewhere than to what moved."""
        if not self._binds_parent:
            return False
        top = self._move.old.partition(".")[0]
        names = self._imported(node)
        return (
            bool(names)
            and spelled(node).partition(".")[0] == top
            and not any(
                name == self._move.module
                or name.startswith(self._move.module + ".")
                or self._move.module.startswith(name)
                for name in names
            )
        )

    def _imported(self, node: cst.CSTNode) -> set[str]:
        """What imports make of `node`, as absolute names; nothing where it may be something local."""
        found = self.get_metadata(QualifiedNameProvider, node, set())
        names: set[QualifiedName] = set(found() if callable(found) else found)
        first = node
        while isinstance(first, cst.Attribute):
            first = first.value
        if first is not node:
            leading = self.get_metadata(QualifiedNameProvider, first, set())
            names |= set(leading() if callable(leading) else leading) if _is_local(leading) else set()
        if any(each.source is not QualifiedNameSource.IMPORT for each in names):
            return set()
        return {self._absolute(each.name) for each in names}

    def _absolute(self, name: str) -> str:
        rest = name.lstrip(".")
        return resolve_dots(rest, len(name) - len(rest), self._package)


def _is_local(found: Any) -> bool:
    names = found() if callable(found) else found
    return any(each.source is not QualifiedNameSource.IMPORT for each in names)
