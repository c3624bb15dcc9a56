"""What `muster history --format json` prints (`muster.trends/1`): each category over time, and what is open now."""

from __future__ import annotations

from typing import Literal

import msgspec

from muster.model.memory import CauseEpisode, RecordSummary

TRENDS_SCHEMA_NAME = "muster.trends/1"


class CategoryTrend(msgspec.Struct, frozen=True, kw_only=True):
    """A category on one branch. `records` are its newest whole ones, `measured` those with seconds of a whole pytest process,
    `runs` those with results; each oldest first. `latest` is where it stands."""

    category: str
    branch: str
    latest: RecordSummary
    records: tuple[RecordSummary, ...]
    measured: tuple[RecordSummary, ...]
    runs: tuple[RecordSummary, ...]


class TrendReport(msgspec.Struct, frozen=True, kw_only=True):
    """The memory of one project, as far as it was asked for. `causes` are open ones, the most blocking first."""

    schema: Literal["muster.trends/1"]
    muster: str
    project: str
    now: str
    categories: tuple[CategoryTrend, ...]
    causes: tuple[CauseEpisode, ...]
