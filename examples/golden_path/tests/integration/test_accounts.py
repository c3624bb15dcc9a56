"""Accounts: argon2 in the database, and a refusal that tells nobody who exists."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, select

from chat.accounts import Accounts, recommended_hasher
from chat.database import Database
from chat.refusal import Refusal
from chat.tables import users

PASSWORD = "correct horse battery staple"


class CountingHasher(PasswordHasher):
    """The real one, which counts how often it verifies."""

    verified = 0

    def verify(self, hash: Any, password: Any) -> Any:
        self.verified += 1
        return super().verify(hash, password)


def with_accounts(
    url: str, scenario: Callable[[Accounts], Awaitable[Any]], hasher: PasswordHasher | None = None
) -> Any:
    """What `scenario` returns, with accounts on the database at `url`."""
    database = Database(url)
    database.open()
    accounts = Accounts(database, hasher)
    try:
        return asyncio.run(scenario(accounts))
    finally:
        accounts.close()
        database.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'chat.db'}"


def test_who_registered_can_log_in(database_url: str) -> None:
    async def scenario(accounts: Accounts) -> tuple[str, str]:
        return await accounts.register("Ada", PASSWORD), await accounts.login("ada", PASSWORD)

    registered, logged_in = with_accounts(database_url, scenario)
    assert registered == logged_in


def test_a_name_is_taken_once(database_url: str) -> None:
    async def scenario(accounts: Accounts) -> list[Any]:
        registering = (accounts.register(name, PASSWORD) for name in ("ada", "ADA", "Ada"))
        return await asyncio.gather(*registering, return_exceptions=True)

    answers = with_accounts(database_url, scenario)
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [refusal.code for refusal in refused] == ["name_taken"] * 2


def test_the_database_holds_argon2id_hashes_only(sqlite_url: str) -> None:
    with_accounts(sqlite_url, lambda accounts: accounts.register("ada", PASSWORD))
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        [kept] = connection.execute(select(users.c.password_hash)).scalars()
    engine.dispose()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in kept


@pytest.mark.parametrize(("name", "password"), [("ada", "not her password"), ("nobody", PASSWORD)])
def test_a_failed_login_verifies_once_and_says_the_same(sqlite_url: str, name: str, password: str) -> None:
    hasher = CountingHasher(time_cost=1, memory_cost=1024, parallelism=1)

    async def scenario(accounts: Accounts) -> Refusal:
        await accounts.register("ada", PASSWORD)
        with pytest.raises(Refusal) as refused:
            await accounts.login(name, password)
        return refused.value

    refusal = with_accounts(sqlite_url, scenario, hasher)
    assert hasher.verified == 1
    assert (refusal.code, refusal.message, refusal.http_status) == (
        "login_failed",
        "no user has this name and this password",
        401,
    )


def test_a_failed_login_takes_as_long_for_a_name_that_nobody_has(sqlite_url: str) -> None:
    """In processor time, which other work on the machine does not change much."""

    async def scenario(accounts: Accounts) -> list[float]:
        await accounts.register("ada", PASSWORD)
        medians = []
        for name in ("ada", "nobody"):
            spent = []
            for _ in range(9):
                started = time.process_time()
                with pytest.raises(Refusal):
                    await accounts.login(name, "not the password")
                spent.append(time.process_time() - started)
            medians.append(statistics.median(spent))
        return medians

    known, unknown = with_accounts(sqlite_url, scenario, recommended_hasher())
    assert 0.5 < unknown / known < 2


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        (None, PASSWORD, "name_missing"),
        ("", PASSWORD, "name_invalid"),
        ("a b", PASSWORD, "name_invalid"),
        ("-ada", PASSWORD, "name_invalid"),
        ("x" * 65, PASSWORD, "name_invalid"),
        ("ada", None, "password_missing"),
        ("ada", "short", "password_invalid"),
        ("ada", "x" * 1025, "password_invalid"),
        ("ada", "half of a pair \ud800", "password_invalid"),
    ],
)
def test_what_cannot_be_a_name_or_a_password_is_refused(sqlite_url: str, name: str, password: str, code: str) -> None:
    async def scenario(accounts: Accounts) -> str:
        with pytest.raises(Refusal) as refused:
            await accounts.register(name, password)
        return refused.value.code

    assert with_accounts(sqlite_url, scenario) == code
