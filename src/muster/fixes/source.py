"""Source files as text and back, so that what an edit does not touch stays byte for byte the same."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, and how it is written: a byte order mark, the encoding (PEP 263), the usual end of line."""

    text: str
    encoding: str
    bom: bool
    newline: str

    def encode(self, text: str) -> bytes | None:
        """`text` as this file would hold it; None where its encoding has no such character."""
        try:
            return (BOM if self.bom else b"") + text.encode(self.encoding)
        except UnicodeEncodeError:
            return None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what stands from `start` to `end` (indices into the text) by `text`."""

    start: int
    end: int
    text: str


def read_source(content: bytes) -> Source | None:
    """`content` as Python reads it; None where it cannot be decoded, or would not come back byte for byte."""
    bom = content.startswith(BOM)
    body = content.removeprefix(BOM)
    lines = iter(body.splitlines(keepends=True))
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
        text = body.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return None
    source = Source(text, encoding, bom, usual_newline(text))
    return source if source.encode(text) == content else None


def usual_newline(text: str) -> str:
    """The first end of line of `text`."""
    found = _NEWLINE.search(text)
    return found[0] if found else "\n"


def parse_tree(text: str) -> ast.Module | None:
    """The syntax tree of `text`, None where it is none of the host's grammar."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def syntax_error_line(text: str) -> int:
    """The line on which the parser stumbles, 0 where `text` parses."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        return 1
    return 0


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all `edits`, which must not overlap."""
    pieces: list[str] = []
    position = 0
    for edit in sorted(set(edits), key=lambda each: (each.start, each.end)):
        pieces += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, text[position:]])


class Places:
    """Where the nodes of a syntax tree stand in the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in _NEWLINE.finditer(text))]

    def index(self, line: int, column: int) -> int:
        """The index of a 1-based line and a column in UTF-8 bytes, as `ast` gives them."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        part = self._text[start:end]
        return start + (column if part.isascii() else len(part.encode()[:column].decode(errors="ignore")))

    def start(self, node: ast.stmt | ast.expr | ast.alias) -> int:
        """Where the node begins."""
        return self.index(node.lineno, node.col_offset)

    def end(self, node: ast.stmt | ast.expr | ast.alias) -> int:
        """Just behind the node."""
        return self.index(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def line_start(self, line: int) -> int:
        """Where a 1-based line begins; the end of the text for a line behind the last."""
        return self._starts[line - 1] if 0 < line <= len(self._starts) else len(self._text)

    def indent(self, line: int) -> str:
        """The blanks and tabs that the line begins with."""
        rest = self._text[self.line_start(line) : self.line_start(line + 1)]
        return rest[: len(rest) - len(rest.lstrip(" \t"))]
