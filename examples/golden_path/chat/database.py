"""One database, SQLite or PostgreSQL, that never blocks the event loop.

Reads run on a few threads. Writes run on exactly one, which commits together whatever gathered while it was busy: SQLite
knows one writer at a time anyway, and two hundred conversations then cost a few commits, each of them synced to disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from chat.lease import Release, take_lease
from chat.tables import metadata

READERS = 4
LEASE_WAIT_S = 20.0
MOST_WRITES_IN_A_COMMIT = 256
SQLITE_PRAGMAS = (
    # Readers go on while the writer writes.
    "PRAGMA journal_mode = WAL",
    # A commit is on the disk when it returns: what a client has seen survives a power cut too.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Write:
    """One unit of work, committed as a whole; it is called again, alone, where the commit it was part of failed."""

    work: Callable[[Connection], Any]
    result: Future[Any] = field(default_factory=Future)


class Database:
    """Runs functions of a connection: `read` on any thread, `write` in a transaction of the one writer."""

    def __init__(self, url: str, lease_wait_s: float = LEASE_WAIT_S) -> None:
        self._url = _with_driver(make_url(url))
        self._lease_wait_s = lease_wait_s
        self._release: Release | None = None
        self._engine = _engine(self._url)
        self._readers = ThreadPoolExecutor(READERS, "chat-reader")
        self._waiting: SimpleQueue[_Write | None] = SimpleQueue()
        self._writer = Thread(target=self._write_until_closed, name="chat-writer", daemon=True)

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._url.get_backend_name()

    def open(self) -> None:
        """Take the lease, make the tables that are missing and start the writer; raises `DatabaseInUse`."""
        self._release = take_lease(self._engine, self._lease_wait_s)
        metadata.create_all(self._engine)
        self._writer.start()

    def close(self) -> None:
        """Commit what waits, and let go of every connection."""
        if self._writer.is_alive():
            self._waiting.put(None)
            self._writer.join()
        self._readers.shutdown()
        if self._release is not None:
            self._release()
        self._engine.dispose()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` returned, once it is committed."""
        write = _Write(work)
        self._waiting.put(write)
        result: T = await asyncio.wrap_future(write.result)
        return result

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return work(connection)

    def _write_until_closed(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            with suppress(Empty):
                while len(batch) < MOST_WRITES_IN_A_COMMIT:
                    following = self._waiting.get_nowait()
                    if following is None:
                        # Seen again by the loop above, after this batch.
                        self._waiting.put(None)
                        break
                    batch.append(following)
            self._commit([write for write in batch if write.result.set_running_or_notify_cancel()])

    def _commit(self, batch: list[_Write]) -> None:
        try:
            with self._engine.begin() as connection:
                results = [write.work(connection) for write in batch]
        except Exception as error:
            if len(batch) == 1:
                batch[0].result.set_exception(error)
                return
            # One of them is at fault; the others must not pay for it.
            for write in batch:
                self._commit([write])
            return
        for write, result in zip(batch, results, strict=True):
            write.result.set_result(result)


def _with_driver(url: URL) -> URL:
    """`url` with the PostgreSQL driver that this project installs where it names none."""
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=READERS + 2, pool_pre_ping=True)
    if url.database in (None, "", ":memory:"):
        raise ValueError("an SQLite database must be a file: the readers and the writer each open it")
    engine = create_engine(url, pool_size=READERS + 1)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: object) -> None:
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)

    return engine
