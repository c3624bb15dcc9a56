"""The classes, functions and assigned names of one file, nested ones included: what tests of two versions are matched by.

A block is known by its names (`("TestCart", "test_total")`) and by the digest of what it says, which neither its own name nor
its formatting, decorators and place change.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?!"")(?:[^"\\\n]|\\.)*"'
    r"|'(?!'')(?:[^'\\\n]|\\.)*'"
    r"|#[^\n]*",
    re.DOTALL,
)
_CONTINUED = "\n)"
"""Stands for a line inside a string: like a closing bracket, it ends no block, wherever it begins."""

_HEADER = re.compile(r"(?P<indent>[ \t]*)(?:async[ \t]+)?(?P<keyword>class|def)[ \t]+(?P<name>\w+)")


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is `class`, `function` or `value`; `line` that of the `def` or `class` itself.

    `within` are the statements around it up to its class or module, as written (`with suppress(ImportError):`); `bases` and
    `decorators` as written. `reads` are the names that its decorators or value mention. `text` is the source from the
    first decorator on; empty where the version was recorded without it.
    """

    names: tuple[str, ...]
    kind: str
    line: int
    digest: str
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(self.names)}"


def read_blocks(source: bytes) -> tuple[Block, ...]:
    """The blocks of `source` in the order of its lines; where it does not parse, those that its lines look like."""
    lines = source.decode("utf-8", "replace").split("\n")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return tuple(_by_lines(lines))
    return tuple(_blocks(module.body, (), (), lines))


def _blocks(
    body: Sequence[ast.stmt], names: tuple[str, ...], within: tuple[str, ...], lines: list[str]
) -> Iterator[Block]:
    for statement in body:
        match statement:
            case ast.ClassDef():
                yield _class(statement, names, within, lines)
                yield from _blocks(statement.body, (*names, statement.name), (), lines)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield _function(statement, names, within, lines)
                around = (*within, f"def {statement.name}")
                yield from (each for each in _blocks(statement.body, names, around, lines) if each.kind != "value")
            case ast.Assign() | ast.AnnAssign():
                yield from _values(statement, names, within, lines)
            case _:
                inner = (*within, lines[statement.lineno - 1].strip())
                for block in _nested(statement):
                    yield from _blocks(block, names, inner, lines)


def _class(node: ast.ClassDef, names: tuple[str, ...], within: tuple[str, ...], lines: list[str]) -> Block:
    bases = tuple(ast.unparse(base) for base in (*node.bases, *(keyword.value for keyword in node.keywords)))
    decorators, reads = _decorators(node)
    digest = _digest("class", *(ast.dump(each) for each in node.body))
    return Block(
        (*names, node.name), "class", node.lineno, digest, bases, decorators, within, reads, _text(node, lines)
    )


def _function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, names: tuple[str, ...], within: tuple[str, ...], lines: list[str]
) -> Block:
    decorators, reads = _decorators(node)
    digest = _digest(type(node).__name__, ast.dump(node.args), *(ast.dump(each) for each in node.body))
    return Block(
        (*names, node.name), "function", node.lineno, digest, (), decorators, within, reads, _text(node, lines)
    )


def _values(
    node: ast.Assign | ast.AnnAssign, names: tuple[str, ...], within: tuple[str, ...], lines: list[str]
) -> Iterator[Block]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        for each in ast.walk(target):
            if isinstance(each, ast.Name) and node.value is not None:
                digest, reads = _digest("value", ast.dump(node.value)), _names_in(node.value)
                yield Block((*names, each.id), "value", node.lineno, digest, (), (), within, reads, _text(node, lines))


def _nested(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for _, value in ast.iter_fields(statement):
        for each in value if isinstance(value, list) else ():
            if isinstance(each, ast.stmt):
                yield value
                break
            if isinstance(each, ast.ExceptHandler | ast.match_case):
                yield each.body


def _decorators(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[tuple[str, ...], tuple[str, ...]]:
    written = tuple(ast.unparse(each) for each in node.decorator_list)
    return written, tuple(dict.fromkeys(name for each in node.decorator_list for name in _names_in(each)))


def _names_in(node: ast.AST) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.id for each in ast.walk(node) if isinstance(each, ast.Name)))


def _text(node: ast.stmt, lines: list[str]) -> str:
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return "\n".join(lines[first - 1 : node.end_lineno or node.lineno])


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _by_lines(lines: list[str]) -> Iterator[Block]:
    """What looks like a class or function, its extent told by its indentation; what a string says is neither."""
    above: list[tuple[int, str]] = []
    bare = _without_strings(lines)
    for number, line in enumerate(bare):
        found = _HEADER.match(line)
        if found is None:
            continue
        depth = len(found["indent"].expandtabs())
        above = [each for each in above if each[0] < depth]
        text = "\n".join(lines[number : _end(bare, number, depth)]).rstrip()
        kind = "class" if found["keyword"] == "class" else "function"
        body = " ".join(text.partition("\n")[2].split())
        yield Block((*(name for _, name in above), found["name"]), kind, number + 1, _digest(kind, body), text=text)
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
    text = _STRING.sub(lambda found: _CONTINUED * found[0].count("\n"), "\n".join(lines))
    return lines if '"' in text or "'" in text else text.split("\n")
