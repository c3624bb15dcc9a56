"""One memory on each backend that there is, empty for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from tests.services.servers import PASSWORD, make_certificates, running_postgresql

from muster.adapters.history.database import sqlite_url
from muster.adapters.history.store import DatabaseHistory

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server, one for all tests; started where the first of them asks for it."""
    with running_postgresql(make_certificates(tmp_path_factory.mktemp("certificates"))) as (port, _):
        yield f"postgresql://app:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"


@pytest.fixture(params=BACKENDS)
def history_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The url of an empty database: a file, or a schema of its own."""
    if request.param == "sqlite":
        return sqlite_url(str(tmp_path / "history.db"))
    server: str = request.getfixturevalue("postgresql_url")
    schema = f"s{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{server}?options=-csearch_path%3D{schema}"


@pytest.fixture
def open_memory(history_url: str) -> Iterator[Callable[[], DatabaseHistory]]:
    """Opens the test's memory once more."""
    opened: list[DatabaseHistory] = []

    def open_once_more() -> DatabaseHistory:
        opened.append(DatabaseHistory(history_url))
        return opened[-1]

    yield open_once_more
    for history in opened:
        history.close()


@pytest.fixture
def memory(open_memory: Callable[[], DatabaseHistory]) -> DatabaseHistory:
    return open_memory()
