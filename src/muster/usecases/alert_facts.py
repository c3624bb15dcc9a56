"""What the memory holds of the series that alerts are judged by."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from muster.model.alert import AlertRules, AlertState, Series
from muster.model.memory import HistoryRecord, RecordSummary, Standing, TestChange, nodeids_of
from muster.ports import HistoryStore
from muster.usecases.judge_alerts import Loss, SeriesFacts, rules_of

_FOLLOWED_CHANGES = 10
"""A loss is followed until so many records have had other tests than those before them: by then it is how things are."""


def gather_facts(
    store: HistoryStore,
    project: str,
    rules: AlertRules | None,
    states: Iterable[AlertState],
    touched: Iterable[Series] = (),
) -> list[SeriesFacts]:
    """The facts of the `touched` series of `project`; without any those of every category, on the branch of its newest record."""
    followed = {state.subject for state in states if state.rule == "lost" and state.state == "firing"}
    wanted = frozenset(touched)
    standings: list[Standing] = []
    for branch in sorted({series.branch for series in wanted}):
        standings += [each for each in store.standings(project, branch) if _series(each) in wanted]
    return [
        _facts(store, standing, rules, followed) for standing in (standings if wanted else store.standings(project))
    ]


def _series(standing: Standing) -> Series:
    return Series(standing.category, standing.branch)


def _facts(
    store: HistoryStore, standing: Standing, rules: AlertRules | None, followed: set[str]
) -> SeriesFacts:  # fmt: skip
    latest = store.record(standing.latest.id)
    runs = rules_of(latest, rules).runs
    times = (
        store.recent(
            runs + 1,
            project=standing.project,
            category=standing.category,
            branch=standing.branch,
            whole=True,
            measured=True,
        )
        if standing.measured
        else ()
    )
    ran = standing.ran
    return SeriesFacts(
        series=_series(standing),
        latest=latest,
        measured=standing.measured,
        earlier_s=tuple(each.observed_s for each in times[1:] if each.observed_s is not None),
        ran=None if ran is None else latest if latest and latest.id == ran.id else store.record(ran.id),
        losses=_losses(store, latest, runs, followed),
    )


def _losses(
    store: HistoryStore, latest: HistoryRecord | None, runs: int, followed: set[str]
) -> tuple[Loss, ...] | None:
    """The losses of the last `runs` records, and those that somebody knows of; None where today's tests are not known."""
    if latest is None or latest.nodeids is None:
        return None
    project, category, branch = latest.project, latest.category, latest.branch
    changes = store.changed(_FOLLOWED_CHANGES, project=project, category=category, branch=branch)
    losing = [each for each in changes if each.lost]
    if not losing:
        return ()
    newest = store.recent(runs, project=project, category=category, branch=branch, whole=True)
    recent = {each.id for each in newest}
    there = frozenset(nodeids_of(latest.nodeids))
    return tuple(
        _loss(each, store.test_change(each.id), there)
        for each in reversed(losing)
        if each.id in recent or each.id in followed
    )


def _loss(summary: RecordSummary, change: TestChange | None, there: frozenset[str]) -> Loss:
    change = change or TestChange(record=summary.id, previous="")
    gone = [nodeid for nodeid in lost_for_good(change.lost, change.gained) if nodeid not in there]
    unnamed = max(summary.lost - len(change.lost), 0) - max(summary.gained - len(change.gained), 0)
    return Loss(summary.id, summary.recorded_at, summary.commit, len(gone) + max(unnamed, 0), tuple(gone))


def lost_for_good(lost: Sequence[str], gained: Sequence[str]) -> list[str]:
    """Those of `lost` that `gained` does not hold under another name: moved to another file, or renamed in their own.

    The memory knows names only. Where a file has as many new tests as it lost, they are taken for the same.
    """
    come = Counter(gained)
    by_name: dict[str, deque[str]] = {}
    for nodeid in gained:
        by_name.setdefault(_name(nodeid), deque()).append(nodeid)
    left: list[str] = []
    for nodeid in lost:
        if moved := by_name.get(_name(nodeid)):
            come[moved.popleft()] -= 1
        else:
            left.append(nodeid)
    renamed = Counter(nodeid.partition("::")[0] for nodeid in gained if come[nodeid])
    gone: list[str] = []
    for nodeid in left:
        path = nodeid.partition("::")[0]
        if renamed[path] > 0:
            renamed[path] -= 1
        else:
            gone.append(nodeid)
    return gone


def _name(nodeid: str) -> str:
    return nodeid.partition("::")[2]
