"""`muster push`: sends the records that a server has not confirmed, and says of each whether it has them now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from muster.errors import UsageError
from muster.model.memory import Refusal
from muster.ports import DeliveryFailure, HistoryStore, TeamServer
from muster.usecases.wire import decode_answer, encode_push, encode_record

BATCH_BYTES, BATCH_RECORDS = 4 << 20, 100
"""A push holds no more, but for a single record that is larger."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many records the server took, how many it had already, which it will never take, and how many still wait.

    `failure` says why those wait; "" where none does.
    """

    accepted: int = 0
    known: int = 0
    refused: tuple[Refusal, ...] = ()
    waiting: int = 0
    failure: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the server has everything."""
        return not self.refused and not self.waiting


def push(store: HistoryStore, server: TeamServer, now: Callable[[], str]) -> Delivery:
    """Send what `server` has not confirmed, oldest first. What it confirms is never sent again, what it does not always is."""
    waiting = store.undelivered(server.name)
    accepted = known = done = 0
    refused: list[Refusal] = []
    for ids, body in _batches(store, waiting):
        try:
            answer = decode_answer(server.deliver(body))
        except DeliveryFailure as failure:
            return Delivery(accepted, known, tuple(refused), len(waiting) - done, str(failure))
        except UsageError as error:
            return Delivery(accepted, known, tuple(refused), len(waiting) - done, f"{server.name}: {error}")
        confirmed = {*answer.accepted, *answer.known} & set(ids)
        store.mark_delivered(server.name, sorted(confirmed), now())
        accepted += len(confirmed & set(answer.accepted))
        known += len(confirmed - set(answer.accepted))
        denied = [refusal for refusal in answer.refused if refusal.id in ids]
        refused += denied
        silent = set(ids) - confirmed - {refusal.id for refusal in denied}
        done += len(ids) - len(silent)
        if silent:
            reason = f"{server.name} answered, and did not say that it took {len(silent)} of {len(ids)} records"
            return Delivery(accepted, known, tuple(refused), len(waiting) - done, reason)
    return Delivery(accepted, known, tuple(refused))


def _batches(store: HistoryStore, waiting: Sequence[str]) -> Iterator[tuple[list[str], bytes]]:
    """The ids and the body of one push after the other."""
    ids: list[str] = []
    encoded: list[bytes] = []
    size = 0
    for id_ in waiting:
        record = store.record(id_)
        if record is None:  # forgotten meanwhile
            continue
        content = encode_record(record)
        if ids and (size + len(content) > BATCH_BYTES or len(ids) >= BATCH_RECORDS):
            yield ids, encode_push(encoded)
            ids, encoded, size = [], [], 0
        ids.append(id_)
        encoded.append(content)
        size += len(content)
    if ids:
        yield ids, encode_push(encoded)
