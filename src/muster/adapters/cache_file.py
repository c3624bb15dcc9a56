"""The SQLite file of the cache: made, checked, opened, and set aside where it is damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat

FILE_NAME = "facts-2.sqlite"
"""The number is the layout's: another layout is another file, so that older and newer versions can share a folder."""

_SCHEMA = (
    "CREATE TABLE records (kind TEXT NOT NULL, key TEXT NOT NULL, day INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " record BLOB NOT NULL, PRIMARY KEY (kind, key))",
    "CREATE TABLE paths (path BLOB PRIMARY KEY, stamp TEXT NOT NULL, key TEXT NOT NULL, day INTEGER NOT NULL,"
    " checksum INTEGER NOT NULL) WITHOUT ROWID",
)


def connect(folder: str) -> sqlite3.Connection:
    """The open file in `folder`, made where it is not there. Raises `sqlite3.Error`."""
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


def is_usable(folder: str) -> bool:
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


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is at fault: locked, full, read-only and the like are subclasses of `DatabaseError`."""
    return type(error) is sqlite3.DatabaseError or "decode" in str(error)


def set_aside(folder: str) -> bool:
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
