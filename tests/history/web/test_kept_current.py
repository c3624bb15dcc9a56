"""What a server does beside answering: it takes in what commands leave, and forgets what is too old."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.history.records import identifier, record
from tests.support.browser import wait_for

from muster.adapters.history.database import sqlite_url
from muster.adapters.history.store import DatabaseHistory
from muster.adapters.record_spool import RecordSpool
from muster.errors import HistoryError
from muster.settings import HistorySettings, Settings
from muster.usecases.wire import encode_record
from muster.wiring import server
from muster.wiring.server import current_time, kept_current


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatabaseHistory:
    monkeypatch.setattr(server, "TAKE_IN_S", 0.01)
    return DatabaseHistory(sqlite_url(str(tmp_path / "served.db")))


def test_a_check_shows_while_the_server_runs(memory: DatabaseHistory, tmp_path: Path) -> None:
    """And what is older than the project keeps is gone."""
    old, new = record("old"), record("new")
    memory.add(old)
    settings = Settings(history=HistorySettings(keep_days=1))
    with kept_current(str(tmp_path), settings, memory, pytest.fail):
        wait_for(lambda: memory.record(old.id) is None, "the old record to be forgotten")
        RecordSpool(str(tmp_path)).keep("waiting", encode_record(record("new", recorded_at=current_time())))
        wait_for(lambda: memory.record(new.id) is not None, "the new record to be taken in")
    assert [each.id for each in memory.recent(5)] == [identifier("new")]
    memory.close()


def test_a_memory_that_cannot_be_used_is_told_of_once(
    memory: DatabaseHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may stay so for days."""
    told: list[str] = []
    tries: list[int] = []

    def broken(*_: object) -> None:
        tries.append(1)
        raise HistoryError("the memory is locked")

    monkeypatch.setattr(server, "take_in_waiting", broken)
    with kept_current(str(tmp_path), Settings(), memory, told.append):
        wait_for(lambda: len(tries) > 2, "some tries")
    assert told == ["the memory is locked"]
    memory.close()
