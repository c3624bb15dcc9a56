"""Where something stands in a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: an absolute POSIX path, a 1-based line and column, and the source text there.

    `line` 0 means the file as a whole. `text` is the statement's first line, stripped, or "" where unknown.
    """

    path: str
    line: int = 0
    column: int = 1
    end_line: int = 0
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path
