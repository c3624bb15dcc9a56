"""The first tables: records and their parts, series, episodes of causes, tokens, alerts, deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("branch", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("told", sa.String(length=8), nullable=False),
        sa.Column("owes", sa.Boolean(), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("record", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("claimed_until", sa.String(length=32), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("project", "target", "key"),
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("branch", sa.Text(), server_default="", nullable=False),
        sa.Column("fingerprint", sa.String(length=128), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("line", sa.Integer(), server_default="0", nullable=False),
        sa.Column("blocked_tests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("victim_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lost_tests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("opened_commit", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_record", sa.String(length=36), nullable=False),
        sa.Column("last_at", sa.String(length=32), nullable=False),
        sa.Column("last_record", sa.String(length=36), nullable=False),
        sa.Column("fix_record", sa.String(length=36), server_default="", nullable=False),
        sa.Column("since_commit", sa.Text(), server_default="", nullable=False),
        sa.Column("since_author", sa.Text(), server_default="", nullable=False),
        sa.Column("since_date", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.String(length=32), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("episodes_by_cause", "episodes", ["project", "fingerprint", "opened_at"], unique=False)
    op.create_index("episodes_by_series", "episodes", ["project", "category", "branch", "closed_at"], unique=False)
    op.create_index("episodes_open", "episodes", ["closed_at", "project"], unique=False)
    op.create_table(
        "parts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "records",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("project", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("branch", sa.Text(), server_default="", nullable=False),
        sa.Column("commit_sha", sa.Text(), server_default="", nullable=False),
        sa.Column("job", sa.Text(), server_default="", nullable=False),
        sa.Column("job_url", sa.Text(), server_default="", nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("diagnosed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("exit_code", sa.Integer(), server_default="0", nullable=False),
        sa.Column("files_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("files_blocked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("files_undecided", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("blocked_tests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lost_tests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open_causes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("simulated_s", sa.Float(), nullable=True),
        sa.Column("observed_s", sa.Float(), nullable=True),
        sa.Column("run_s", sa.Float(), nullable=True),
        sa.Column("budget_s", sa.Float(), nullable=True),
        sa.Column("passed", sa.Integer(), nullable=True),
        sa.Column("failed", sa.Integer(), nullable=True),
        sa.Column("skipped", sa.Integer(), nullable=True),
        sa.Column("previous", sa.String(length=36), nullable=True),
        sa.Column("lost", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gained", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shut", sa.Integer(), server_default="0", nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("records_by_category", "records", ["project", "category", "recorded_at", "id"], unique=False)
    op.create_index("records_by_commit", "records", ["project", "commit_sha", "recorded_at"], unique=False)
    op.create_index("records_by_project", "records", ["project", "recorded_at", "id"], unique=False)
    op.create_index(
        "records_by_series", "records", ["project", "category", "branch", "recorded_at", "id"], unique=False
    )
    op.create_index("records_by_time", "records", ["recorded_at", "id"], unique=False)
    op.create_index(
        "records_that_differ",
        "records",
        ["project", "recorded_at"],
        unique=False,
        sqlite_where=sa.text("differs"),
        postgresql_where=sa.text("differs"),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("branch", sa.Text(), server_default="", nullable=False),
        sa.Column("latest", sa.String(length=36), nullable=True),
        sa.Column("latest_at", sa.String(length=32), server_default="", nullable=False),
        sa.Column("latest_diagnosed", sa.Boolean(), nullable=False),
        sa.Column("measured", sa.String(length=36), nullable=True),
        sa.Column("measured_at", sa.String(length=32), server_default="", nullable=False),
        sa.Column("ran", sa.String(length=36), nullable=True),
        sa.Column("ran_at", sa.String(length=32), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project", "category", "branch", name="series_once"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deliveries",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("record", sa.String(length=36), nullable=False),
        sa.Column("delivered_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["records.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("server", "record"),
    )
    op.create_index(op.f("ix_deliveries_record"), "deliveries", ["record"], unique=False)
    op.create_table(
        "record_parts",
        sa.Column("record", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["parts.digest"],
        ),
        sa.ForeignKeyConstraint(["record"], ["records.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record", "name"),
    )
    op.create_index(op.f("ix_record_parts_digest"), "record_parts", ["digest"], unique=False)
