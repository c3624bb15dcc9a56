"""Facts kept between runs in one SQLite file, content-addressed.

Nothing here may ever change an answer or end a run: a record that is lost, damaged or not ours is a miss, and where the
folder cannot be used (foreign, a symlink, read-only, full) the cache is silently off. A damaged file is set aside and a
new one begun. Each record carries a checksum over kind, key and content, tested before the record is handed out.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from zlib import crc32

DEFAULT_LIMIT_BYTES = 1 << 30
FILE_NAME = "facts-2.sqlite"
"""The number is the layout's: another layout is another file, so that older and newer versions can share a folder."""

_CHUNK = 500
_PENDING_LIMIT_BYTES = 64 << 20
_SCHEMA = (
    "CREATE TABLE records (kind TEXT NOT NULL, key TEXT NOT NULL, day INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " record BLOB NOT NULL, PRIMARY KEY (kind, key))",
    "CREATE TABLE paths (path BLOB PRIMARY KEY, stamp TEXT NOT NULL, key TEXT NOT NULL, day INTEGER NOT NULL,"
    " checksum INTEGER NOT NULL) WITHOUT ROWID",
)


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
            self._is_off = not (_is_damage(error) and _set_aside(self.folder))
        except (TypeError, AttributeError, ValueError):  # a damaged page can yield other types than were stored
            self._close()
            self._is_off = not _set_aside(self.folder)
        except (OSError, OverflowError):
            self._close()
            self._is_off = True

    def _open(self) -> sqlite3.Connection | None:
        if self._is_off or os.getpid() != self._process:
            return None  # SQLite connections do not survive a fork
        if self._connection is None:
            if not _is_usable(self.folder):
                self._is_off = True
                return None
            try:
                self._connection = _connect(self.folder)
            except sqlite3.DatabaseError as error:
                if not (_is_damage(error) and _set_aside(self.folder)):
                    raise
                self._connection = _connect(self.folder)
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


def _connect(folder: str) -> sqlite3.Connection:
    connection = sqlite3.connect(os.path.join(folder, FILE_NAME), timeout=5, isolation_level=None)
    try:
        # The file may come from elsewhere (a restored CI cache): its schema is data, not trusted code.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16000")
        if _schema_of(connection) != _SCHEMA:
            _create(connection)
        with contextlib.suppress(sqlite3.OperationalError):  # another process holds the file; any mode is safe
            connection.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _schema_of(connection: sqlite3.Connection) -> tuple[str, ...]:
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    return tuple(row[0] for row in rows)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    found = _schema_of(connection)  # another process may have been faster
    if not found:
        for statement in _SCHEMA:
            connection.execute(statement)
    elif found != _SCHEMA:
        raise sqlite3.DatabaseError("another schema than ours")
    connection.execute("COMMIT")


def _is_usable(folder: str) -> bool:
    """Whether `folder` is, or could be made, a folder of ours alone; no part of the check follows its last link."""
    try:
        os.makedirs(os.path.dirname(folder) or "/", exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if status.st_uid != os.geteuid():
                return False
            if stat.S_IMODE(status.st_mode) & 0o077:
                os.fchmod(descriptor, 0o700)
        finally:
            os.close(descriptor)
        return _is_ours_or_absent(os.path.join(folder, FILE_NAME))
    except (OSError, ValueError):
        return False


def _is_ours_or_absent(path: str) -> bool:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return True
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is at fault: locked, full, read-only and the like are subclasses of `DatabaseError`."""
    return type(error) is sqlite3.DatabaseError or "decode" in str(error)


def _set_aside(folder: str) -> bool:
    """Rename a damaged file and its journals out of the way; True where a new one can be begun."""
    path = os.path.join(folder, FILE_NAME)
    try:
        os.replace(path, path + ".damaged")
    except FileNotFoundError:
        return True
    except OSError:
        return False
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            os.unlink(path + suffix)
    return True


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
