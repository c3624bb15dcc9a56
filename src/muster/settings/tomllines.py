"""Where a key or an item stands in a TOML text. `tomllib` gives values without lines, so they are searched for.

The search reads headers and keys at the left of a line and steps over multi-line strings and arrays; what is written in
a way that it does not know (inline tables, keys with escapes) is found at its table's header, or not at all (line 0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]')


def find_key_line(text: str, path: Sequence[str]) -> int:
    """The 1-based line that assigns the dotted key `path`; else that of its nearest enclosing table; else 0."""
    wanted, best, best_depth = tuple(path), 0, 0
    for line, key in _keys(text):
        if key == wanted:
            return line
        depth = len(key)
        if depth < len(wanted) and wanted[:depth] == key and depth > best_depth:
            best, best_depth = line, depth
    return best


def find_item_line(text: str, path: Sequence[str], item: str) -> int:
    """The line at or after the key's own on which `item` is written; the key's line where it cannot be seen."""
    start = find_key_line(text, path)
    if not start:
        return 0
    for line, content in enumerate(text.splitlines()[start - 1 :], start):
        if item in content:
            return line
        if line > start and _HEADER.match(content):
            break
    return start


def find_table_lines(text: str, path: Sequence[str]) -> list[int]:
    """The 1-based lines of the headers `[path]` or `[[path]]`."""
    wanted, lines = tuple(path), text.splitlines()
    return [line for line, key in _keys(text) if key == wanted and _HEADER.match(lines[line - 1])]


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    table: tuple[str, ...] = ()
    quote, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not quote and not depth:
            if header := _HEADER.match(line):
                table = _split(header[1])
                yield number, table
                continue
            if assignment := _ASSIGNMENT.match(line):
                yield number, (*table, *_split(assignment[1]))
        quote, depth = _advance(line, quote, depth)


def _advance(line: str, quote: str, depth: int) -> tuple[str, int]:
    """The open multi-line quote and bracket depth after `line`."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return quote, depth
            position, quote = end + 3, ""
            continue
        token = _TOKEN.search(line, position)
        if token is None:
            break
        position = token.end()
        match token[0]:
            case '"""' | "'''":
                quote = token[0]
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth = max(0, depth - 1)
            case _:
                pass
    return quote, depth


def _split(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(key))
