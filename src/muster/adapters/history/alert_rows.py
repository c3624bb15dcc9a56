"""What targets were told, in its table: rows that change only where they are still what their writer has read."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from muster.adapters.history.tables import alerts, series
from muster.model.alert import AlertState


def read_alert_rows(connection: Connection, project: str) -> tuple[AlertState, ...]:
    """All states of `project`, by key and target."""
    question = sa.select(alerts).where(alerts.c.project == project).order_by(alerts.c.key, alerts.c.target)
    return tuple(AlertState(**row._mapping) for row in connection.execute(question))


def change_alert_rows(connection: Connection, states: Iterable[AlertState]) -> tuple[AlertState, ...]:
    """Those of `states` that could be kept, with their new versions."""
    kept: list[AlertState] = []
    # In one order for all: two transactions that change the same rows would else wait for each other.
    for state in sorted(states, key=lambda each: (each.project, each.target, each.key)):
        after = msgspec.structs.replace(state, version=state.version + 1)
        if _replace(connection, state.version, after):
            kept.append(after)
    return tuple(kept)


def forget_alert_rows(connection: Connection, before: str) -> None:
    """Forget what began before the time and is over, or of whose series nothing is left."""
    a, s = alerts.c, series.c
    is_left = sa.exists().where(s.project == a.project, s.category == a.category, s.branch == a.branch)
    connection.execute(sa.delete(alerts).where(a.since < before, (a.state == "ok") | ~is_left))


def _replace(connection: Connection, version: int, after: AlertState) -> bool:
    a, values = alerts.c, msgspec.structs.asdict(after)
    if version == 0:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        adding = insert(alerts).values(values).on_conflict_do_nothing().returning(a.key)
        return connection.execute(adding).first() is not None
    this_one = (a.project == after.project, a.target == after.target, a.key == after.key, a.version == version)
    return connection.execute(sa.update(alerts).where(*this_one).values(values)).rowcount == 1
