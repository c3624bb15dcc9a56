"""The door of `muster push`: a body becomes records, and is confirmed once they are safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio
import msgspec
from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from muster.errors import UsageError
from muster.model.memory import HistoryRecord, Pushed, Refusal
from muster.ports import HistoryStore
from muster.usecases.wire import decode_push
from muster.web.access import Access
from muster.web.bodies import read_body
from muster.web.server_settings import ServerSettings

# One SQLite file takes one writer at a time: more threads would only wait for it, and pages for them.
_WRITERS = 2

Tell = Callable[[str], None]
AfterPush = Callable[[Sequence[HistoryRecord]], None]
"""What is done with records that are new and safe; it returns at once."""


class Ingestion:
    """Takes pushes. A record is known by its own id, so a push that is sent again changes nothing."""

    def __init__(
        self, store: HistoryStore, access: Access, settings: ServerSettings, tell: Tell, after_push: AfterPush
    ) -> None:
        self._store = store
        self._access = access
        self._settings = settings
        self._tell = tell
        self._after_push = after_push
        self._writers = anyio.CapacityLimiter(_WRITERS)

    async def push(self, request: Request) -> Response:
        """Keep what was sent. Whoever may not write is told so before a byte of the body is read."""
        token = await self._access.require_writer(request)
        body = await read_body(request, self._settings, at_most=self._settings.max_body_bytes)
        pushed = await run_sync(self._keep, body, limiter=self._writers)
        if pushed.accepted:
            self._tell(f"token '{token.name}' pushed {len(pushed.accepted)} of {len(body)} bytes")
        return Response(msgspec.json.encode(pushed), 200, media_type="application/json")

    def _keep(self, body: bytes) -> Pushed:
        try:
            push, refused = decode_push(body)
        except UsageError as error:
            raise HTTPException(400, str(error)) from error
        accepted: list[HistoryRecord] = []
        known: list[str] = []
        try:
            for record in push.records:
                if self._store.add(record):
                    accepted.append(record)
                else:
                    known.append(record.id)
        finally:
            self._after_push(accepted)
        return Pushed(
            accepted=tuple(record.id for record in accepted),
            known=tuple(known),
            refused=tuple(Refusal(id=id_, reason=reason) for id_, reason in refused.items()),
        )
