"""`muster history`: how each category of a project went over time, and which causes are open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from muster import __version__
from muster.errors import UsageError
from muster.model.memory import RecordSummary, Standing
from muster.model.trend_report import CategoryTrend, TrendReport
from muster.ports import HistoryStore

_PAGE = 1000


def find_trends(
    store: HistoryStore,
    project: str,
    now: str,
    *,
    categories: Sequence[str] = (),
    branch: str | None = None,
    count: int,
) -> TrendReport:
    """The newest `count` records of each category. Raises `UsageError` for a category that was never recorded."""
    standings = store.standings(project, branch)
    known = [standing.category for standing in standings]
    for name in categories:
        if name not in known:
            there = ", ".join(known) or "none"
            raise UsageError(f"nothing is recorded of category '{name}' here; there are: {there}")
    wanted = [standing for standing in standings if not categories or standing.category in categories]
    places = {(standing.category, standing.branch) for standing in wanted}
    causes = store.open_causes(project, branch=branch)
    return TrendReport(
        schema="muster.trends/1",
        muster=__version__,
        project=project,
        now=now,
        categories=tuple(_trend(store, standing, count) for standing in wanted),
        causes=tuple(cause for cause in causes if (cause.category, cause.branch) in places),
    )


def every_record(
    store: HistoryStore, project: str, *, categories: Sequence[str] = (), branch: str | None = None, count: int = 0
) -> Iterator[RecordSummary]:
    """All records of the project, or the newest `count` that match, newest first; page by page."""
    before, told = "", 0
    while page := store.recent(_PAGE, project=project, branch=branch, before=before):
        for record in page:
            if not categories or record.category in categories:
                yield record
                told += 1
                if told == count:
                    return
        before = page[-1].id


def _trend(store: HistoryStore, standing: Standing, count: int) -> CategoryTrend:
    recent = partial(
        store.recent, count, project=standing.project, category=standing.category, branch=standing.branch, whole=True
    )
    records, measured = recent(), recent(measured=True)
    return CategoryTrend(
        category=standing.category,
        branch=standing.branch,
        latest=standing.latest,
        records=records[::-1],
        measured=measured[::-1],
        runs=tuple(record for record in records[::-1] if record.failed is not None),
    )
