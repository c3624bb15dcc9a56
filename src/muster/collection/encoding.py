"""A collection and the groups of its files as bytes, for the cache."""

from __future__ import annotations

import msgspec

from muster.model.collection import (
    Collection,
    CollectorReport,
    Confidence,
    FailureDetail,
    FileMismatch,
    Frame,
    Item,
    Loss,
    ModuleMissing,
    NameMissing,
    OtherFailure,
    Outcome,
    PathEffect,
    Problem,
    RaisedException,
    Session,
    SessionExit,
    SessionState,
    SyntaxFailure,
    UndefinedName,
    UnknownMarker,
    Wait,
)

Groups = tuple[tuple[str, ...], ...]

_DETAILS: dict[str, type[FailureDetail]] = {
    kind.__name__: kind
    for kind in (
        ModuleMissing, NameMissing, UndefinedName, UnknownMarker, FileMismatch, SyntaxFailure, SessionExit, OtherFailure,
    )
}  # fmt: skip

_Items = list[tuple[str, str, int, bool, str]]


class _Exception(msgspec.Struct, array_like=True):
    """`RaisedException`, its detail encoded apart under the name of its class: msgspec tells no two dataclasses apart."""

    type: str
    message: str
    frames: tuple[Frame, ...]
    detail: tuple[str, bytes]
    confidence: Confidence


class _Report(msgspec.Struct, array_like=True):
    nodeid: str
    path: str
    outcome: Outcome
    exception: _Exception | None
    reason: str


class _Collection(msgspec.Struct, array_like=True):
    state: SessionState
    pytest_exit: int
    aborted_by: _Report | None
    files: tuple[str, ...]
    items: _Items
    reports: list[_Report]
    deselected: tuple[str, ...]
    effects: tuple[PathEffect, ...]
    losses: tuple[Loss, ...]
    problems: tuple[Problem, ...]
    blocked: list[tuple[str, _Items]]
    estimated: frozenset[str]
    hidden: list[_Report]
    waits: tuple[Wait, ...]
    seconds: float | None
    groups: Groups


def encode_collection(collection: Collection, groups: Groups) -> bytes:
    """Both as bytes. Raises `UnicodeEncodeError` where a name is no text."""
    return msgspec.msgpack.encode(
        _Collection(
            collection.session.state,
            collection.session.pytest_exit,
            None if collection.session.aborted_by is None else _plain_report(collection.session.aborted_by),
            collection.files,
            _plain_items(collection.items),
            [_plain_report(report) for report in collection.reports],
            collection.deselected,
            collection.effects,
            collection.losses,
            collection.problems,
            [(path, _plain_items(items)) for path, items in collection.blocked],
            collection.estimated,
            [_plain_report(report) for report in collection.hidden],
            collection.waits,
            collection.seconds,
            groups,
        )
    )


def decode_collection(record: bytes) -> tuple[Collection, Groups]:
    """What `encode_collection` made bytes of. Raises `msgspec.DecodeError` for anything else."""
    plain = msgspec.msgpack.decode(record, type=_Collection)
    aborted_by = None if plain.aborted_by is None else _report(plain.aborted_by)
    collection = Collection(
        session=Session(plain.state, plain.pytest_exit, aborted_by),
        files=plain.files,
        items=_items(plain.items),
        reports=tuple(_report(report) for report in plain.reports),
        deselected=plain.deselected,
        effects=plain.effects,
        losses=plain.losses,
        problems=plain.problems,
        blocked=tuple((path, _items(items)) for path, items in plain.blocked),
        estimated=plain.estimated,
        hidden=tuple(_report(report) for report in plain.hidden),
        waits=plain.waits,
        seconds=plain.seconds,
    )
    return collection, plain.groups


def _plain_items(items: tuple[Item, ...]) -> _Items:
    return [(item.nodeid, item.path, item.line, item.expanded, item.group) for item in items]


def _items(plain: _Items) -> tuple[Item, ...]:
    return tuple(Item(*item) for item in plain)


def _plain_report(report: CollectorReport) -> _Report:
    exception = None if report.exception is None else _plain_exception(report.exception)
    return _Report(report.nodeid, report.path, report.outcome, exception, report.reason)


def _report(plain: _Report) -> CollectorReport:
    exception = None if plain.exception is None else _exception(plain.exception)
    return CollectorReport(plain.nodeid, plain.path, plain.outcome, exception, plain.reason)


def _plain_exception(raised: RaisedException) -> _Exception:
    detail = (type(raised.detail).__name__, msgspec.msgpack.encode(raised.detail))
    return _Exception(raised.type, raised.message, raised.frames, detail, raised.confidence)


def _exception(plain: _Exception) -> RaisedException:
    kind, record = plain.detail
    if kind not in _DETAILS:
        raise msgspec.DecodeError(kind)
    detail = msgspec.msgpack.decode(record, type=_DETAILS[kind])
    return RaisedException(plain.type, plain.message, plain.frames, detail, plain.confidence)
