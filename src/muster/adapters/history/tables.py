"""The tables as they are today. What changes here needs a revision in `migrations/versions`: a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD = "0001"
"""The newest revision."""

metadata = MetaData()

_WHEN, _ID, _DIGEST = String(32), String(36), String(64)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


records = Table(
    "records",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("recorded_at", _WHEN, nullable=False),
    _text("project"),
    _text("category"),
    _text("branch"),
    _text("commit_sha"),
    _text("job"),
    _text("job_url"),
    _flag("whole"),
    _flag("simulated"),
    _flag("diagnosed"),
    Column("state", String(16), nullable=False),
    _count("exit_code"),
    _count("files_total"),
    _count("files_blocked"),
    _count("files_undecided"),
    _count("tests"),
    _count("blocked_tests"),
    _count("lost_tests"),
    _count("open_causes"),
    _count("missing"),
    Column("simulated_s", Float),
    Column("observed_s", Float),
    Column("run_s", Float),
    Column("budget_s", Float),
    Column("passed", Integer),
    Column("failed", Integer),
    Column("skipped", Integer),
    Column("previous", _ID),
    _count("lost"),
    _count("gained"),
    _count("shut"),
    _flag("differs"),
    Index("records_by_time", "recorded_at", "id"),
    Index("records_by_project", "project", "recorded_at", "id"),
    Index("records_by_category", "project", "category", "recorded_at", "id"),
    Index("records_by_series", "project", "category", "branch", "recorded_at", "id"),
    Index("records_by_commit", "project", "commit_sha", "recorded_at"),
    Index(
        "records_that_differ",
        "project",
        "recorded_at",
        sqlite_where=text("differs"),
        postgresql_where=text("differs"),
    ),
)
"""One row a record; all else of it lies in its parts."""

parts = Table(
    "parts",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""Compressed pieces of records by the SHA-256 of what they hold: the same list of tests is kept once for all records."""

record_parts = Table(
    "record_parts",
    metadata,
    Column("record", _ID, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(16), primary_key=True),
    Column("digest", _DIGEST, ForeignKey("parts.digest"), nullable=False, index=True),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("project"),
    _text("category"),
    _text("branch"),
    Column("latest", _ID),
    Column("latest_at", _WHEN, nullable=False, server_default=""),
    Column("latest_diagnosed", Boolean, nullable=False),
    Column("measured", _ID),
    Column("measured_at", _WHEN, nullable=False, server_default=""),
    Column("ran", _ID),
    Column("ran_at", _WHEN, nullable=False, server_default=""),
    UniqueConstraint("project", "category", "branch", name="series_once"),
)
"""One row for each category of each branch, with its newest records; it is locked while a record is added to it."""

episodes = Table(
    "episodes",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("project"),
    _text("category"),
    _text("branch"),
    Column("fingerprint", String(128), nullable=False),
    Column("code", String(8), nullable=False),
    Column("severity", String(8), nullable=False),
    _text("title"),
    _text("subject"),
    _text("path"),
    _count("line"),
    _count("blocked_tests"),
    _count("victim_count"),
    _count("lost_tests"),
    Column("accepted", Boolean, nullable=False),
    Column("opened_at", _WHEN, nullable=False),
    _text("opened_commit"),
    Column("opened_record", _ID, nullable=False),
    Column("last_at", _WHEN, nullable=False),
    Column("last_record", _ID, nullable=False),
    Column("fix_record", _ID, nullable=False, server_default=""),
    _text("since_commit"),
    _text("since_author"),
    _text("since_date"),
    Column("closed_at", _WHEN, nullable=False, server_default=""),
    Index("episodes_by_cause", "project", "fingerprint", "opened_at"),
    Index("episodes_by_series", "project", "category", "branch", "closed_at"),
    Index("episodes_open", "closed_at", "project"),
)
"""The times in which a cause was there, kept up with each record that looked for causes."""

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    _text("name"),
    Column("scope", String(8), nullable=False),
    Column("digest", _DIGEST, nullable=False),
    Column("created_at", _WHEN, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("project", Text, primary_key=True),
    Column("target", _DIGEST, primary_key=True),
    Column("key", _DIGEST, primary_key=True),
    Column("rule", String(16), nullable=False),
    _text("category"),
    _text("branch"),
    _text("subject"),
    Column("state", String(8), nullable=False),
    Column("told", String(8), nullable=False),
    _flag("owes"),
    Column("since", _WHEN, nullable=False),
    _text("record"),
    _text("text"),
    Column("claimed_until", _WHEN, nullable=False, server_default=""),
    _count("attempts"),
    _text("error"),
    _count("version"),
)
"""What each target was told of each finding."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("server", Text, primary_key=True),
    Column("record", _ID, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("delivered_at", _WHEN, nullable=False),
)
"""Which server has confirmed which record."""
