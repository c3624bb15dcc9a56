"""The classes, functions and assigned names of one file, nested ones included: what tests of two versions are matched by.

A block is known by its names (`("TestCart", "test_total")`) and by the digest of what it says, which neither its own name nor
its formatting, decorators and place change.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate

_LEXEME = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"""'
    r"|'''(?:[^'\\]++|\\.|'(?!''))*+'''"
    r'|"(?!"")(?:[^"\\\n]++|\\.)*+"'
    r"|'(?!'')(?:[^'\\\n]++|\\.)*+'"
    r"|#[^\n]*+|[\"']",
    re.DOTALL,
)
"""A string, a comment, or a quote without an end."""

_CONTINUED = "\n)"
"""Stands for a line inside a string: like a closing bracket, it ends no block, wherever it begins."""

_HEADER = re.compile(r"(?P<indent>[ \t]*)(?:async[ \t]+)?(?P<keyword>class|def)[ \t]+(?P<name>\w+)")


class Block:
    """`kind` is `class`, `function` or `value`; `line` that of the `def` or `class` itself.

    `within` are the statements around it up to its class or module, as written (`with suppress(ImportError):`); `bases` and
    `decorators` as written. `reads` are the names that its decorators or value mention. `text` is the source from the
    first decorator on; empty where the version was recorded without it, with what it says (`digest`).

    Most blocks are only looked up by their names. So the text is a span of the file's, and what it says and reads is found
    out when it is asked for.
    """

    __slots__ = ("_digest", "_reads", "_source", "_span", "bases", "decorators", "kind", "line", "names", "within")

    def __init__(
        self, names: tuple[str, ...], kind: str, line: int, source: str = "", span: tuple[int, int] = (0, 0), *,
        digest: str | None = None, bases: tuple[str, ...] = (), decorators: tuple[str, ...] = (),
        within: tuple[str, ...] = (), reads: tuple[str, ...] | None = None,
    ) -> None:  # fmt: skip
        self.names, self.kind, self.line = names, kind, line
        self.bases, self.decorators, self.within = bases, decorators, within
        self._source, self._span = source, span
        self._digest, self._reads = digest, reads

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(self.names)}"

    @property
    def text(self) -> str:
        """The source from the first decorator on."""
        return self._source[slice(*self._span)]

    @property
    def digest(self) -> str:
        """What it says, but for its own name, decorators, bases and formatting."""
        if self._digest is None:
            try:
                self._digest = _digest_of(self._node(), self.text)
            except RecursionError:
                self._digest = _digest_of(None, self.text)
        return self._digest

    @property
    def reads(self) -> tuple[str, ...]:
        """The names that its decorators or value mention."""
        if self._reads is None:
            node = self._node()
            found = [node.value] if isinstance(node, _ASSIGNMENTS) else getattr(node, "decorator_list", ())
            self._reads = tuple(dict.fromkeys(name for each in found if each is not None for name in _names_in(each)))
        return self._reads

    def _node(self) -> ast.stmt | None:
        """The statement itself, from its own lines."""
        text = self.text
        is_indented = text.startswith((" ", "\t"))  # it would not parse as it is
        module = (None if is_indented else _parsed(text)) or _parsed(f"if 1:\n{text}")
        for node in ast.walk(module) if module is not None else ():
            if isinstance(node, _NAMED) and self.kind != "value" and node.name == self.names[-1]:
                return node
            if isinstance(node, _ASSIGNMENTS) and self.kind == "value" and self.names[-1] in _assigned(node):
                return node
        return None


_NAMED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign)


def read_blocks(source: bytes) -> tuple[Block, ...]:
    """The blocks of `source` in the order of its lines; where it does not parse, those that its lines look like."""
    text = source.decode("utf-8", "replace")
    module = _parsed(source)
    try:
        return tuple(_by_lines(text) if module is None else _Reader(text).blocks(module.body, (), ()))
    except RecursionError:
        return tuple(_by_lines(text))


