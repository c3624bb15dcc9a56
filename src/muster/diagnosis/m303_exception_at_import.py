"""M303: importing the file, or one that it imports, raises an exception of its own."""

from __future__ import annotations

import re

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root, normalised
from muster.model.cause import Evidence
from muster.model.collection import OtherFailure, SessionExit

NETWORK = frozenset(
    "ConnectionError ConnectionRefusedError ConnectionResetError ConnectionAbortedError TimeoutError gaierror herror "
    "timeout URLError HTTPError ConnectTimeout ReadTimeout MaxRetryError NewConnectionError SSLError "
    "ServerSelectionTimeoutError".split()
)
DATABASE = frozenset("OperationalError InterfaceError DatabaseError ProgrammingError RedisError".split())
PROCESS = frozenset("CalledProcessError TimeoutExpired SubprocessError".split())
FILES = frozenset(
    "FileNotFoundError PermissionError IsADirectoryError NotADirectoryError FileExistsError OSError".split()
)


def explain(root: Root, case: Case) -> Finding | None:
    """The exception, the statement in the project that it came through, and whether it is input or output."""
    if not isinstance(root.detail, OtherFailure | SessionExit):
        return None
    exception, place = root.first.exception, case.place_of(root.first)
    detail = root.detail if isinstance(root.detail, OtherFailure) else OtherFailure("exit")
    first_line = normalised(exception.message).partition("\n")[0]
    kind = _io_kind(exception.type)
    return Finding(
        "M303",
        detail.subject or _subject(exception.message) or exception.type,
        f"{case.show(place.path)}{f':{place.line}' if place.line else ''} raises {exception.type}"
        + (f": {first_line}" if first_line else ""),
        ("raised", *root.key),
        place,
        exception.confidence,
        (
            Evidence("exception", f"{exception.type}: {first_line}", place.path, place.line),
            *([Evidence("io", f"{kind} at import time", place.path, place.line)] if kind else []),
            *(
                [
                    Evidence(
                        "definition",
                        f"'{detail.subject}' is defined here",
                        detail.definition.path,
                        detail.definition.line,
                    )
                ]
                if detail.definition
                else []
            ),
            *case.places_of(root, "place"),
        ),
        remedies(_way_out(detail.kind, kind)),
    )


_SUBJECTS = (
    re.compile(r"([A-Za-z_][\w.<>]*)\(\) (?:takes|missing|got)"),
    re.compile(r"(?:module|type object) '([\w.]+)' has no attribute '(\w+)'"),
    re.compile(r"'([\w.]+)' object has no attribute '(\w+)'"),
)


def _subject(message: str) -> str:
    """What the interpreter's own messages speak of: the callable, or the attribute with its owner."""
    match = next((found for found in (each.match(message) for each in _SUBJECTS) if found), None)
    return ".".join(match.groups()) if match else ""


def _io_kind(name: str) -> str:
    """Which input or output an exception of that name speaks of, or ""."""
    kinds = (
        ("network access", NETWORK),
        ("database access", DATABASE),
        ("subprocess", PROCESS),
        ("file access", FILES),
    )
    return next((kind for kind, names in kinds if name in names), "")


def _way_out(recognised: str, io_kind: str) -> str:
    if io_kind:
        return f"move the {io_kind} into a fixture: collection should touch nothing outside of the interpreter"
    if recognised == "arity":
        return "make the call agree with the signature"
    if recognised == "attribute":
        return "use a name that the object has"
    if recognised == "exit":
        return "use pytest.skip(..., allow_module_level=True) to leave out a module"
    return "make the statement safe to run at import time, or move it into a fixture"
