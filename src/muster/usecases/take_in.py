"""Takes the records that wait into the memory."""

from __future__ import annotations

from dataclasses import dataclass

from muster.errors import UsageError
from muster.ports import HistoryStore, RecordSpool
from muster.usecases.wire import decode_record


@dataclass(frozen=True, slots=True)
class TakenIn:
    """The ids of the records that were new, and how many were damaged and set aside."""

    records: tuple[str, ...] = ()
    damaged: int = 0


def take_in(store: HistoryStore, spool: RecordSpool) -> TakenIn:
    """Move what waits in `spool` to `store`, oldest first. What is interrupted, or done by two at once, loses and doubles
    nothing: a record goes from the spool once the store has it for good, and the store knows it by its id."""
    added: list[str] = []
    damaged = 0
    for name in spool.waiting():
        content = spool.read(name)
        try:
            record = decode_record(content) if content is not None else None
        except UsageError:
            record = None
        if record is None:
            damaged += name in spool.waiting()
            spool.set_aside(name)
            continue
        if store.add(record):
            added.append(record.id)
        spool.drop(name)
    return TakenIn(tuple(added), damaged)
