"""Records as tests need them."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from muster.model.memory import HistoryRecord, RecordedCause, RecordedFile


def identifier(name: object) -> str:
    """A UUID for `name`, the same each time."""
    return str(uuid5(NAMESPACE_URL, str(name)))


def when(minute: int) -> str:
    """A time on one day, in order."""
    return f"2026-11-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"


def record(name: object, minute: int = 0, **fields: Any) -> HistoryRecord:
    """A check of a small project that is well, but for what `fields` say."""
    healthy = {
        "kind": "check",
        "project": "shop",
        "branch": "main",
        "commit": f"c{minute}",
        "causes": (),
        "files": (RecordedFile(path="tests/test_a.py", outcome="collected", tests=2),),
        "files_total": 1,
        "tests": 2,
        "nodeids": {"tests/test_a.py": ("test_one", "test_two")},
        "simulated_s": 0.5,
    }
    return HistoryRecord(id=identifier(name), **({"recorded_at": when(minute)} | healthy | fields))


def cause(fingerprint: str = "f1", **fields: Any) -> RecordedCause:
    """A module that is missing."""
    missing = {
        "code": "M103",
        "severity": "error",
        "confidence": "certain",
        "scope": "file",
        "title": "module never existed",
        "subject": "nowhere",
        "path": "tests/test_b.py",
        "line": 1,
        "victims": ("tests/test_b.py",),
        "victim_count": 1,
        "blocked_tests": 3,
    }
    return RecordedCause(fingerprint=fingerprint, **(missing | fields))
