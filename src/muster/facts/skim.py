"""A source without the bodies of its functions: parsing it yields the very same facts at a fraction of the cost.

Module level and class bodies decide what a file says; function bodies, three quarters of the bytes, only matter when
they are entered. They are cut out by indentation, before parsing. Every construct that indentation alone cannot settle
is a doubt, and a doubted file is parsed whole. Errors inside dropped bodies go unseen: they must be looked for apart.

What stands for a dropped body keeps its first and its last line, so that every line number stays as it was. Bodies with
a `yield` (they make the function a generator) and bodies that are only a docstring, `...` or `pass` are never dropped.
"""

from __future__ import annotations

import ast
import re
from functools import cache

from muster.facts.module_facts import ModuleFacts
from muster.facts.parse import PARSE_FAILURES, facts_of_tree, parse_tree
from muster.facts.scopes import functions_in, nodes_of_scope

# A quote that opens three must not be read as an empty string and an opening one: hence (?!"").
_STRING = (
    rb'"""(?:[^"\\]++|\\.|"(?!""))*+"""'
    rb"|'''(?:[^'\\]++|\\.|'(?!''))*+'''"
    rb'|"(?!"")(?:[^"\\\n]++|\\.)*+"'
    rb"|'(?!'')(?:[^'\\\n]++|\\.)*+'"
)
_COMMENT = rb"#[^\n]*+"


def _pattern(text: bytes) -> re.Pattern[bytes]:
    return re.compile(text, re.DOTALL)


_LEXED = _pattern(rb"(?:[^\"'#]++|" + _COMMENT + rb"|" + _STRING + rb")*+")
"""As much text as can be cut into strings, comments and the rest; it stops where a string has no end."""

_UP_TO_DEF = _pattern(rb"(?:[^\"'#\n]++|" + _COMMENT + rb"|" + _STRING + rb"|\n(?! *(?:async +)?def\b))*+")
"""Everything before the next line that starts with `def`, outside strings and comments."""

_ONE_STRING = _pattern(_STRING)
_PLAIN_SIGNATURE = _pattern(
    rb"\n( *)(?:async +)?def +\w+\([^()\"'#]*+\)(?: *-> *[\w.\[\], |]++)? *:[ ]*(?:#[^\n]*+)?(?=\n)"
)
_DEF = _pattern(rb"\n( *)(?:async +)?def\b")
_STRING_OR_COMMENT = _pattern(_STRING + rb"|" + _COMMENT)
_SIGNATURE_TOKEN = _pattern(_STRING + rb"|" + _COMMENT + rb"|[()\[\]{}:\n\"'\\]")
_REST_OF_LINE = _pattern(rb"[ ]*(?:#[^\n]*+)?(?=\n)")
_BLANK_AND_COMMENTS = _pattern(rb"(?:\n[ ]*(?:#[^\n]*+)?(?=\n|\Z))*+")
_ONLY_CONSTANTS = _pattern(rb"(?:[\s();\\rRuU]++|" + _COMMENT + rb"|" + _STRING + rb"|\.\.\.|pass\b)*+")
_MAY_BE_CONSTANT = frozenset(b"\"'(.prRuU\\")

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*(?!utf-?8\b)[-\w.]+", re.IGNORECASE)
_INDENTED_BY_TAB = re.compile(rb"^ *\t", re.MULTILINE)

# What neither ruff nor the cut-down text shows, though CPython refuses some of it: `f(__debug__=1)`, `break` in
# `except*`, f"{*a}".
_NEEDS_COMPILER = tuple(re.compile(each) for each in (rb"__debug__", rb"except *\*", rb"\{\*(?!\*)"))


def skim_module(source: bytes, *, target: tuple[int, int]) -> ModuleFacts | None:
    """The facts of `source`, equal to those of a full parse provided that CPython compiles it; None on any doubt."""
    reduced = skim(source)
    if reduced is None:
        return None
    try:
        tree: ast.Module = parse_tree(reduced, "skimmed.py")
        if b"async" in reduced and b"yield" in reduced and any(map(_is_refused_generator, functions_in(tree.body))):
            return None
        return facts_of_tree(tree, reduced, target, original=source)
    except PARSE_FAILURES:
        return None


