"""The memory in a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row, Select
from sqlalchemy.exc import IntegrityError

from muster.adapters.history import parts as pieces
from muster.adapters.history.addition import add_record, insert_new
from muster.adapters.history.alert_rows import change_alert_rows, forget_alert_rows, read_alert_rows
from muster.adapters.history.database import Database
from muster.adapters.history.tables import (
    deliveries,
    episodes,
    parts,
    record_parts,
    records,
    series,
    tokens,
)
from muster.model.alert import AlertState
from muster.model.memory import (
    CauseEpisode,
    HistoryRecord,
    RecordSummary,
    Standing,
    StoredToken,
    TestChange,
)

_CHUNK, _PLACES = 500, 50
"""So many ids, and so many series, are asked for at once: SQLite takes 32 766 parameters, older ones 999."""

_Value = TypeVar("_Value")

_SUMMARY = [records.c["commit_sha" if field == "commit" else field] for field in RecordSummary.__struct_fields__]
_EPISODE = [episodes.c[field] for field in CauseEpisode.__struct_fields__]


class DatabaseHistory:
    """`ports.HistoryStore` in the database at `url`, which is made where it is a file that is not there."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def add(self, record: HistoryRecord) -> bool:
        """Keep `record`; false where its id was there already."""
        try:
            with self._database.writing() as connection:
                return add_record(connection, record)
        except Exception as error:
            # The same id came in two series at once: whoever was first has it.
            if isinstance(error.__cause__, IntegrityError) and self.summary(record.id) is not None:
                return False
            raise

    def projects(self) -> tuple[str, ...]:
        """The projects by name."""
        found = sa.select(series.c.project).distinct().order_by(series.c.project)
        return tuple(row.project for row in self._rows(found))

    def branches(self, project: str) -> tuple[str, ...]:
        """The branches of `project`, the one with the newest record first."""
        newest = sa.func.max(series.c.latest_at)
        found = sa.select(series.c.branch).where(series.c.project == project).group_by(series.c.branch)
        return tuple(row.branch for row in self._rows(found.order_by(newest.desc(), series.c.branch)))

    def standings(self, project: str = "", branch: str | None = None) -> tuple[Standing, ...]:
        """Where each category stands."""
        with self._database.reading() as connection:
            chosen = _newest_series(connection, project, "", branch)
            wanted = [id for row in chosen for id in (row.latest, row.measured, row.ran) if id]
            found = _summaries(connection, wanted)
        return tuple(
            Standing(
                project=row.project,
                category=row.category,
                branch=row.branch,
                latest=found[row.latest],
                measured=found.get(row.measured),
                ran=found.get(row.ran),
            )
            for row in chosen
            if row.latest in found
        )

    def recent(
        self,
        count: int,
        *,
        project: str = "",
        category: str = "",
        branch: str | None = None,
        commit: str = "",
        whole: bool = False,
        measured: bool = False,
        before: str = "",
    ) -> tuple[RecordSummary, ...]:
        """The newest `count` records, newest first."""
        r = records.c
        conditions = _place(r, project, category, branch)
        conditions += [r.commit_sha == commit] if commit else []
        conditions += [r.whole] if whole else []
        conditions += [r.observed_s.is_not(None)] if measured else []
        with self._database.reading() as connection:
            if before:
                last = connection.execute(sa.select(r.recorded_at, r.id).where(r.id == before)).first()
                if last is None:
                    return ()
                conditions.append(sa.tuple_(r.recorded_at, r.id) < sa.tuple_(*last))
            found = connection.execute(_newest_first(sa.select(*_SUMMARY).where(*conditions), count))
            return tuple(map(_summary, found))

    def summary(self, record: str) -> RecordSummary | None:
        """The record with this id in one row."""
        with self._database.reading() as connection:
            return _summaries(connection, [record]).get(record)

    def record(self, record: str) -> HistoryRecord | None:
        """The record with this id, whole."""
        stored = self._stored(record)
        return pieces.join(stored) if pieces.REST in stored else None

    def open_causes(
        self, project: str = "", category: str = "", branch: str | None = None
    ) -> tuple[CauseEpisode, ...]:  # fmt: skip
        """The causes that the newest record of each category has, those that block most tests first."""
        with self._database.reading() as connection:
            causes = [
                _episode(row)
                for chosen in _chunks(_newest_series(connection, project, category, branch), _PLACES)
                for row in connection.execute(_open_in(chosen))
            ]
        return tuple(
            sorted(
                causes,
                key=lambda each: (
                    each.accepted or each.severity != "error",
                    -each.blocked_tests,
                    -each.lost_tests,
                    each.code,
                    each.subject,
                    each.fingerprint,
                    each.project,
                    each.category,
                ),
            )
        )

    def episodes(self, project: str, fingerprint: str) -> tuple[CauseEpisode, ...]:
        """All times in which the cause was there, newest first."""
        e = episodes.c
        found = sa.select(*_EPISODE).where(e.project == project, e.fingerprint == fingerprint)
        return tuple(map(_episode, self._rows(found.order_by(e.opened_at.desc(), e.category, e.branch))))

    def changed(
        self, count: int, *, project: str = "", category: str = "", branch: str | None = None
    ) -> tuple[RecordSummary, ...]:
        """The newest `count` records whose tests differ from those of the record before, newest first."""
        conditions = [records.c.differs, *_place(records.c, project, category, branch)]
        return tuple(map(_summary, self._rows(_newest_first(sa.select(*_SUMMARY).where(*conditions), count))))

    def test_change(self, record: str) -> TestChange | None:
        """Which tests the record lost and gained; None where there is nothing to compare it with."""
        found = self._rows(sa.select(records.c.previous).where(records.c.id == record))
        if not found or not found[0].previous:
            return None
        stored = self._stored(record).get(pieces.CHANGE)
        return pieces.join_change(stored) if stored else TestChange(record=record, previous=found[0].previous)

    def prune(self, before: str) -> int:
        """Forget the records from before the time; returns how many those were."""
        with self._database.writing(alone=True) as connection:
            forgotten = connection.execute(sa.delete(records).where(records.c.recorded_at < before)).rowcount
            if not forgotten:
                return 0
            used = sa.select(record_parts.c.digest)
            connection.execute(sa.delete(parts).where(parts.c.digest.not_in(used)))
            connection.execute(sa.delete(series).where(series.c.latest_at < before))
            lost = sa.select(records.c.id)
            for column in (series.c.measured, series.c.ran):
                stale = sa.update(series).where(column.is_not(None), column.not_in(lost))
                connection.execute(stale.values({column.name: None, f"{column.name}_at": ""}))
            connection.execute(sa.delete(episodes).where(episodes.c.last_at < before))
            forget_alert_rows(connection, before)
        return forgotten

    def add_token(self, token: StoredToken) -> None:
        """Keep `token`."""
        with self._database.writing() as connection:
            connection.execute(sa.insert(tokens).values(msgspec.structs.asdict(token)))

    def token(self, id: str) -> StoredToken | None:
        """The token with this id."""
        found = self._rows(sa.select(tokens).where(tokens.c.id == id))
        return _token(found[0]) if found else None

    def tokens(self) -> tuple[StoredToken, ...]:
        """All tokens, oldest first."""
        return tuple(map(_token, self._rows(sa.select(tokens).order_by(tokens.c.created_at, tokens.c.id))))

    def remove_token(self, id: str) -> bool:
        """Forget the token; whether it was there."""
        with self._database.writing() as connection:
            return bool(connection.execute(sa.delete(tokens).where(tokens.c.id == id)).rowcount)

    def alert_states(self, project: str) -> tuple[AlertState, ...]:
        """What each target was told of each finding."""
        with self._database.reading() as connection:
            return read_alert_rows(connection, project)

    def change_alerts(self, states: Sequence[AlertState]) -> tuple[AlertState, ...]:
        """Those of `states` that nobody else has changed meanwhile, kept."""
        if not states:
            return ()
        with self._database.writing() as connection:
            return change_alert_rows(connection, states)

    def undelivered(self, server: str) -> tuple[str, ...]:
        """The ids of the records that `server` has not confirmed, oldest first."""
        r, d = records.c, deliveries.c
        is_delivered = sa.exists().where(d.record == r.id, d.server == server)
        return tuple(row.id for row in self._rows(sa.select(r.id).where(~is_delivered).order_by(r.recorded_at, r.id)))

    def mark_delivered(self, server: str, records: Sequence[str], at: str) -> None:
        """`server` has confirmed `records`."""
        with self._database.writing() as connection:
            rows = ({"server": server, "record": record, "delivered_at": at} for record in records)
            insert_new(connection, deliveries, rows)

    def close(self) -> None:
        """Give up the connections."""
        self._database.close()

    def __enter__(self) -> DatabaseHistory:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _rows(self, question: Select[Any]) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(question).all()

    def _stored(self, record: str) -> dict[str, bytes]:
        """The pieces of the record by name."""
        link = record_parts.c
        question = sa.select(link.name, parts.c.content).join(parts, parts.c.digest == link.digest)
        return {row.name: row.content for row in self._rows(question.where(link.record == record))}


