"""The pages: what each one asks the memory, and which template shows it. All of them read only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from muster.model.memory import (
    CauseEpisode,
    HistoryRecord,
    RecordedCause,
    RecordedFile,
    RecordedFix,
    RecordSummary,
    Standing,
)
from muster.ports import HistoryStore
from muster.render.icicle import draw_icicle
from muster.web.access import COOKIE
from muster.web.filters import Filters, find_choices, read_filters, text_of
from muster.web.rendering import Renderer

_TREND_RECORDS = 40
_MOST_CHARTS = 24
_MOST_CAUSES = 100
_PAGE_RECORDS = 50
_MOST_ROWS = 200
_MOST_TOLD = 10
_RECORD = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CategoryCard:
    """A category on the overview, with the records of its trend line, oldest first."""

    standing: Standing
    trend: Sequence[RecordSummary]


@dataclass(frozen=True, slots=True)
class OpenCause:
    """A cause that is open, with what the newest record tells of it where that is still kept, and its best known fix."""

    episode: CauseEpisode
    cause: RecordedCause | None
    fix: RecordedFix | None


class Pages:
    """The pages over one store. What each shows is computed in a thread: the store's calls wait for the database."""

    def __init__(self, store: HistoryStore, render: Renderer) -> None:
        self._store = store
        self._render = render

    async def overview(self, request: Request) -> Response:
        """Every category with its health, tests, blocked tests and seconds against its budget."""
        return await self._show(request, "overview.html", "/", self._overview)

    async def causes(self, request: Request) -> Response:
        """The open causes, those that block most tests first."""
        return await self._show(request, "causes.html", "/causes", self._causes)

    async def cause(self, request: Request) -> Response:
        """One cause: what is known of it, and when it was there."""
        project, fingerprint = text_of(request, "project"), text_of(request, "fingerprint")
        return await self._show(request, "cause.html", "", lambda _: self._cause(project, fingerprint))

    async def file(self, request: Request) -> Response:
        """One file in one record, and how each of its imports resolves."""
        record, path = _record_of(request), text_of(request, "path")
        return await self._show(request, "file.html", "", lambda _: self._file(record, path))

    async def runs(self, request: Request) -> Response:
        """The records, newest first."""
        before = _record_of(request, "before") if "before" in request.query_params else ""
        return await self._show(request, "runs.html", "/runs", lambda filters: self._runs(filters, before))

    async def run(self, request: Request) -> Response:
        """One record with its files, and where its import time went."""
        record = _record_of(request)
        return await self._show(request, "run.html", "", lambda _: self._run(record))

    async def changes(self, request: Request) -> Response:
        """Which commits lost and gained tests."""
        return await self._show(request, "changes.html", "/changes", self._changes)

    async def change(self, request: Request) -> Response:
        """The tests that one record lost and gained."""
        record = _record_of(request)
        return await self._show(request, "change.html", "", lambda _: self._change(record))

    async def _show(
        self, request: Request, template: str, page: str, values_of: Callable[[Filters], Values]
    ) -> Response:
        filters = read_filters(request)

        def rendered() -> str:
            values = values_of(filters)
            common: Values = {
                "page": page,
                "filters": filters,
                "kept": filters.kept(),
                "signed_in": COOKIE in request.cookies,
            }
            if page:
                common["choices"] = find_choices(self._store, filters)
            return self._render(template, **common, **values)

        return HTMLResponse(await run_in_threadpool(rendered))

    def _overview(self, filters: Filters) -> Values:
        standings = [
            standing
            for standing in self._store.standings(filters.project, filters.on)
            if filters.category in ("", standing.category)
        ]
        return {
            "standings": standings,
            "cards": [CategoryCard(standing, self._trend(standing)) for standing in standings[:_MOST_CHARTS]],
            "epoch": epoch_s,
        }

    def _trend(self, standing: Standing) -> Sequence[RecordSummary]:
        """The records whose seconds were measured; where there is none, those that were simulated."""
        newest = self._store.recent(
            _TREND_RECORDS,
            project=standing.project,
            category=standing.category,
            branch=standing.branch,
            whole=True,
            measured=standing.measured is not None,
        )
        return newest[::-1]

    def _causes(self, filters: Filters) -> Values:
        episodes = self._store.open_causes(filters.project, filters.category, filters.on)
        shown = episodes[:_MOST_CAUSES]
        records = self._records(id_ for each in shown for id_ in (each.last_record, each.fix_record))
        causes = [OpenCause(each, _told_last(records, each), _fix_of(records, each)) for each in shown]
        return {"causes": causes, "more": len(episodes) - len(shown)}

    def _cause(self, project: str, fingerprint: str) -> Values:
        episodes = self._store.episodes(project, fingerprint)
        if not episodes:
            raise HTTPException(404, "there is no such cause")
        # A cause that stood in several categories is told of by each: the newest that is kept tells all.
        shown = sorted(episodes, key=lambda each: (not each.closed_at, each.last_at), reverse=True)[:_MOST_ROWS]
        records = self._records(id_ for each in shown[:_MOST_TOLD] for id_ in (each.last_record, each.fix_record))
        newest = next((each for each in shown if each.last_record in records), shown[0])
        record = records.get(newest.last_record)
        return {
            "episode": newest,
            "cause": _told_last(records, newest),
            "fix": next(filter(None, (_fix_of(records, each) for each in shown[:_MOST_TOLD])), None),
            "episodes": shown,
            "files": {file.path for file in record.files} if record else set(),
        }

    def _file(self, record_id: str, path: str) -> Values:
        record = self._whole(record_id)
        file = next((file for file in record.files if file.path == path), None)
        if file is None:
            raise HTTPException(404, "this record does not tell of the file")
        causes = [cause for cause in record.causes or () if cause.fingerprint in file.causes]
        return {"record": record, "file": file, "causes": causes}

    def _runs(self, filters: Filters, before: str) -> Values:
        found = self._store.recent(
            _PAGE_RECORDS + 1,
            project=filters.project,
            category=filters.category,
            branch=filters.on,
            before=before,
        )
        shown = found[:_PAGE_RECORDS]
        return {"records": shown, "older": shown[-1].id if len(found) > len(shown) else ""}

    def _run(self, record_id: str) -> Values:
        record = self._whole(record_id)
        files = sorted(record.files, key=_worst_first)
        return {
            "record": record,
            "summary": self._store.summary(record_id),
            "files": files[:_MOST_ROWS],
            "more_files": max(len(files) - _MOST_ROWS, 0),
            "icicle": draw_icicle(record.imports),
            "imports": sorted(record.imports, key=lambda each: -each.own_seconds)[:_MOST_ROWS],
        }

    def _changes(self, filters: Filters) -> Values:
        records = self._store.changed(
            _PAGE_RECORDS, project=filters.project, category=filters.category, branch=filters.on
        )
        return {"records": records, "epoch": epoch_s}

    def _change(self, record_id: str) -> Values:
        summary, change = self._store.summary(record_id), self._store.test_change(record_id)
        if summary is None or change is None:
            raise HTTPException(404, "there is nothing to compare this record with")
        return {"record": summary, "change": change}

    def _whole(self, record_id: str) -> HistoryRecord:
        record = self._store.record(record_id)
        if record is None:
            raise HTTPException(404, "there is no such record")
        return record

    def _records(self, ids: Iterable[str]) -> dict[str, HistoryRecord]:
        found = {id_: self._store.record(id_) for id_ in dict.fromkeys(ids) if id_}
        return {id_: record for id_, record in found.items() if record is not None}


