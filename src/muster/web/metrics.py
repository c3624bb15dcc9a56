"""`/metrics`, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from muster.model.memory import RecordedService, Standing
from muster.ports import HistoryStore
from muster.render.prometheus import MEDIA_TYPE, render_prometheus
from muster.web.filters import text_of

_KEPT = 1000


class Metrics:
    """The metrics of one store. Records never change, so the services of one are looked up once."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store
        self._services: dict[str, Sequence[RecordedService]] = {}

    async def show(self, request: Request) -> Response:
        """Where each category stands: on the branch that the address names, else on that of its newest record."""
        branch = text_of(request, "branch") or None
        content = await run_in_threadpool(self._render, branch)
        return Response(content, headers={"Content-Type": MEDIA_TYPE})

    def _render(self, branch: str | None) -> str:
        standings = self._store.standings(branch=branch)
        return render_prometheus(standings, self._services_of(standings))

    def _services_of(self, standings: Sequence[Standing]) -> Mapping[str, Sequence[RecordedService]]:
        """The services by project, each as it was last seen: what older records say comes first, and newer ones replace it.

        A check asks no service and a run does: the newest of either are looked into.
        """
        told = {summary.id: summary for each in standings for summary in (each.latest, each.ran) if summary is not None}
        found: dict[str, list[RecordedService]] = {}
        for summary in sorted(told.values(), key=lambda summary: summary.recorded_at):
            found.setdefault(summary.project, []).extend(self._services_in(summary.id))
        return found

    def _services_in(self, record_id: str) -> Sequence[RecordedService]:
        if record_id not in self._services:
            if len(self._services) >= _KEPT:
                self._services.clear()
            record = self._store.record(record_id)
            self._services[record_id] = record.services if record else ()
        return self._services[record_id]
