"""Records as they travel and as they wait: JSON, read as what a stranger wrote."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from muster.errors import UsageError
from muster.model.memory import HistoryRecord, Push, Pushed

MOST_NAME, MOST_TEXT, MOST_PATCH = 200, 20_000, 200_000
"""Characters of what an index holds (PostgreSQL takes 2 700 bytes for one entry), of any other text, and of a patch."""

MOST_COUNT = 2**31 - 1
MOST_CAUSES = 5_000

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
# What neither UTF-8 nor a text of PostgreSQL can hold.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NAMES = ("project", "category", "branch", "commit", "job")


def encode_record(record: HistoryRecord) -> bytes:
    """`record` as JSON; what JSON cannot hold is spelled as an escape."""
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return msgspec.json.encode(storable(record))


def decode_record(content: bytes) -> HistoryRecord:
    """The record that `content` holds. Raises `UsageError` where it is none."""
    try:
        record = msgspec.json.decode(content, type=HistoryRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"this is no record of {HistoryRecord.__name__}: {error}") from None
    return checked_record(record)


def encode_push(records: Iterable[bytes]) -> bytes:
    """The body of a push that sends `records`, each encoded already."""
    return b'{"schema":"muster.push/1","records":[' + b",".join(records) + b"]}"


def decode_push(content: bytes) -> tuple[Push, dict[str, str]]:
    """What a push brings: its good records, and the others by id with what is wrong. Raises `UsageError` where it is no push."""
    try:
        push = msgspec.json.decode(content, type=Push)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"this is no push: {error}") from None
    good: list[HistoryRecord] = []
    refused: dict[str, str] = {}
    for record in push.records:
        try:
            good.append(checked_record(record))
        except UsageError as error:
            refused[record.id[:MOST_NAME]] = str(error)
    return Push(records=tuple(good)), refused


def decode_answer(content: bytes) -> Pushed:
    """What a server answered. Raises `UsageError` where it is something else."""
    try:
        return msgspec.json.decode(content, type=Pushed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"this is no answer to a push: {error}") from None


def checked_record(record: HistoryRecord) -> HistoryRecord:
    """`record`, storable. Raises `UsageError` for a value that no record of ours has."""
    plain = _plain(record)
    record = msgspec.convert(plain, HistoryRecord)
    if not _UUID.fullmatch(record.id):
        raise UsageError("its id is no UUID in lower case")
    if not _is_time(record.recorded_at):
        raise UsageError("its time is not UTC as 2026-12-31T23:59:59Z")
    if not record.project or not record.category:
        raise UsageError("it names no project or no category")
    for name in _NAMES:
        if len(getattr(record, name)) > MOST_NAME:
            raise UsageError(f"its {name} is longer than {MOST_NAME} characters")
    if len(record.causes or ()) > MOST_CAUSES:
        raise UsageError(f"it has more than {MOST_CAUSES} causes")
    if wrong := _out_of_range(plain):
        raise UsageError(f"its number {wrong} is out of range")
    return record


def _is_time(text: str) -> bool:
    if not _WHEN.fullmatch(text):
        return False
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def storable(record: HistoryRecord) -> HistoryRecord:
    """`record` with its texts cut to what is kept of them, and characters that cannot be stored spelled as escapes."""
    return msgspec.convert(_plain(record), HistoryRecord)


def _plain(record: HistoryRecord) -> object:
    return _storable(msgspec.to_builtins(record), MOST_TEXT)


def _storable(value: object, most: int) -> object:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            value = _UNSTORABLE.sub(lambda match: ascii(match[0])[1:-1], value)
        return value if len(value) <= most else value[: most - 1] + "…"
    if isinstance(value, dict):
        return {
            _storable(key, most): _storable(each, MOST_PATCH if key == "patch" else most) for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_storable(each, most) for each in value]
    return value


def _out_of_range(value: object) -> str:
    """The first number that no count and no duration can be, "" where there is none."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return "" if -1000 <= value <= MOST_COUNT else str(value)[:40]
    if isinstance(value, float):
        return "" if math.isfinite(value) and 0 <= value <= MOST_COUNT else str(value)
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, (list, tuple)):
        inner = value
    return next((wrong for each in inner if (wrong := _out_of_range(each))), "")
