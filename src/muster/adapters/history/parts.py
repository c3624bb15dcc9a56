"""Pieces of records as they are stored: MessagePack, compressed, named by the hash of what they hold."""

from __future__ import annotations

import hashlib
import zlib
from typing import TypeVar

import msgspec

from muster.errors import HistoryError
from muster.model.memory import HistoryRecord, RecordedCause, RecordedFile, RecordedImport, TestChange

MOST_BYTES = 256 << 20
"""A piece that unpacks to more is damaged, or somebody's trap."""

REST, CHANGE, NODEIDS = "rest", "change", "nodeids"
Tests = dict[str, tuple[str, ...]]

_Content = TypeVar("_Content")


def pack(value: object) -> tuple[str, bytes]:
    """The name of `value`, and what is stored of it."""
    plain = msgspec.msgpack.encode(value, order="deterministic")
    return hashlib.sha256(plain).hexdigest(), zlib.compress(plain, 3)


def unpack(content: bytes, type_: type[_Content]) -> _Content:
    """What was packed. Raises `HistoryError` where it is damaged."""
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(content, MOST_BYTES)
        if not unpacking.eof:
            raise ValueError("too large")
        return msgspec.msgpack.decode(plain, type=type_)
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise HistoryError(f"a record of the history is damaged: {error}") from error


def split(record: HistoryRecord) -> dict[str, tuple[str, bytes]]:
    """The pieces of `record` by name: what often stays the same from one record to the next stands alone."""
    pieces: dict[str, object] = {
        "causes": record.causes,
        "files": record.files,
        "imports": record.imports,
        NODEIDS: record.nodeids,
    }
    rest = msgspec.structs.replace(record, causes=None, files=(), imports=(), nodeids=None)
    return {REST: pack(rest)} | {name: pack(piece) for name, piece in pieces.items() if piece is not None}


def join(stored: dict[str, bytes]) -> HistoryRecord:
    """The record whose pieces are `stored`."""
    record = unpack(stored[REST], HistoryRecord)
    nodeids = unpack(stored[NODEIDS], Tests) if NODEIDS in stored else None
    return msgspec.structs.replace(
        record,
        causes=unpack(stored["causes"], tuple[RecordedCause, ...]) if "causes" in stored else None,
        files=unpack(stored["files"], tuple[RecordedFile, ...]) if "files" in stored else (),
        imports=unpack(stored["imports"], tuple[RecordedImport, ...]) if "imports" in stored else (),
        nodeids=nodeids,
    )


def join_change(content: bytes) -> TestChange:
    """The change that was packed."""
    return unpack(content, TestChange)
