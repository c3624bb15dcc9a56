"""The top-level definitions of one file with their text: what versions of a file are compared by."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

_TOP_LEVEL = re.compile(
    r"(?:async[ \t]+)?(?P<keyword>class|def)[ \t]+(?P<name>\w+)|(?P<value>[A-Za-z_]\w*)[ \t]*(?::[^=]*)?=(?!=)|(?P<imported>from|import)\b"
)


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that module level binds: `kind` is `class`, `function`, `value` or `import`; `text` its whole source."""

    name: str
    kind: str
    line: int
    text: str

    @property
    def is_private(self) -> bool:
        """Whether other modules are not meant to use it."""
        return self.name.startswith("_")


def outline(source: bytes) -> dict[str, Definition]:
    """What module level of `source` binds, blocks of `if`, `try` and `with` included.

    Where it does not parse (Python 2, a merge's traces), what its lines look like.
    """
    lines = source.decode("utf-8", "replace").split("\n")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {each.name: each for each in _by_lines(lines)}
    return {each.name: each for each in _definitions(module.body, lines)}


def same_text(one: Definition, other: Definition) -> bool:
    """Whether the two differ in nothing but their own name."""
    return one.kind == other.kind and _anonymous(one) == _anonymous(other)


def likeness(one: Definition, other: Definition) -> float:
    """Between 0 and 1: how much of the text, line by line, the two have in common."""
    if one.kind != other.kind:
        return 0.0
    return SequenceMatcher(None, _anonymous(one).splitlines(), _anonymous(other).splitlines(), autojunk=False).ratio()


def _anonymous(definition: Definition) -> str:
    return re.sub(rf"\b{re.escape(definition.name)}\b", "_", definition.text)


def _definitions(body: list[ast.stmt], lines: list[str]) -> Iterator[Definition]:
    for statement in body:
        for name, kind in _bound(statement):
            end = statement.end_lineno or statement.lineno
            yield Definition(name, kind, statement.lineno, "\n".join(lines[statement.lineno - 1 : end]))
        for block in _blocks(statement):
            yield from _definitions(block, lines)


def _bound(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    match statement:
        case ast.ClassDef(name=name):
            yield name, "class"
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, "function"
        case ast.Assign(targets=targets):
            for target in targets:
                if isinstance(target, ast.Attribute | ast.Subscript):
                    continue
                yield from ((node.id, "value") for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            yield name, "value"
        case ast.Import(names=names):
            yield from ((each.asname or each.name.partition(".")[0], "import") for each in names)
        case ast.ImportFrom(names=names):
            yield from ((each.asname or each.name, "import") for each in names)
        case _:
            pass


def _by_lines(lines: list[str]) -> Iterator[Definition]:
    for number, line in enumerate(lines):
        found = _TOP_LEVEL.match(line)
        if found is None:
            continue
        if found["imported"] is not None:
            statement = _whole_import(lines, number)
            for name in re.findall(r"(\w+)\s*(?:,|\)|$|#)", statement.partition("import")[2], re.MULTILINE):
                yield Definition(name, "import", number + 1, statement)
        else:
            kind = {"class": "class", "def": "function"}.get(found["keyword"] or "", "value")
            yield Definition(found["name"] or found["value"], kind, number + 1, _whole_block(lines, number))


def _whole_block(lines: list[str], start: int) -> str:
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t)"):
        end += 1
    return "\n".join(lines[start:end]).rstrip()


def _whole_import(lines: list[str], start: int) -> str:
    end = start
    while end + 1 < len(lines) and ("(" in "".join(lines[start : end + 1])) and ")" not in lines[end]:
        end += 1
    return "\n".join(lines[start : end + 1])


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    match statement:
        case ast.If(body=body, orelse=otherwise):
            yield from (body, otherwise)
        case ast.Try(body=body, handlers=handlers, orelse=otherwise, finalbody=last):
            yield from (body, *(handler.body for handler in handlers), otherwise, last)
        case ast.With(body=body):
            yield body
        case _:
            pass
