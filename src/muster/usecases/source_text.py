"""Single lines of files, as they are quoted to the user."""

from __future__ import annotations

from dataclasses import replace

from muster.model.cause import Cause
from muster.ports import FileTree, ReadFailure


def source_line(tree: FileTree, path: str, line: int) -> str:
    """One line of a file, stripped; "" where it cannot be read."""
    text = _raw_line(tree, path, line)
    return text.strip()


def quote_culprit(tree: FileTree, cause: Cause) -> Cause:
    """`cause` with the text of its culprit's line, where a rule left that out."""
    place = cause.culprit
    if place is None or place.text or not place.line:
        return cause
    text = _raw_line(tree, place.path, place.line)
    column = place.column if place.column > 1 else len(text) - len(text.lstrip()) + 1
    return replace(cause, culprit=replace(place, text=text.strip(), column=column))


def _raw_line(tree: FileTree, path: str, line: int) -> str:
    try:
        lines = tree.read(path).splitlines()
    except ReadFailure:
        return ""
    return lines[line - 1].decode("utf-8", "replace") if 0 < line <= len(lines) else ""