def epoch_s(time: str) -> int:
    """Seconds since 1970 of a time as records spell it; 0 for what is none."""
    try:
        parsed = datetime.fromisoformat(time)
    except ValueError:
        return 0
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def _record_of(request: Request, name: str = "id") -> str:
    text = text_of(request, name)
    if not _RECORD.fullmatch(text):
        raise HTTPException(404, "there is no such record")
    return text


def _told_last(records: Mapping[str, HistoryRecord], episode: CauseEpisode) -> RecordedCause | None:
    return _cause_in(records.get(episode.last_record), episode.fingerprint)


def _fix_of(records: Mapping[str, HistoryRecord], episode: CauseEpisode) -> RecordedFix | None:
    """The fix whose patch is known, else what the newest record says should be done."""
    with_patch = _cause_in(records.get(episode.fix_record), episode.fingerprint)
    told = with_patch or _told_last(records, episode)
    return told.fix if told else None


def _cause_in(record: HistoryRecord | None, fingerprint: str) -> RecordedCause | None:
    causes = record.causes if record is not None and record.causes is not None else ()
    return next((cause for cause in causes if cause.fingerprint == fingerprint), None)


def _worst_first(file: RecordedFile) -> tuple[bool, bool, float]:
    return (file.outcome != "failed", file.outcome == "collected", -(file.seconds or 0.0))
