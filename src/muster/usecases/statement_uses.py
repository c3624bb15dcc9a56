"""How the project's files use what they import: by what each says itself, and by what others take out of it."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cached_property
from posixpath import basename, dirname

from muster.facts.import_uses import FileRole
from muster.fixes.deferral import imports_at, use_at
from muster.fixes.source import parse_tree, read_source
from muster.index.listing import python_files
from muster.index.outside_uses import outside_use
from muster.model.profile import HeavyImport, HeavyStatement
from muster.ports import FileTree, ReadFailure
from muster.profiling.graph import ImportGraph
from muster.profiling.heavy import heavy_imports
from muster.usecases.report_paths import relative_path

_LAZY_ANNOTATIONS = (3, 14)
_LOWER_BOUND = re.compile(rb"^\s*requires-python\s*=\s*[\"'][^\"'\n]*>=?\s*(\d+)\.(\d+)", re.MULTILINE)


def python_floor(tree: FileTree, root: str) -> tuple[int, int]:
    """The least Python that the project's `requires-python` admits; (0, 0) where it does not say."""
    try:
        found = _LOWER_BOUND.search(tree.read(f"{root.rstrip('/')}/pyproject.toml"))
    except ReadFailure:
        return (0, 0)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def role_of(path: str, floor: tuple[int, int]) -> FileRole:
    """What else decides when the file at `path` uses what it imports."""
    name = basename(path)
    is_plugin = name == "conftest.py" or "plugin" in name or "plugin" in basename(dirname(path))
    return FileRole(name == "__init__.py", is_plugin, floor >= _LAZY_ANNOTATIONS)


class StatementUses:
    """How the files of the project use what they import. Each is parsed once."""

    def __init__(self, tree: FileTree, root: str, floor: tuple[int, int]) -> None:
        self._tree, self._root, self._floor = tree, root, floor
        self._trees: dict[str, ast.Module | None] = {}
        self._found: dict[tuple[str, int, str, tuple[str, ...]], HeavyStatement] = {}

    def heavy_imports(self, graph: ImportGraph, least_s: float, tests: frozenset[str]) -> tuple[HeavyImport, ...]:
        """As `muster.profiling.heavy`; what can be deferred by its own file may still be asked for by another one."""
        while True:
            heavy = heavy_imports(graph, least_s, self.describe, tests)
            taken = [each for found in heavy if found.is_deferrable for each in found.statements]
            refused = [each for each in taken if self._refuse(each)]
            if not refused:
                return heavy

    def describe(self, path: str, line: int, module: str, aliases: tuple[str, ...]) -> HeavyStatement:
        """How the file at `path` uses what its statement on `line` binds."""
        key = (path, line, module, aliases)
        if key not in self._found:
            self._found[key] = self._described(*key)
        return self._found[key]

    def _described(self, path: str, line: int, module: str, aliases: tuple[str, ...]) -> HeavyStatement:
        parsed = self._parsed(path)
        if parsed is None:
            return HeavyStatement(path, line, module, aliases, "import time", "the file cannot be parsed here", line)
        use = use_at(parsed, line, module, aliases, role_of(path, self._floor))
        return HeavyStatement(path, line, module, aliases, use.kind, use.why, use.line, len(use.functions))

    def _refuse(self, statement: HeavyStatement) -> bool:
        """Whether another file takes a name out of this one that the statement binds; it is then no more deferrable."""
        parsed = self._parsed(statement.path)
        moved = imports_at(parsed, statement.line, statement.module, statement.aliases) if parsed is not None else None
        if moved is None:
            return False
        found = outside_use(statement.path, moved.names, self._files, self._read)
        if found is None:
            return False
        key = (statement.path, statement.line, statement.module, statement.aliases)
        why = f"{relative_path(found[0], self._root)}:{found[1]} may take it from here"
        self._found[key] = replace(statement, use="import time", why=why, use_line=statement.line)
        return True

    @cached_property
    def _files(self) -> tuple[str, ...]:
        return python_files(self._tree, self._root)

    def _parsed(self, path: str) -> ast.Module | None:
        if path not in self._trees:
            source = read_source(self._read(path) or b"")
            self._trees[path] = parse_tree(source.text) if source is not None else None
        return self._trees[path]

    def _read(self, path: str) -> bytes | None:
        try:
            return self._tree.read(path)
        except ReadFailure:
            return None