def _place(columns: Any, project: str, category: str, branch: str | None) -> list[ColumnElement[bool]]:
    conditions = [columns.project == project] if project else []
    conditions += [columns.category == category] if category else []
    return conditions + ([] if branch is None else [columns.branch == branch])


def _open_in(places: Sequence[Row[Any]]) -> Select[Any]:
    """The open episodes of these series. Each is asked for by its index: those of all branches are far more."""
    e = episodes.c
    of_one = [
        sa.and_(e.project == row.project, e.category == row.category, e.branch == row.branch, e.closed_at == "")
        for row in places
    ]
    return sa.select(*_EPISODE).where(sa.or_(*of_one))


def _newest_first(question: Select[Any], count: int) -> Select[Any]:
    return question.order_by(records.c.recorded_at.desc(), records.c.id.desc()).limit(count)


def _newest_series(connection: Connection, project: str, category: str, branch: str | None) -> list[Row[Any]]:
    """Of each category the series on `branch`, or on the one of its newest record; by project and category."""
    question = sa.select(series).where(series.c.latest.is_not(None), *_place(series.c, project, category, branch))
    newest: dict[tuple[str, str], Row[Any]] = {}
    for row in connection.execute(question.order_by(series.c.latest_at, series.c.id)):
        newest[row.project, row.category] = row
    return [newest[place] for place in sorted(newest)]


def _summaries(connection: Connection, ids: Iterable[str]) -> dict[str, RecordSummary]:
    found: dict[str, RecordSummary] = {}
    for chunk in _chunks(list(dict.fromkeys(ids)), _CHUNK):
        question = sa.select(*_SUMMARY).where(records.c.id.in_(chunk))
        found.update((row.id, _summary(row)) for row in connection.execute(question))
    return found


def _chunks(values: Sequence[_Value], size: int) -> Iterator[Sequence[_Value]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _summary(row: Row[Any]) -> RecordSummary:
    return RecordSummary(**dict(zip(RecordSummary.__struct_fields__, row, strict=True)))


def _episode(row: Row[Any]) -> CauseEpisode:
    return CauseEpisode(**row._mapping)


def _token(row: Row[Any]) -> StoredToken:
    return StoredToken(**row._mapping)
