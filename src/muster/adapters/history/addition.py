"""Adding a record: its row, its parts, and what follows from it for its series, within one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

from muster.adapters.history import parts as pieces
from muster.adapters.history.tables import episodes, parts, record_parts, records, series
from muster.model.memory import HistoryRecord, RecordedCause
from muster.usecases.lost_and_gained import changed_tests, named

_NEEDS_COMPARISON = "M406"
"""The cause that only a check with a base can see: one without says nothing of it."""


def add_record(connection: Connection, record: HistoryRecord) -> bool:
    """Keep `record`; false where it is there."""
    # Looked at twice: what is there already must not leave a series of its own behind, whatever place it names now, and
    # who came first is known only behind the lock.
    if _is_known(connection, record):
        return False
    its_series = _locked_series(connection, record)
    if _is_known(connection, record):
        return False
    stored = pieces.split(record)
    row = _row_of(record)
    if record.whole and record.nodeids is not None:
        change = _change(connection, record, stored[pieces.NODEIDS][0] if pieces.NODEIDS in stored else "")
        if change is not None:
            previous, lost, gained, shut = change
            row |= {"previous": previous, "lost": len(lost), "gained": len(gained), "shut": len(shut)}
            row["differs"] = bool(lost or gained or shut)
            if row["differs"]:
                stored[pieces.CHANGE] = pieces.pack(named(record.id, previous, lost, gained, shut))
    connection.execute(sa.insert(records).values(row))
    # In one order for all: two transactions that add the same pieces would else wait for each other.
    insert_new(connection, parts, ({"digest": name, "content": data} for name, data in sorted(stored.values())))
    links = [{"record": record.id, "name": name, "digest": digest} for name, (digest, _) in stored.items()]
    connection.execute(sa.insert(record_parts), links)
    if record.whole:
        _advance(connection, its_series, record)
    return True


def insert_new(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert those of `rows` that are not there."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for row in rows:
        connection.execute(insert(table).values(row).on_conflict_do_nothing())


def _is_known(connection: Connection, record: HistoryRecord) -> bool:
    return connection.execute(sa.select(records.c.id).where(records.c.id == record.id)).first() is not None


def _locked_series(connection: Connection, record: HistoryRecord) -> Row[Any]:
    place = {"project": record.project, "category": record.category, "branch": record.branch}
    insert_new(connection, series, [{**place, "latest_diagnosed": False}])
    return connection.execute(sa.select(series).filter_by(**place).with_for_update()).one()


def _row_of(record: HistoryRecord) -> dict[str, Any]:
    same = ("id kind recorded_at project category branch job job_url whole simulated state exit_code files_total "
            "files_blocked files_undecided tests blocked_tests lost_tests simulated_s observed_s run_s budget_s")  # fmt: skip
    results = record.results
    return {name: getattr(record, name) for name in same.split()} | {
        "commit_sha": record.commit,
        "diagnosed": record.causes is not None,
        "open_causes": sum(cause.counts for cause in record.causes or ()),
        "missing": len(record.missing),
        "passed": None if results is None else results.passed,
        "failed": None if results is None else results.failed + results.error + results.crashed + results.timed_out,
        "skipped": None if results is None else results.skipped,
        "differs": False,
    }


def _change(
    connection: Connection, record: HistoryRecord, digest: str
) -> tuple[str, list[str], list[str], list[str]] | None:
    """The record before this one in its series, and which tests were lost, gained and shut since."""
    r, link = records.c, record_parts.c
    found = connection.execute(
        sa.select(r.id, link.digest)
        .join_from(records, record_parts, (link.record == r.id) & (link.name == pieces.NODEIDS))
        .where(r.project == record.project, r.category == record.category, r.branch == record.branch)
        .where(r.whole, r.simulated == record.simulated, r.recorded_at <= record.recorded_at)
        .order_by(r.recorded_at.desc(), r.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    if found.digest == digest:
        return found.id, [], [], []
    blocked = [file.path for file in record.files if file.outcome == "failed"]
    content = connection.execute(sa.select(parts.c.content).where(parts.c.digest == found.digest)).scalar_one()
    before = pieces.unpack(content, pieces.Tests)
    return found.id, *changed_tests(before, record.nodeids or {}, blocked)


def _advance(connection: Connection, its_series: Row[Any], record: HistoryRecord) -> None:
    """Let the series point to its newest records, and keep up its causes."""
    when, diagnosed = record.recorded_at, record.causes is not None
    changes: dict[str, Any] = {}
    if diagnosed and (when >= its_series.latest_at or not its_series.latest_diagnosed):
        _keep_up(connection, record, record.causes or ())
        changes |= {"latest": record.id, "latest_at": when, "latest_diagnosed": True}
    elif not its_series.latest_diagnosed and when >= its_series.latest_at:
        changes |= {"latest": record.id, "latest_at": when}
    if record.observed_s is not None and when >= its_series.measured_at:
        changes |= {"measured": record.id, "measured_at": when}
    if record.results is not None and when >= its_series.ran_at:
        changes |= {"ran": record.id, "ran_at": when}
    if changes:
        connection.execute(sa.update(series).where(series.c.id == its_series.id).values(changes))


def _keep_up(connection: Connection, record: HistoryRecord, causes: tuple[RecordedCause, ...]) -> None:
    """Open, go on with, or close the episodes of the causes."""
    place = {"project": record.project, "category": record.category, "branch": record.branch}
    still_open = sa.select(episodes.c.id, episodes.c.fingerprint, episodes.c.code).filter_by(**place, closed_at="")
    known = {row.fingerprint: row for row in connection.execute(still_open)}
    now = {cause.fingerprint: cause for cause in causes}
    for fingerprint, cause in now.items():
        seen = _seen(record, cause)
        if fingerprint in known:
            of_it = episodes.c.id == known[fingerprint].id
            connection.execute(sa.update(episodes).where(of_it).values(seen))
        else:
            opened = {
                "opened_at": record.recorded_at,
                "opened_commit": record.commit,
                "opened_record": record.id,
                "closed_at": "",
            }
            connection.execute(sa.insert(episodes).values({**place, "fingerprint": fingerprint, **opened, **seen}))
    gone = [
        row.id
        for fingerprint, row in known.items()
        if fingerprint not in now and (record.compared is not None or row.code != _NEEDS_COMPARISON)
    ]
    if gone:
        closing = sa.update(episodes).where(episodes.c.id.in_(gone))
        connection.execute(closing.values(closed_at=record.recorded_at))


def _seen(record: HistoryRecord, cause: RecordedCause) -> dict[str, Any]:
    same = "code severity title subject path line blocked_tests victim_count lost_tests accepted"
    since = cause.since
    fix = {"fix_record": record.id} if cause.fix is not None and cause.fix.patch else {}
    return (
        fix
        | {name: getattr(cause, name) for name in same.split()}
        | {
            "last_at": record.recorded_at,
            "last_record": record.id,
            "since_commit": since.commit if since else "",
            "since_author": since.author if since else "",
            "since_date": since.date if since else "",
        }
    )
