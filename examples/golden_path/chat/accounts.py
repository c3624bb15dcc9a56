"""Who may come in: names, and passwords that only argon2 has seen."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from chat.clock import timestamp
from chat.database import Database
from chat.refusal import Refusal, checked_text
from chat.tables import users

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
LEAST_PASSWORD, MOST_PASSWORD = 8, 1024
# Each hash takes a core and 19 MiB, so that a storm of logins costs time and never memory.
HASHING_THREADS = 2


def recommended_hasher() -> PasswordHasher:
    """Argon2id as the OWASP password storage cheat sheet asks for at least: 19 MiB, two passes, one lane."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Accounts:
    """Registers users and recognises them again."""

    def __init__(self, database: Database, hasher: PasswordHasher | None = None) -> None:
        self._database = database
        self._hasher = hasher or recommended_hasher()
        # What an unknown name is checked against: it costs what a known one costs, so time tells nobody who exists.
        self._nobodys_hash = self._hasher.hash(uuid4().hex)
        self._threads = ThreadPoolExecutor(HASHING_THREADS, "chat-argon2")

    def close(self) -> None:
        self._threads.shutdown()

    async def register(self, name: object, password: object) -> str:
        """The id of the new user; raises `Refusal` where the name is taken or either cannot be used."""
        user = {
            "id": uuid4().hex,
            "name": _checked_name(name),
            "password_hash": await self._hash(_checked_password(password)),
            "created_at": timestamp(),
        }
        try:
            await self._database.write(lambda connection: connection.execute(insert(users).values(user)) and None)
        except IntegrityError:
            raise Refusal("name_taken", f"there is a user named '{user['name']}' already", 409) from None
        return user["id"]

    async def login(self, name: object, password: object) -> str:
        """The id of this user; raises the same `Refusal`, after the same work, for a wrong name and a wrong password."""
        wanted, given = _checked_name(name), _checked_password(password)
        found = await self._database.read(lambda connection: _find_user(connection, wanted))
        user_id, password_hash = found or ("", self._nobodys_hash)
        matches = await asyncio.get_running_loop().run_in_executor(self._threads, self._matches, password_hash, given)
        if not matches or not user_id:
            raise Refusal("login_failed", "no user has this name and this password", 401)
        return user_id

    async def _hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _find_user(connection: Connection, name: str) -> tuple[str, str] | None:
    row = connection.execute(select(users.c.id, users.c.password_hash).where(users.c.name == name)).one_or_none()
    return None if row is None else (row.id, row.password_hash)


def _checked_name(name: object) -> str:
    text = checked_text(name, "name", most=64).lower()
    if not NAME.fullmatch(text):
        raise Refusal("name_invalid", "'name' must consist of letters a to z, digits and '_', '.', '-'")
    return text


def _checked_password(password: object) -> str:
    return checked_text(password, "password", most=MOST_PASSWORD, least=LEAST_PASSWORD)
