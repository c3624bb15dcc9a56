"""One server's application over one memory, asked in process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.history.web.scene import scene

from muster.adapters.history.database import sqlite_url
from muster.adapters.history.store import DatabaseHistory
from muster.cli.token import fresh_token
from muster.usecases.tokens import issue_token
from muster.web.app import make_application
from muster.web.server_settings import ServerSettings

NOW = "2026-11-23T02:00:00Z"


class Site:
    """A server: its memory, a token of each scope, what it told its operator, and a clock that stands still until it is moved."""

    def __init__(self, memory: DatabaseHistory, **settings: Any) -> None:
        self.memory = memory
        self.told: list[str] = []
        self.now_s = 1000.0
        self.application = make_application(memory, ServerSettings(**settings), self.told.append, lambda: self.now_s)
        self.reader, self.writer = fresh_token(), fresh_token()
        tag = os.urandom(4).hex()
        issue_token(memory, f"reader-{tag}", "read", self.reader, NOW)
        issue_token(memory, f"ci-{tag}", "write", self.writer, NOW)

    def client(self, token: str = "", **options: Any) -> TestClient:
        """A client of it, with a token if one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        options = {"base_url": "http://localhost", "follow_redirects": False} | options
        return TestClient(self.application, headers=headers, **options)


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseHistory]:
    """A memory that holds the scene; tests of a module share it and add only what stands in nobody's way."""
    memory = DatabaseHistory(sqlite_url(str(tmp_path_factory.mktemp("web") / "history.db")))
    for each in scene():
        memory.add(each)
    yield memory
    memory.close()


@pytest.fixture
def site(remembered: DatabaseHistory) -> Site:
    """A server that only this machine can reach."""
    return Site(remembered)


@pytest.fixture
def exposed(remembered: DatabaseHistory) -> Site:
    """A server that others can reach."""
    return Site(remembered, host="0.0.0.0", names=("muster.example",))


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes servers over a memory of the test's own."""
    memory = DatabaseHistory(sqlite_url(str(tmp_path / "own.db")))
    yield lambda **settings: Site(memory, **settings)
    memory.close()