def _parsed(source: str | bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Reader:
    """Finds the blocks of one file whose text is `source`."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = source.split("\n")
        self._starts = list(accumulate((len(line) + 1 for line in self._lines), initial=0))

    def blocks(self, body: Sequence[ast.stmt], names: tuple[str, ...], within: tuple[str, ...]) -> Iterator[Block]:
        """The blocks among the statements of the scope `names`, and those below them."""
        for statement in body:
            match statement:
                case ast.ClassDef():
                    yield self._class(statement, names, within)
                    yield from self.blocks(statement.body, (*names, statement.name), ())
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield self._function(statement, names, within)
                    around = (*within, f"def {statement.name}")
                    yield from (each for each in self.blocks(statement.body, names, around) if each.kind != "value")
                case ast.Assign() | ast.AnnAssign():
                    span = self._span(statement)
                    for name in _assigned(statement):
                        yield Block((*names, name), "value", statement.lineno, self._source, span, within=within)
                case _:
                    inner = (*within, self._lines[statement.lineno - 1].strip())
                    for block in _nested(statement):
                        yield from self.blocks(block, names, inner)

    def _class(self, node: ast.ClassDef, names: tuple[str, ...], within: tuple[str, ...]) -> Block:
        bases = tuple(ast.unparse(base) for base in (*node.bases, *(keyword.value for keyword in node.keywords)))
        return Block(
            (*names, node.name), "class", node.lineno, self._source, self._span(node),
            bases=bases, decorators=_decorators(node), within=within,
        )  # fmt: skip

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, names: tuple[str, ...], within: tuple[str, ...]
    ) -> Block:
        return Block(
            (*names, node.name), "function", node.lineno, self._source, self._span(node),
            decorators=_decorators(node), within=within,
        )  # fmt: skip

    def _span(self, node: ast.stmt) -> tuple[int, int]:
        """Where its lines begin and end in the source, without the last line break."""
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        return self._starts[first - 1], self._starts[min(node.end_lineno or node.lineno, len(self._lines))] - 1


def _digest_of(node: ast.stmt | None, text: str) -> str:
    match node:
        case ast.ClassDef():
            return _digest("class", *(ast.dump(each) for each in node.body))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _digest(type(node).__name__, ast.dump(node.args), *(ast.dump(each) for each in node.body))
        case ast.Assign() | ast.AnnAssign() if node.value is not None:
            return _digest("value", ast.dump(node.value))
        case _:
            return _digest("text", " ".join(text.split()))  # one of several statements on a line


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """The names that the statement gives a value."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets if node.value is not None else ():
        if isinstance(target, ast.Name):
            yield target.id
        else:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _nested(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for _, value in ast.iter_fields(statement):
        for each in value if isinstance(value, list) else ():
            if isinstance(each, ast.stmt):
                yield value
                break
            if isinstance(each, ast.ExceptHandler | ast.match_case):
                yield each.body


def _decorators(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    return tuple(ast.unparse(each) for each in node.decorator_list)


def _names_in(node: ast.AST) -> Iterator[str]:
    return (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _by_lines(source: str) -> Iterator[Block]:
    """What looks like a class or function, its extent told by its indentation; what a string says is neither."""
    above: list[tuple[int, str]] = []
    lines = source.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    bare = _without_strings(lines)
    for number, line in enumerate(bare):
        found = _HEADER.match(line)
        if found is None:
            continue
        depth = len(found["indent"].expandtabs())
        above = [each for each in above if each[0] < depth]
        text = source[starts[number] : starts[_end(bare, number, depth)]].rstrip()
        kind = "class" if found["keyword"] == "class" else "function"
        digest = _digest(kind, " ".join(text.partition("\n")[2].split()))
        span = starts[number], starts[number] + len(text)
        names = (*(name for _, name in above), found["name"])
        yield Block(names, kind, number + 1, source, span, digest=digest, reads=())
        if kind == "class":
            above.append((depth, found["name"]))


def _end(lines: list[str], start: int, depth: int) -> int:
    """The line after the last one that is indented more than the header at `start`."""
    end = start + 1
    while end < len(lines):
        line = lines[end]
        if line.strip() and len(line) - len(line.lstrip()) <= depth and line.lstrip()[0] not in ")]}":
            break
        end += 1
    return end


def _without_strings(lines: list[str]) -> list[str]:
    """`lines` without strings and comments; all of them where a quote has no end, and code may look like a string."""
    text = "\n".join(lines)
    kept: list[str] = []
    end = 0
    for found in _LEXEME.finditer(text):
        if found[0] in ("'", '"'):
            return lines
        kept += text[end : found.start()], _CONTINUED * found[0].count("\n")
        end = found.end()
    return "".join((*kept, text[end:])).split("\n")
