"""Failures grouped by root: what broke, regardless of how many files met it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from muster.model.cause import Scope
from muster.model.collection import (
    Collection,
    CollectorReport,
    Confidence,
    FailureDetail,
    FileMismatch,
    Frame,
    ModuleMissing,
    NameMissing,
    OtherFailure,
    Outcome,
    RaisedException,
    SessionExit,
    SyntaxFailure,
    UndefinedName,
    UnknownMarker,
)

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b")
_NO_MODULE = re.compile(r"No module named '?([\w.]+)'?(; '[\w.]+' is not a package)?")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from (partially initialized module )?'([\w.]+)'(?:.*\((.+)\)$)?")
_NO_BINDING = re.compile(r"name '(\w+)' is not defined")
_NO_MARKER = re.compile(r"'(\w+)' not found in `markers` configuration option")


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed (or undecided) collector, and how much it takes down."""

    report: CollectorReport
    exception: RaisedException
    scope: Scope

    @property
    def frame(self) -> Frame | None:
        """The innermost frame, or None where the exception came without any."""
        return self.exception.frames[-1] if self.exception.frames else None


@dataclass(frozen=True, slots=True)
class Root:
    """Failures that have one thing wrong in common, in session order; `detail` is the first one's."""

    key: tuple[str, ...]
    detail: FailureDetail
    failures: tuple[Failure, ...]

    @property
    def first(self) -> Failure:
        """The failure that a reader meets first."""
        return self.failures[0]


def roots_of(collection: Collection, rootdir: str) -> tuple[Root, ...]:
    """The roots of every failure, in the order in which the session meets them."""
    groups: dict[tuple[str, ...], list[Failure]] = {}
    for failure in failures_of(collection):
        groups.setdefault(root_key(failure, rootdir), []).append(failure)
    return tuple(Root(key, found[0].exception.detail, tuple(found)) for key, found in groups.items())


def failures_of(collection: Collection) -> Iterator[Failure]:
    """Failed and undecided collectors that have an exception, in session order; what aborts the session comes in its
    place."""
    aborting = collection.session.aborted_by
    if aborting is not None and aborting not in collection.reports:
        yield from _failure(aborting, aborting)
    for report in collection.reports:
        yield from _failure(report, aborting)


def _failure(report: CollectorReport, aborting: CollectorReport | None) -> Iterator[Failure]:
    if report.exception is None or report.outcome not in (Outcome.FAILED, Outcome.UNDECIDED):
        return
    detail = recognised(report.exception)
    exception = replace(report.exception, detail=detail)
    if report.outcome is Outcome.UNDECIDED:
        exception = replace(exception, confidence=Confidence.UNDECIDED)
    yield Failure(report, exception, _scope(report, aborting))


def _scope(report: CollectorReport, aborting: CollectorReport | None) -> Scope:
    if report == aborting:
        return Scope.SESSION
    # pytest reports a folder whose conftest.py or __init__.py fails under the folder's own node id.
    # The name of a file may hold "::" itself, so any part may be the end of one.
    is_file = any(part.endswith((".py", ".txt", ".rst")) for part in report.nodeid.split("::"))
    return Scope.FILE if is_file and not report.path.endswith("/conftest.py") else Scope.FOLDER


def recognised(exception: RaisedException) -> FailureDetail:
    """The detail of `exception`, read from its type and message where whoever saw it could not say."""
    detail, importer = exception.detail, exception.frames[-1].path if exception.frames else ""
    if not (isinstance(detail, OtherFailure) and not detail.kind):
        return detail
    message = exception.message
    if exception.type == "ModuleNotFoundError" and (match := _NO_MODULE.match(message)):
        return ModuleMissing(match[1], importer, (), bool(match[2]))
    if exception.type == "ImportError" and (match := _NO_NAME.match(message)):
        file = None if match[4] in (None, "unknown location") else match[4]
        return NameMissing(match[3], match[1], importer, file, bool(match[2]) or "circular import" in message)
    if exception.type == "NameError" and (match := _NO_BINDING.match(message)):
        return UndefinedName(match[1])
    if exception.type == "Failed" and (match := _NO_MARKER.match(message)):
        return UnknownMarker(match[1])
    if exception.type == "SystemExit":
        return SessionExit(message)
    return detail


def root_key(failure: Failure, rootdir: str) -> tuple[str, ...]:
    """What failures with one root have in common."""
    exception = failure.exception
    frame = innermost_ours(exception, rootdir) or failure.frame
    place = str(frame) if frame else failure.report.path
    match exception.detail:
        case ModuleMissing(name=name, parent_is_module=is_module, search_path=search_path):
            # One dotted name can be missing below two different packages of one session.
            return ("module", name, str(is_module), *(search_path if "." in name else ()))
        case NameMissing(module=module, name=name, module_file=file):
            return ("name", module, name, file or "")
        case UndefinedName(name=name):
            return ("undefined", name, place)
        case UnknownMarker(name=name):
            return ("marker", name)
        case FileMismatch(module=module, other=other):
            return ("mismatch", module, other)
        case SyntaxFailure(path=path):
            return ("syntax", path)
        case SessionExit():
            return ("exit", exception.type, place)
        case OtherFailure(kind="arity" | "attribute" as kind):
            return ("other", kind, exception.type, exception.message)
        case OtherFailure(kind=kind):
            return ("other", kind, place, exception.type, normalised(exception.message))


def innermost_ours(exception: RaisedException, rootdir: str) -> Frame | None:
    """The innermost frame inside the project: what the project's people can change."""
    ours = (frame for frame in reversed(exception.frames) if is_ours(frame.path, rootdir))
    return next(ours, None)


def is_ours(path: str, rootdir: str) -> bool:
    """Whether `path` belongs to the project, and not to an environment inside of it."""
    return path.startswith(rootdir.rstrip("/") + "/") and "/site-packages/" not in path


def normalised(text: str) -> str:
    """`text` without object addresses, which differ from run to run."""
    return _ADDRESS.sub("0x...", text)
