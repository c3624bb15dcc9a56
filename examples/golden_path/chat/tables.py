"""The tables. Times are ISO 8601 texts in UTC, which sort as times do and read the same from both databases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

ID = String(32)
TIME = String(32)

users = Table(
    "users",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("id", ID, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", TIME, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", ID, primary_key=True),
    Column("thread_id", ForeignKey("threads.id"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    # Who says it: "user" or "assistant".
    Column("role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Index("messages_of_thread", "thread_id", "created_at"),
    Index("messages_of_user", "user_id", "created_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("thread_id", ForeignKey("threads.id"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("message_id", ForeignKey("messages.id"), nullable=False),
    # What the client calls this request: sending it again finds the run instead of starting a second one.
    Column("request_id", String(64), nullable=True),
    # True once its last event is recorded.
    Column("closed", Boolean, nullable=False),
    # How often a server has set out to bring it to its end.
    Column("attempts", Integer, nullable=False),
    Column("created_at", TIME, nullable=False),
    UniqueConstraint("user_id", "request_id", name="one_run_a_request"),
    Index("open_runs", "closed"),
)

events = Table(
    "events",
    metadata,
    # The key is what makes a sequence number unique: no two writers can record the same step twice.
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("type", String(32), nullable=False),
    Column("timestamp", TIME, nullable=False),
    Column("data", JSON, nullable=False),
)
