"""The cache of facts, with what it was asked for kept at hand: proving many fixes reads each record once."""

from __future__ import annotations

from collections.abc import Sequence

from muster.ports import FactCache


class KeptFacts:
    """A `FactCache` in front of another one (which may keep nothing)."""

    def __init__(self, behind: FactCache) -> None:
        self._behind = behind
        self._records: dict[tuple[str, str], bytes] = {}
        self._keys: dict[str, dict[str, tuple[str, str]]] = {}

    def load(self, kind: str, key: str) -> bytes | None:
        """As the cache behind, and what was stored meanwhile."""
        record = self._records.get((kind, key)) or self._behind.load(kind, key)
        if record is not None:
            self._records[kind, key] = record
        return record

    def load_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """The same, for many."""
        missing = [key for key in keys if (kind, key) not in self._records]
        self._records.update(((kind, key), record) for key, record in self._behind.load_many(kind, missing).items())
        return {key: self._records[kind, key] for key in keys if (kind, key) in self._records}

    def store(self, kind: str, key: str, record: bytes) -> None:
        """Keep it in both."""
        self._records[kind, key] = record
        self._behind.store(kind, key, record)

    def content_keys(self, folder: str) -> dict[str, tuple[str, str]]:
        """Those of the cache behind, with what was read since."""
        if folder not in self._keys:
            self._keys[folder] = self._behind.content_keys(folder)
        return self._keys[folder]

    def remember(self, path: str, stamp: str, key: str) -> None:
        """Keep the key in both."""
        for folder, keys in self._keys.items():
            if path.startswith(folder.rstrip("/") + "/"):
                keys[path] = (stamp, key)
        self._behind.remember(path, stamp, key)

    def flush(self) -> None:
        """Write what is pending behind."""
        self._behind.flush()
