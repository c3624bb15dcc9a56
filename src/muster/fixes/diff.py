"""Changes as one unified diff, as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import unified_diff as compare

from muster.fixes.source import read_source
from muster.model.fix import FileChange

_PLAIN = re.compile(r'[^\x00-\x1f"\\\x7f\ud800-\udfff]*')
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def unified_diff(changes: Iterable[FileChange], root: str) -> str:
    """The diff of `changes`, paths relative to `root`; a file's bytes are shown as its own encoding reads them."""
    return "".join(line for change in changes for line in _of_file(change, root))


def _of_file(change: FileChange, root: str) -> Iterator[str]:
    path = change.path.removeprefix(root.rstrip("/") + "/")
    before, after = _lines(change.before), _lines(change.after)
    source = "/dev/null" if change.before is None else _named(f"a/{path}")
    target = "/dev/null" if change.after is None else _named(f"b/{path}")
    shown = list(compare(before, after, source, target, n=3))
    if change.before is None or change.after is None:
        # Without it `git apply` sees nothing where an empty file comes or goes.
        kind = "new" if change.before is None else "deleted"
        yield f"diff --git {_named(f'a/{path}')} {_named(f'b/{path}')}\n{kind} file mode 100644\n"
    for line in shown:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _named(path: str) -> str:
    """The path as git writes it: quoted where it has quotes, backslashes, control characters or no text."""
    if _PLAIN.fullmatch(path):
        return path
    parts = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in _bytes(path))
    return f'"{"".join(parts)}"'


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _lines(content: bytes | None) -> list[str]:
    if content is None:
        return []
    source = read_source(content)
    text = source.text if source is not None else content.decode("utf-8", "surrogateescape")
    return _LINE.findall(("\ufeff" if source is not None and source.bom else "") + text)
