"""What is kept, as functions of a connection: threads, messages, runs and their events. Every question names its user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from chat.events import Event
from chat.refusal import Refusal
from chat.tables import events, messages, runs, threads

MOST_MESSAGES_LISTED = 500


@dataclass(frozen=True, slots=True)
class Run:
    """One message of a user, and the agent's work on it."""

    id: str
    thread_id: str
    user_id: str
    message_id: str
    text: str
    request_id: str | None = None
    attempts: int = 1
    opens_thread: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said; `role` is `user` or `assistant`."""

    id: str
    role: str
    text: str
    created_at: str

    def as_json(self) -> dict[str, str]:
        return {"id": self.id, "role": self.role, "text": self.text, "created_at": self.created_at}


def insert_run(connection: Connection, run: Run, first: Event) -> None:
    """The thread where it is new, the user's message, the run and its first event: all of them or none."""
    now = first.timestamp
    if run.opens_thread:
        connection.execute(insert(threads).values(id=run.thread_id, user_id=run.user_id, created_at=now))
    elif not _owns_thread(connection, run.user_id, run.thread_id):
        raise no_such_thread(run.thread_id)
    _insert_message(connection, run, run.message_id, "user", run.text, now)
    connection.execute(
        insert(runs).values(
            id=run.id,
            thread_id=run.thread_id,
            user_id=run.user_id,
            message_id=run.message_id,
            request_id=run.request_id,
            closed=False,
            attempts=run.attempts,
            created_at=now,
        )
    )
    insert_event(connection, run, first)


def insert_event(connection: Connection, run: Run, event: Event) -> None:
    """The event; with the last one the answer becomes a message of its own and the run is closed."""
    connection.execute(
        insert(events).values(
            run_id=event.run_id,
            sequence=event.sequence,
            type=event.type,
            timestamp=event.timestamp,
            data=event.data,
        )
    )
    if event.type == "agent_completed":
        _insert_message(connection, run, uuid4().hex, "assistant", event.data["answer"], event.timestamp)
    if event.is_last:
        connection.execute(update(runs).where(runs.c.id == run.id).values(closed=True))


def find_run(connection: Connection, user_id: str, run_id: str) -> Run | None:
    """This user's run with this id."""
    return _one_run(connection, (runs.c.user_id == user_id) & (runs.c.id == run_id))


def find_request(connection: Connection, user_id: str, request_id: str) -> Run | None:
    """This user's run that an earlier sending of the same request started."""
    return _one_run(connection, (runs.c.user_id == user_id) & (runs.c.request_id == request_id))


def take_open_runs(connection: Connection) -> list[tuple[Run, list[Event]]]:
    """The runs that another server's end interrupted, with what they recorded; each counts one more attempt."""
    connection.execute(update(runs).where(~runs.c.closed).values(attempts=runs.c.attempts + 1))
    found = connection.execute(_RUNS.where(~runs.c.closed).order_by(runs.c.created_at)).all()
    return [(run, list_events(connection, run)) for run in map(_run, found)]


def list_events(connection: Connection, run: Run) -> list[Event]:
    """Every event of `run` that is recorded, in order."""
    rows = connection.execute(select(events).where(events.c.run_id == run.id).order_by(events.c.sequence))
    return [Event(row.type, run.thread_id, run.id, row.sequence, row.timestamp, row.data) for row in rows]


def list_messages(connection: Connection, user_id: str, thread_id: str) -> list[Message]:
    """The last messages of this user's thread, oldest first; raises `Refusal` where the user has no such thread."""
    if not _owns_thread(connection, user_id, thread_id):
        raise no_such_thread(thread_id)
    rows = connection.execute(
        select(messages)
        .where(messages.c.thread_id == thread_id)
        .order_by(messages.c.created_at.desc())
        .limit(MOST_MESSAGES_LISTED)
    ).all()
    return _messages(reversed(rows))


def search_messages(
    connection: Connection, user_id: str, words: Sequence[str], not_message: str, most: int
) -> list[Message]:
    """The newest messages that this user wrote which hold every one of `words`, whatever their case."""
    query = select(messages).where(
        messages.c.user_id == user_id, messages.c.role == "user", messages.c.id != not_message
    )
    for word in words:
        query = query.where(messages.c.text.icontains(word, autoescape=True))
    return _messages(connection.execute(query.order_by(messages.c.created_at.desc()).limit(most)).all())


def no_such_thread(thread_id: str) -> Refusal:
    """The same words whether the thread is another user's or nobody's."""
    return Refusal("thread_not_found", f"you have no thread '{thread_id}'", 404)


_RUNS = select(runs, messages.c.text).join(messages, messages.c.id == runs.c.message_id)


def _one_run(connection: Connection, condition: ColumnElement[bool]) -> Run | None:
    row = connection.execute(_RUNS.where(condition)).one_or_none()
    return None if row is None else _run(row)


def _run(row: Row[Any]) -> Run:
    return Run(row.id, row.thread_id, row.user_id, row.message_id, row.text, row.request_id, row.attempts)


def _owns_thread(connection: Connection, user_id: str, thread_id: str) -> bool:
    query = select(threads.c.id).where(threads.c.id == thread_id, threads.c.user_id == user_id)
    return connection.execute(query).one_or_none() is not None


def _insert_message(connection: Connection, run: Run, message_id: str, role: str, text: str, now: str) -> None:
    connection.execute(
        insert(messages).values(
            id=message_id, thread_id=run.thread_id, user_id=run.user_id, role=role, text=text, created_at=now
        )
    )


def _messages(rows: Iterable[Row[Any]]) -> list[Message]:
    return [Message(row.id, row.role, row.text, row.created_at) for row in rows]
