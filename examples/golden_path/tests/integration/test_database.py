"""The database: one writer that commits together, and lets nobody pay for another's mistake."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from chat.database import Database
from chat.lease import DatabaseInUse
from chat.tables import users


def with_database(url: str, scenario: Callable[[Database], Awaitable[Any]]) -> Any:
    database = Database(url)
    database.open()
    try:
        return asyncio.run(scenario(database))
    finally:
        database.close()


def add_user(name: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(insert(users).values(id=name, name=name, password_hash="", created_at=""))

    return work


def count_users(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(users)).scalar_one()


def test_what_is_written_is_there_when_it_returns(database_url: str) -> None:
    async def scenario(database: Database) -> int:
        await database.write(add_user("ada"))
        count: int = await database.read(count_users)
        return count

    assert with_database(database_url, scenario) == 1


def test_a_failing_write_fails_alone(database_url: str) -> None:
    """Two hundred at once, every tenth twice: they share commits, and exactly the repeated ones are refused."""

    async def scenario(database: Database) -> tuple[list[Any], int]:
        names = [f"user-{number - number % 10 if number % 10 == 1 else number}" for number in range(200)]
        writing = (database.write(add_user(name)) for name in names)
        return await asyncio.gather(*writing, return_exceptions=True), await database.read(count_users)

    answers, count = with_database(database_url, scenario)
    refused = [answer for answer in answers if answer is not None]
    assert [type(answer) for answer in refused] == [IntegrityError] * 20
    assert count == 180


def test_the_event_loop_goes_on_while_the_database_works(database_url: str) -> None:
    def slow(connection: Connection) -> None:
        time.sleep(0.4)

    async def scenario(database: Database) -> int:
        working = asyncio.gather(database.write(slow), database.read(slow))
        ticks = 0
        while not working.done():
            await asyncio.sleep(0.01)
            ticks += 1
        await working
        return ticks

    assert with_database(database_url, scenario) > 5


def test_readers_go_on_while_the_writer_writes(database_url: str) -> None:
    async def scenario(database: Database) -> tuple[int, bool]:
        def slow(connection: Connection) -> None:
            add_user("ada")(connection)
            time.sleep(0.4)

        writing = asyncio.ensure_future(database.write(slow))
        await asyncio.sleep(0.1)
        count = await database.read(count_users)
        was_writing = not writing.done()
        await writing
        return count, was_writing

    assert with_database(database_url, scenario) == (0, True)


def test_two_servers_do_not_work_on_one_database(database_url: str) -> None:
    first, second, third = (Database(database_url, lease_wait_s=0.3) for _ in range(3))
    first.open()
    with pytest.raises(DatabaseInUse):
        second.open()
    first.close()
    third.open()
    second.close()
    third.close()


def test_an_sqlite_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a file"):
        Database("sqlite://")
