"""A database for the memory, opened: its engine, its transactions, and its errors in words for the user."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from muster.adapters.history.tables import HEAD
from muster.errors import HistoryError, MissingExtraError

BUSY_S = 10.0
"""How long a writer waits for another one."""

WRITERS = 0x6D757374
"""The advisory lock of PostgreSQL that adding a record shares and that forgetting some, or migrating, has alone."""


class Database:
    """An engine whose transactions say beforehand whether they write. `name` is it for people, without a password."""

    def __init__(self, url: str) -> None:
        self._url = _parse_url(url)
        self.name = self._url.database or "" if self.is_sqlite else self._url.render_as_string(hide_password=True)
        self._engine = self._open()
        try:
            with self.errors():
                self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self._url.get_backend_name() == "sqlite"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self.errors(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction that is committed, durably, when the block ends; `alone` while nobody adds a record."""
        with self.errors(), self._writer.begin() as connection:
            if not self.is_sqlite:
                shared = "" if alone else "_shared"
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{shared}({WRITERS})")
            yield connection

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Raises `HistoryError` in place of what the driver raises."""
        try:
            yield
        except SQLAlchemyError as error:
            raise HistoryError(self._explain(error)) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def _writer(self) -> Engine:
        return self._engine.execution_options(muster_writes=True)

    def _open(self) -> Engine:
        try:
            if self.is_sqlite:
                engine = sqlalchemy.create_engine(self._url, connect_args={"timeout": BUSY_S})
                event.listen(engine, "connect", _on_sqlite_connect)
                event.listen(engine, "begin", _on_sqlite_begin)
                return engine
            arguments = {"connect_timeout": 10, "application_name": "muster"}
            return sqlalchemy.create_engine(self._url, connect_args=arguments, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise MissingExtraError(f"{self.name} needs psycopg: pip install 'pytest-muster[server]'") from error

    def _prepare(self) -> None:
        """Bring the tables up to date. Alembic, which costs a third of a second, is needed where they are not only."""
        with self._engine.connect() as connection:
            version = _version(connection)
        if version == HEAD:
            return
        from muster.adapters.history.migration import migrate

        with self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")
            version = _version(connection)
            if version not in (HEAD, ""):
                self._refuse_unknown(version)
            if version != HEAD:
                migrate(connection)

    def _refuse_unknown(self, version: str) -> None:
        from muster.adapters.history.migration import revisions

        if version not in revisions():
            raise HistoryError(
                f"{self.name} was written by a newer version of Muster (schema {version}, this one knows {HEAD}): "
                "upgrade pytest-muster"
            )

    def _explain(self, error: SQLAlchemyError) -> str:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        first = next(iter(str(cause).strip().splitlines()), "") or type(cause).__name__
        if "database is locked" in first:
            return f"{self.name} is locked: another process has been writing to it for {BUSY_S:g} s"
        if "not a database" in first or "malformed" in first:
            return f"{self.name} is damaged ({first}): move it away, and Muster begins a new one"
        password = self._url.password
        return f"{self.name} cannot be used: {first.replace(str(password), '***') if password else first}"


def sqlite_url(path: str) -> str:
    """The url of the database in the file at `path`. Raises `HistoryError` where something else lies there.

    Whoever made the tree may have put a link there: it is not followed.
    """
    for each in (os.path.dirname(path), path, f"{path}-wal", f"{path}-shm"):
        if os.path.islink(each):
            raise HistoryError(f"{each} is a symlink: it is not written")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise HistoryError(f"{path} is not a file")
    return URL.create("sqlite", database=path).render_as_string()


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise HistoryError("the url of the history is no url: it takes postgresql://user@host/name") from error
    if backend == "sqlite":
        return parsed
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise HistoryError(f"the history cannot lie in '{backend}': it takes postgresql://user@host/name, or SQLite")


def _version(connection: Connection) -> str:
    """The revision of the tables, "" where there are none."""
    try:
        if not sqlalchemy.inspect(connection).has_table("alembic_version"):
            return ""
    except NoSuchModuleError as error:
        raise HistoryError(str(error)) from error
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or ""


def _on_sqlite_connect(connection: Any, record: object) -> None:
    # The driver begins transactions by rules of its own, and none before a read: SQLAlchemy is to say when.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # NORMAL may lose the last commits when the power fails
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA trusted_schema=OFF")  # the file may have come with the examined tree
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    # A reader that becomes a writer later may fail at once where another one is at work: who writes says so first.
    writes = connection.get_execution_options().get("muster_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
