"""`.muster-accepted.toml`: the failures that a project accepts for now, read strictly and written in one form.

[[accepted]]
fingerprint = "0f1e2d3c4b5a6978"      # of the cause
code = "M107"                         # what it is, for readers
subject = "websocket"
place = "tests/test_chat.py"
reason = "the client is replaced in PROJ-12"
expires = 2026-12-31                  # the last day on which it is accepted
seen = "observed"                     # where a real run alone shows it; "compared": a comparison with a baseline
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from muster.errors import UsageError
from muster.model.acceptance import Accepted
from muster.ports import EntryKind, FileTree
from muster.settings.load import parse_toml, read_toml
from muster.settings.schema import CAUSE_CODES
from muster.settings.table import Table, nearest
from muster.settings.tomllines import find_table_lines

ACCEPTED_FILE = ".muster-accepted.toml"
_HEAD = """\
# Failures that are known and accepted for now. `muster accept` writes this file and `muster accept --prune` tidies it;
# an entry counts until the day it expires.
"""
_SEEN = ("simulated", "observed", "compared")
_KEYS = ("fingerprint", "code", "subject", "place", "reason", "expires", "seen")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_TEXT_LIMIT = 300
# What TOML forbids in a basic string, or a terminal would act on.
_UNWRITABLE = re.compile(r'[\x00-\x1f"\\\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')
_SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def load_accepted(tree: FileTree, root: str) -> tuple[Accepted, ...]:
    """What the project at `root` accepts; nothing where it has no such file.

    Raises `UsageError` with file and line for what is unknown, missing, twice there, or no date.
    """
    path = posixpath.join(root, ACCEPTED_FILE)
    if tree.kind(path) is not EntryKind.FILE:
        return ()
    return parse_accepted(path, read_toml(tree, path))


def parse_accepted(path: str, text: str) -> tuple[Accepted, ...]:
    """The entries of `text`, the file at `path`, in its order. Raises `UsageError` as `load_accepted` does."""
    document = parse_toml(path, text)
    whole = Table(path, text, (), document)
    whole.refuse_unknown(("accepted",))
    content = document.get("accepted", [])
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise whole.error("accepted", "'accepted' must be tables: write [[accepted]]")
    entries = [_read_entry(table) for table in _tables(path, text, content)]
    known: dict[str, int] = {}
    for entry in entries:
        if entry.fingerprint in known:
            first = known[entry.fingerprint]
            raise UsageError(f"{path}:{entry.line}: '{entry.fingerprint}' is accepted at line {first} already")
        known[entry.fingerprint] = entry.line
    return tuple(entries)


def render_accepted(entries: Iterable[Accepted]) -> str:
    """The file that holds `entries`, sorted; "" where there are none."""
    ordered = sorted(entries, key=lambda entry: (entry.code, entry.subject, entry.fingerprint))
    return "\n".join([_HEAD, *("\n".join(_lines(entry)) + "\n" for entry in ordered)]) if ordered else ""


def writable(text: str) -> str:
    """`text` as the file can hold it: Unicode, and for what only tells readers not too long."""
    return text.encode("utf-8", "replace").decode("utf-8")[:_TEXT_LIMIT]


def _lines(entry: Accepted) -> Iterator[str]:
    yield "[[accepted]]"
    for key in ("fingerprint", "code", "subject", "place", "reason"):
        if value := getattr(entry, key):
            yield f"{key} = {_quoted(value)}"
    yield f"expires = {entry.expires}"
    if entry.seen != "simulated":
        yield f"seen = {_quoted(entry.seen)}"


def _quoted(text: str) -> str:
    return f'"{_UNWRITABLE.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _tables(path: str, text: str, content: list[dict[str, object]]) -> Iterator[Table]:
    """Each entry with a text in which its own keys stand alone, at their own lines."""
    starts = find_table_lines(text, ("accepted",))
    lines = text.splitlines()
    if not starts or len(starts) != len(content):  # written inline: all that can be told is where the whole begins
        yield from (Table(path, text, ("accepted",), each) for each in content)
        return
    ends = [start - 1 for start in starts[1:]] + [len(lines)]
    for start, end, each in zip(starts, ends, content, strict=True):
        own = "\n" * (start - 1) + "\n".join(lines[start - 1 : end])
        yield Table(path, own, ("accepted",), each)


def _read_entry(table: Table) -> Accepted:
    table.refuse_unknown(_KEYS)
    for key in ("fingerprint", "reason", "expires"):
        if key not in table.keys():  # noqa: SIM118  # because a Table is no mapping
            raise UsageError(f"{table.location}: an accepted failure needs '{key}'")
    fingerprint, code = table.string("fingerprint"), table.string("code")
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise table.error("fingerprint", f"'{fingerprint}' is no fingerprint: those are 16 hexadecimal digits")
    if code and code not in CAUSE_CODES:
        raise table.error("code", f"'{code}' is no code of a cause{nearest(code, CAUSE_CODES)}")
    seen = table.string("seen") or "simulated"
    if seen not in _SEEN:
        raise table.error("seen", f"'seen' must be one of {', '.join(_SEEN)}, not '{seen}'")
    return Accepted(
        fingerprint=fingerprint,
        code=code,
        subject=table.string("subject", expands=True),
        place=table.string("place", expands=True),
        reason=table.string("reason", expands=True),
        expires=table.date("expires"),
        seen=seen,
        line=table.location.line,
    )
