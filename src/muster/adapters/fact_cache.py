"""Facts kept between runs in one SQLite file, content-addressed.

Nothing here may ever change an answer or end a run: a record that is lost, damaged or not ours is a miss, and where the
folder cannot be used (foreign, a symlink, read-only, full) the cache is silently off. A damaged file is set aside and a
new one begun. Each record carries a checksum over kind, key and content, tested before the record is handed out.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from zlib import crc32

from muster.adapters.cache_file import connect, is_damage, is_usable, set_aside

DEFAULT_LIMIT_BYTES = 1 << 30
_CHUNK = 500
_PENDING_LIMIT_BYTES = 64 << 20


def cache_folder(environ: dict[str, str] | os._Environ[str] = os.environ) -> str:
    """Where the cache lies: `MUSTER_CACHE_DIR`, else `muster` in the user's cache folder."""
    named = environ.get("MUSTER_CACHE_DIR")
    if named:
        return os.path.abspath(named)
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "muster")


class NullFactCache:
    """A cache that keeps nothing (`--no-cache`)."""

    def load(self, kind: str, key: str) -> bytes | None:
        """None."""
        return None

    def load_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Nothing."""
        return {}

    def store(self, kind: str, key: str, record: bytes) -> None:
        """Nothing is kept."""

    def content_keys(self, folder: str) -> dict[str, tuple[str, str]]:
        """Nothing."""
        return {}

    def remember(self, path: str, stamp: str, key: str) -> None:
        """Nothing is kept."""

    def flush(self) -> None:
        """Nothing is written."""


class SqliteFactCache:
    """Records in `folder`, at most about `limit_bytes` of them: what was not used for longest goes first."""

    def __init__(
        self,
        folder: str,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        today: Callable[[], int] = lambda: int(time.time() // 86_400),
    ) -> None:
        self.folder = folder
        self._limit_bytes = limit_bytes
        self._today = today()
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._is_off = False
        self._pending: dict[tuple[str, str], bytes] = {}
        self._pending_bytes = 0
        self._pending_paths: dict[bytes, tuple[str, str]] = {}
        self._used: set[tuple[str, str]] = set()
        self._used_paths: set[bytes] = set()

    @property
    def is_on(self) -> bool:
        """Whether records are still being kept."""
        return not self._is_off

    # Reading --------------------------------------------------------------------------------------------------------

    def load(self, kind: str, key: str) -> bytes | None:
        """The record stored under `kind` and `key`, checksum tested, or None."""
        return self.load_many(kind, [key]).get(key)

    def load_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of `keys` that are stored and whole."""
        found: dict[str, bytes] = {}
        wanted: list[str] = []
        for key in keys:
            pending = self._pending.get((kind, key))
            if pending is None:
                wanted.append(key)
            else:
                found[key] = pending
        with self._guarded() as connection:
            if connection is not None:
                for chunk in _chunks(wanted):
                    found.update(self._load_chunk(connection, kind, chunk))
        return found

    def _load_chunk(self, connection: sqlite3.Connection, kind: str, keys: list[str]) -> Iterator[tuple[str, bytes]]:
        marks = ",".join("?" * len(keys))
        rows = connection.execute(
            f"SELECT key, day, checksum, record FROM records WHERE kind = ? AND key IN ({marks})", (kind, *keys)
        )
        for key, day, checksum, record in rows:
            if isinstance(record, bytes) and checksum == _checksum(kind, key, record):
                if day != self._today:
                    self._used.add((kind, key))
                yield key, record

    def content_keys(self, folder: str) -> dict[str, tuple[str, str]]:
        """Every remembered path in or below `folder` to its `(stamp, content key)`."""
        prefix = _encode(folder.rstrip("/") + "/")
        found: dict[str, tuple[str, str]] = {}
        with self._guarded() as connection:
            if connection is not None and prefix is not None:
                rows = connection.execute(
                    "SELECT path, stamp, key, day, checksum FROM paths WHERE path >= ? AND path < ?",
                    (prefix, prefix[:-1] + b"0"),  # "0" is the character after "/"
                )
                for path, stamp, key, day, checksum in rows:
                    if checksum == _path_checksum(path, stamp, key):
                        found[path.decode("utf-8", "surrogateescape")] = (stamp, key)
                        if day != self._today:
                            self._used_paths.add(path)
        if prefix is not None:
            for path, entry in self._pending_paths.items():
                if path.startswith(prefix):
                    found[path.decode("utf-8", "surrogateescape")] = entry
        return found

    # Writing --------------------------------------------------------------------------------------------------------

    def store(self, kind: str, key: str, record: bytes) -> None:
        """Keep `record`; written by `flush`, or earlier where much is pending."""
        if self._is_off or len(record) > self._limit_bytes // 4:
            return
        self._pending[kind, key] = record
        self._pending_bytes += len(record)
        if self._pending_bytes > _PENDING_LIMIT_BYTES:
            self.flush()

    def remember(self, path: str, stamp: str, key: str) -> None:
        """Keep the content `key` of `path`, read while its `stamp` was this (take the stamp before reading)."""
        encoded = _encode(path)
        if encoded is not None and not self._is_off:
            self._pending_paths[encoded] = (stamp, key)

    def flush(self) -> None:
        """Write what is pending in one short transaction, and evict what is over the limit."""
        if not (self._pending or self._pending_paths or self._used or self._used_paths):
            return
        with self._guarded() as connection:
            if connection is not None:
                connection.execute("BEGIN IMMEDIATE")
                self._write(connection)
                connection.execute("COMMIT")
                if self._size_bytes(connection) > self._limit_bytes:
                    self._evict(connection)
        self._pending.clear()
        self._pending_bytes = 0
        self._pending_paths.clear()
        self._used.clear()
        self._used_paths.clear()

    def _write(self, connection: sqlite3.Connection) -> None:
        today = self._today
        connection.executemany(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)",
            ((k, key, today, _checksum(k, key, record), record) for (k, key), record in self._pending.items()),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO paths VALUES (?, ?, ?, ?, ?)",
            (
                (path, stamp, key, today, _path_checksum(path, stamp, key))
                for path, (stamp, key) in self._pending_paths.items()
            ),
        )
        connection.executemany(
            "UPDATE records SET day = ? WHERE kind = ? AND key = ?", ((today, *used) for used in self._used)
        )
        connection.executemany("UPDATE paths SET day = ? WHERE path = ?", ((today, path) for path in self._used_paths))

    def _size_bytes(self, connection: sqlite3.Connection) -> int:
        pages, free, size_bytes = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size_bytes)

    def _evict(self, connection: sqlite3.Connection) -> None:
        """Delete what was used longest ago until four fifths of the limit are left."""
        connection.execute("BEGIN IMMEDIATE")
        excess = self._size_bytes(connection) - self._limit_bytes * 4 // 5
        doomed: list[tuple[int]] = []
        for row, size_bytes in connection.execute("SELECT rowid, length(record) FROM records ORDER BY day, rowid"):
            if excess <= 0:
                break
            doomed.append((row,))
            excess -= size_bytes + 64
        connection.executemany("DELETE FROM records WHERE rowid = ?", doomed)
        connection.execute("DELETE FROM paths WHERE day < ?", (self._today - 30,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA incremental_vacuum")

    # The file -------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection | None]:
        """The open connection, or None where the cache is off; what goes wrong switches it off or begins anew."""
        try:
            yield self._open()
        except sqlite3.Error as error:
            self._close()
            self._is_off = not (is_damage(error) and set_aside(self.folder))
        except (TypeError, AttributeError, ValueError):  # a damaged page can yield other types than were stored
            self._close()
            self._is_off = not set_aside(self.folder)
        except (OSError, OverflowError):
            self._close()
            self._is_off = True

    def _open(self) -> sqlite3.Connection | None:
        if self._is_off or os.getpid() != self._process:
            return None  # SQLite connections do not survive a fork
        if self._connection is None:
            if not is_usable(self.folder):
                self._is_off = True
                return None
            try:
                self._connection = connect(self.folder)
            except sqlite3.DatabaseError as error:
                if not (is_damage(error) and set_aside(self.folder)):
                    raise
                self._connection = connect(self.folder)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Write what is pending and let go of the file."""
        self.flush()
        self._close()


def clear_cache(folder: str) -> int:
    """Delete the files of the cache in `folder`; returns how many bytes that freed. Raises `OSError`."""
    freed = 0
    with os.scandir(folder) as entries:
        ours = [entry for entry in entries if entry.name.startswith("facts-") and ".sqlite" in entry.name]
    for entry in ours:
        freed += entry.stat(follow_symlinks=False).st_size
        os.unlink(entry.path)
    return freed


def _checksum(kind: str, key: str, record: bytes) -> int:
    """Against damage, not forgery: whoever can write the file could forge any checksum. BLAKE2 takes four times as long."""
    return crc32(record, crc32(f"{kind}\0{key}".encode()))


def _path_checksum(path: bytes, stamp: str, key: str) -> int:
    return crc32(f"{stamp}\0{key}".encode(), crc32(path))


def _encode(path: str) -> bytes | None:
    """The bytes of `path` as the disk spells them; None for what no disk can hold."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    keys = list(keys)
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
