"""The tables that revisions make are those that the code speaks to, whatever happens on the way."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.history.records import record

from muster.adapters.history import database
from muster.adapters.history.database import Database
from muster.adapters.history.migration import revisions
from muster.adapters.history.store import DatabaseHistory
from muster.adapters.history.tables import HEAD, metadata
from muster.errors import HistoryError


def test_the_revisions_make_the_tables_of_today(history_url: str) -> None:
    opened = Database(history_url)
    with opened.reading() as connection:
        # Alembic takes an empty default of SQLite for another one than the empty default that was asked for.
        defaults = connection.dialect.name == "postgresql"
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": defaults}
        )
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
    opened.close()
    assert HEAD in revisions()


def test_a_migration_that_breaks_off_leaves_nothing_and_is_made_good(
    history_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE records (half INTEGER)")
        raise sa.exc.OperationalError("CREATE", {}, OSError("the disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr("muster.adapters.history.migration.migrate", break_off)
        with pytest.raises(HistoryError, match="the disk is full"):
            DatabaseHistory(history_url)
    with DatabaseHistory(history_url) as memory:
        assert memory.add(record("a"))


def test_a_database_of_today_is_opened_without_alembic(history_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DatabaseHistory(history_url).close()
    monkeypatch.setitem(__import__("sys").modules, "muster.adapters.history.migration", None)
    with DatabaseHistory(history_url) as memory:
        assert memory.recent(1) == ()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/name", "cannot lie in 'mysql'"),
        ("no url", "is no url"),
        (
            "postgresql://app:hunter2@127.0.0.1:1/name",
            r"postgresql\+psycopg://app:\*\*\*@127.0.0.1:1/name cannot be used",
        ),
        ("sqlite:////nowhere/at/all/history.db", "unable to open database file"),
    ],
)
def test_a_database_that_cannot_be_opened_is_named(url: str, words: str) -> None:
    with pytest.raises(HistoryError, match=words) as raised:
        DatabaseHistory(url)
    assert "hunter2" not in str(raised.value)


def test_only_one_of_two_that_come_first_migrates(history_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever saw no tables looks again once it may write: the other one has made them meanwhile."""
    real, seen = database._version, []

    def version(connection: sa.Connection) -> str:
        if not seen:
            seen.append(True)
            DatabaseHistory(history_url).close()
            return ""
        return real(connection)

    monkeypatch.setattr(database, "_version", version)
    with DatabaseHistory(history_url) as memory:
        assert memory.add(record("a"))
