"""One server works on one database: the one that holds its lease.

Two would both take up what the other has open. A lease needs no clock: it ends with its holder, however that ends.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, text

# Any number, the same for every server of this product.
ADVISORY_LOCK = 0x676F6C64
RETRY_S = 0.1


class DatabaseInUse(Exception):
    """Another server works on this database."""


Release = Callable[[], None]


def take_lease(engine: Engine, wait_s: float) -> Release:
    """Holds the lease of the engine's database until the returned function is called; raises `DatabaseInUse`.

    The wait is for a server that is just being stopped, or whose death PostgreSQL has not noticed yet.
    """
    attempt = _lock_file if engine.dialect.name == "sqlite" else _lock_in_database
    until = time.monotonic() + wait_s
    while (release := attempt(engine)) is None:
        if time.monotonic() > until:
            raise DatabaseInUse("another server works on this database: stop it, or give this one its own")
        time.sleep(RETRY_S)
    return release


def _lock_file(engine: Engine) -> Release | None:
    """A file beside the database: SQLite's own locks are for transactions."""
    file = Path(f"{engine.url.database}.lease").open("w")  # noqa: SIM115 - open as long as the lease is held
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file.close


def _lock_in_database(engine: Engine) -> Release | None:
    """A lock of a session that does nothing else."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}).scalar_one():

        def release() -> None:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
            connection.close()

        return release
    connection.close()
    return None
