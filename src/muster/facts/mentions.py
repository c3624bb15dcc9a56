"""Which names a file seems to define, and its import statements, read off its bytes without parsing.

What the index searches unread files for. A superset is fine: only what mentions a wanted word is looked at closer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

MENTIONS_FORMAT = 1
"""Raised whenever what is read off a file changes, so that older records are misses."""

_WORD = rb"[\w\x80-\xff]+"
# Possessive after the newline: going back over the indentation of every other line would take four times as long.
_DEFINED = re.compile(rb"\n[ \t]*+(?:class|(?:async[ \t]++)?def)[ \t]++(" + _WORD + rb"+)")
_ASSIGNED = re.compile(rb"\n(" + _WORD + rb"+)[ \t]*+(?::[^=\n]*+)?=(?!=)")
_IMPORTED = re.compile(
    rb"\n[ \t]*+(?:from[ \t]+[.]*[ \t]*[\w.]*[ \t]+import[ \t]*(?:\([^)]*+\)|(?:[^\n\\]|\\\r?\n)*+)|import[ \t]++[^\n#;]++)"
)
_FROM = re.compile(rb"from[ \t]+(?P<dots>[.]*)[ \t]*(?P<module>[\w.]*)[ \t]+import[ \t]*(?P<names>.*)", re.DOTALL)
_COMMENT = re.compile(rb"#[^\n]*")
_SEPARATORS = bytes(code if code >= 128 or chr(code).isalnum() or code == 95 else 32 for code in range(256))


class Mentions(msgspec.Struct, frozen=True, array_like=True):
    """The names that a file seems to define, at any depth, and its import statements by line, in functions too.

    `defined` and `imported` are the words of either, each once, with a space between them.
    """

    defined: bytes
    imported: bytes
    imports: list[tuple[int, bytes]]


class Imported(msgspec.Struct, frozen=True):
    """One name of an import statement: `level` leading dots, `name` "" for `import module`."""

    line: int
    level: int
    module: str
    name: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Mentions).decode


def read_mentions(source: bytes) -> Mentions:
    """The mentions in `source`."""
    text = b"\n" + source
    defined = {*_DEFINED.findall(text), *_ASSIGNED.findall(text)}
    imports: list[tuple[int, bytes]] = []
    line, position = 0, 0
    for match in _IMPORTED.finditer(text):
        line += text.count(b"\n", position, match.start())
        position = match.start()
        imports.append((line + 1, match[0].strip()))
    imported = set(b" ".join(statement for _, statement in imports).translate(_SEPARATORS).split())
    return Mentions(b" ".join(sorted(defined)), b" ".join(sorted(imported)), imports)


def imported_names(mentions: Mentions, word: bytes) -> Iterator[Imported]:
    """What those import statements bring that mention `word`."""
    for line, statement in mentions.imports:
        if word not in statement or word not in statement.translate(_SEPARATORS).split():
            continue
        yield from _brought(line, statement)


def imported_everything(mentions: Mentions) -> Iterator[Imported]:
    """What all of those import statements bring."""
    for line, statement in mentions.imports:
        yield from _brought(line, statement)


def encode_mentions(mentions: Mentions) -> bytes:
    """The MessagePack form of `mentions`."""
    return _encode(mentions)


def decode_mentions(record: bytes) -> Mentions:
    """The mentions in `record`. Raises `msgspec.DecodeError` on anything else."""
    return _decode(record)


def _brought(line: int, statement: bytes) -> Iterator[Imported]:
    found = _FROM.fullmatch(statement)
    if found is None:
        for module in _names(statement[len(b"import") :]):
            yield Imported(line, 0, module, "")
    else:
        for name in _names(found["names"]):
            yield Imported(line, len(found["dots"]), _text(found["module"]), name)


def _names(text: bytes) -> Iterator[str]:
    cleaned = _COMMENT.sub(b"", text).replace(b"\\", b" ").strip(b" \t\r\n()")
    for part in cleaned.split(b","):
        words = part.split()
        if words:
            yield _text(words[0])


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
