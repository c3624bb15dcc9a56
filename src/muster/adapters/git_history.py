"""git's history as evidence: what became of paths and names, which commit wrote an import, and since when a fault is there.

All questions share one walk over the history; a file that was renamed is followed under its new name, round by round.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

import msgspec

from muster.adapters.git_inquiry import Inquiry
from muster.adapters.git_log import WholeLog
from muster.adapters.git_objects import Repository
from muster.adapters.git_versions import Versions
from muster.adapters.git_walk import LATE, Walk
from muster.model.commit import Commit
from muster.model.history import Chronicle, Fault, HistoryQuestions, NameTrace, PathTrace
from muster.ports import FactCache

_KIND = "history"
_FORMAT = "4"
"""Raised whenever other answers come out of the same history, so that older records are misses."""


class GitHistory:
    """The history of the repository that holds `folder`, up to `revision`; without one, or without git, it tells nothing."""

    def __init__(self, folder: str, cache: FactCache | None = None, revision: str = "HEAD") -> None:
        self._folder = folder.rstrip("/") or "/"
        self._cache = cache
        self._revision = revision
        self._log: tuple[str, WholeLog] | None = None

    def ask(self, questions: HistoryQuestions, budget_s: float) -> Chronicle:
        """What git tells of all `questions` within the time."""
        started = time.monotonic()
        if not questions:
            return Chronicle()
        repository = Repository(self._folder, self._revision)
        if not repository:
            return Chronicle(gaps=(f"no history: {repository.failure}",))
        # A commit's history never changes: what was told of it once holds, unless more time may now tell more.
        key = _key(self._folder, repository, questions)
        known = self._known(key, budget_s)
        if known is not None:
            return known
        with repository.objects() as objects:
            walk = self._walk(repository, questions, started + budget_s)
            told = Inquiry(walk, Versions(objects), questions).answer()
        if walk.log is not None and walk.log.is_whole:
            self._log = (repository.head, walk.log)
        if self._cache:
            self._cache.store(_KIND, key, _encode(told, budget_s))
        return replace(told, seconds=time.monotonic() - started)

    def _walk(self, repository: Repository, questions: HistoryQuestions, deadline: float) -> Walk:
        """A walk that lists everything only where it must, and where that was done once already not again."""
        log = self._log[1] if self._log is not None and self._log[0] == repository.head else None
        is_listed = log is not None and all(fault.path.endswith(".py") for fault in questions.faults)
        is_limited = not (questions.needs_all or is_listed)
        return Walk(repository, self._folder, deadline, log=log, is_limited=is_limited)

    def _known(self, key: str, budget_s: float) -> Chronicle | None:
        record = self._cache.load(_KIND, key) if self._cache else None
        if record is None:
            return None
        told, allowed_s = _decode(record)
        is_late = any(gap.startswith(LATE) for gap in (*told.gaps, *told.notes))
        return told if not is_late or budget_s <= allowed_s else None


_encoder = msgspec.msgpack.Encoder()
_Imports = list[tuple[tuple[str, str, str], Commit]]
_Since = list[tuple[Fault, Commit]]
_Texts = tuple[str, ...]
_Record = tuple[
    bool, list[PathTrace], list[NameTrace], _Imports, list[PathTrace], _Since, list[NameTrace], list[str], _Texts, _Texts,
    float
]  # fmt: skip
_decoder = msgspec.msgpack.Decoder(_Record)


def _encode(told: Chronicle, budget_s: float) -> bytes:
    imports, since = list(told.imports.items()), list(told.since.items())
    names, origins = list(told.names.values()), list(told.origins.values())
    paths, lost, starred = list(told.paths.values()), list(told.lost.values()), sorted(told.starred)
    parts = (told.asked, paths, names, imports, origins, since, lost, starred, told.gaps, told.notes, budget_s)
    return _encoder.encode(parts)


def _decode(record: bytes) -> tuple[Chronicle, float]:
    """What was told, and in how much time."""
    asked, paths, names, imports, origins, since, lost, starred, gaps, notes, budget_s = _decoder.decode(record)
    told = Chronicle(
        asked,
        {trace.path: trace for trace in paths},
        {(trace.path, trace.name): trace for trace in names},
        dict(imports),
        {trace.path: trace for trace in origins},
        dict(since),
        {trace.name: trace for trace in lost},
        frozenset(starred),
        gaps,
        notes,
    )
    return told, budget_s


def _key(folder: str, repository: Repository, questions: HistoryQuestions) -> str:
    parts = (_FORMAT, folder, repository.head, repository.is_shallow, questions)
    return hashlib.blake2b(_encoder.encode(parts), digest_size=16).hexdigest()