def _is_refused_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether `node` is an async generator that returns a value, which ruff lets pass."""
    if not isinstance(node, ast.AsyncFunctionDef):
        return False
    found = list(nodes_of_scope(node.body))
    return any(isinstance(each, ast.Yield) for each in found) and any(
        isinstance(each, ast.Return) and each.value is not None for each in found
    )


def skim(source: bytes) -> bytes | None:
    """`source` with its function bodies replaced, line for line, or None on any doubt."""
    if b"\r" in source:
        source = source.replace(b"\r\n", b"\n")
    if b"\f" in source:
        source = source.replace(b"\n\f\n", b"\n\n")
    if _is_doubtful(source):
        return None
    return _cut(b"\n" + source if source.endswith(b"\n") else b"\n" + source + b"\n")


def _is_doubtful(source: bytes) -> bool:
    if b"\r" in source or b"\0" in source or b"\f" in source:
        return True
    if b"\t" in source and _INDENTED_BY_TAB.search(source):
        return True
    if any(_COOKIE.match(line) for line in source.split(b"\n", 2)[:2]):
        return True
    return any(each.search(source) for each in _NEEDS_COMPILER) or not _is_utf8(source)


def _is_utf8(source: bytes) -> bool:
    if source.isascii():
        return True
    try:
        source.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _cut(text: bytes) -> bytes | None:
    """`text`, which starts and ends with a newline, cut down and without that first newline."""
    kept: list[bytes] = []
    done = position = 0
    size = len(text)
    while True:
        match = _UP_TO_DEF.match(text, position)
        position = match.end() if match else size
        if position == size:
            break
        header = _read_signature(text, position)
        if header is None:
            return None
        indent, position = header
        if text[position] != 10:  # A body on the line of its def is kept.
            continue
        end = _find_end(text, position, indent)
        if end is None:
            return None
        body = text[position:end]
        if b"yield" in body:
            continue
        replacement = _replacement(body, indent)
        if replacement is None:
            return None
        if replacement is not body:
            kept += (text[done:position], replacement)
            done = end
        position = end
    kept.append(text[done:])
    return b"".join(kept)[1:]


def _read_signature(text: bytes, position: int) -> tuple[int, int] | None:
    """The indentation of the def at `position`, and where its header ends: at a newline, or at a body on its line."""
    match = _PLAIN_SIGNATURE.match(text, position)
    if match:
        return len(match[1]), match.end()
    match = _DEF.match(text, position)
    if match is None:  # A string without an end.
        return None
    depth = 0
    for token in _SIGNATURE_TOKEN.finditer(text, match.end()):
        symbol = token[0]
        if symbol in b"([{":
            depth += 1
        elif symbol in b")]}":
            depth -= 1
        elif symbol == b":":
            if depth == 0:
                rest = _REST_OF_LINE.match(text, token.end())
                return len(match[1]), rest.end() if rest else token.end()
        elif symbol in b"\"'\\" or (symbol == b"\n" and depth <= 0):
            return None
    return None


@cache
def _dedent(indent: int) -> re.Pattern[bytes]:
    return _pattern(rb"\n {0,%d}+(?=[^ \n#])" % indent)


def _find_end(text: bytes, start: int, indent: int) -> int | None:
    """Where the block after the header that ends at `start` ends: at the newline before the first line that stands no
    deeper than `indent` and is neither blank, nor a comment, nor inside a string. None on doubt."""
    pattern = _dedent(indent)
    end = _first_dedent(pattern, text, start)
    lexed = start
    while text.find(b'"""', lexed, end) >= 0 or text.find(b"'''", lexed, end) >= 0:
        match = _LEXED.match(text, lexed, end)
        lexed = match.end() if match else lexed
        if lexed == end:
            break
        string = _ONE_STRING.match(text, lexed)
        if string is None:
            return None
        lexed = string.end()
        if lexed > end:
            end = _first_dedent(pattern, text, lexed)
    # After a backslash the next line goes on with this one, however it is indented.
    return None if end == start or text[end - 1] == 92 else end


def _first_dedent(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    match = pattern.search(text, start)
    return match.start() if match else len(text) - 1


def _replacement(body: bytes, indent: int) -> bytes | None:
    """What stands for `body`: itself where it is trivial, None on doubt."""
    lead = _BLANK_AND_COMMENTS.match(body)
    first = lead.end() if lead else 0
    code = body[first:].lstrip(b"\n ")
    if not code:
        return None
    if code[0] in _MAY_BE_CONSTANT and _ONLY_CONSTANTS.fullmatch(code):
        return body
    last = _end_of_code(body)
    statement = b"\n" + b" " * (indent + 1) + b"0"
    lines_between = body.count(b"\n", first, last)
    replaced = b"\n" * body.count(b"\n", 0, first) + statement
    if lines_between > 1:
        replaced += b"\n" * (lines_between - 2) + statement
    return replaced + b"\n" * body.count(b"\n", last)


def _end_of_code(body: bytes) -> int:
    """Where the last line of `body` that holds code ends. What looks like a comment may be the end of a string."""
    end = len(body)
    strings: list[tuple[int, int]] | None = None
    while True:
        stripped = body[:end].rstrip(b"\n ")
        line_start = stripped.rfind(b"\n")
        line = stripped[line_start + 1 :]
        if not line.lstrip(b" ").startswith(b"#"):
            return len(stripped)
        if strings is None:
            strings = [each.span() for each in _STRING_OR_COMMENT.finditer(body) if body[each.start()] != 35]
        sign = line_start + 1 + line.index(b"#")
        if any(start < sign < stop for start, stop in strings):
            return len(stripped)
        end = line_start
