"""Alerts: the user's targets, and telling them at once, in the background of a check, or behind a server's pushes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from muster.adapters.alert_note import set_alert_note
from muster.adapters.clock import SystemClock
from muster.adapters.disk_tree import DiskTree
from muster.errors import UsageError
from muster.model.alert import AlertsReport, AlertTarget, Delivery, Series
from muster.model.memory import HistoryRecord
from muster.ports import HistoryStore, Notifier
from muster.render.alert import compose_letter, compose_test
from muster.settings import Settings, load_alert_targets
from muster.usecases.alerts_overview import alerts_overview
from muster.usecases.plan_alerts import is_being_told
from muster.usecases.tell_alerts import tell, try_targets
from muster.wiring.memory import open_current_history, project_name

AfterPush = Callable[[Iterable[HistoryRecord]], None]
_PATIENCE_S, _OTHERS_S, _POLL_S = 5.0, 20.0, 0.1


def alert_targets() -> tuple[AlertTarget, ...]:
    """Whom the user wants to be told. Raises `UsageError`."""
    return load_alert_targets(DiskTree(), os.environ)


def by_fingerprint(targets: tuple[AlertTarget, ...]) -> dict[str, AlertTarget]:
    """The targets by what they are known by in the memory."""
    from muster.adapters.target_fingerprint import target_fingerprint

    return {target_fingerprint(target.url): target for target in targets}


def open_notifier() -> Notifier:
    """What sends messages. Raises `MissingExtraError`."""
    from muster.adapters.apprise_notifier import AppriseNotifier

    return AppriseNotifier()


def overview_of(root: str, settings: Settings) -> AlertsReport:
    """What is wrong now in the project at `root`, and who knows."""
    with open_current_history(root, settings) as store:
        return alerts_overview(store, project_name(root, settings), settings.alerts, by_fingerprint(alert_targets()))


def tell_now(root: str, settings: Settings) -> tuple[Delivery, ...]:
    """Tell the user's targets what is new in the project at `root`; what came of it. Raises `UsageError` without targets.

    What another process is telling is waited for: whoever calls this may be about to end the machine that both run on.
    """
    targets, notifier = by_fingerprint(_wanted_targets()), open_notifier()
    is_owed = True
    try:
        with open_current_history(root, settings) as store:
            told, is_owed = _tell_all(store, notifier, targets, project_name(root, settings), settings)
    finally:
        # In the background nobody reads why: the next check says that there is something to read.
        set_alert_note(root, is_wanted=is_owed)
    return told


def _tell_all(
    store: HistoryStore, notifier: Notifier, targets: Mapping[str, AlertTarget], project: str, settings: Settings
) -> tuple[tuple[Delivery, ...], bool]:
    """What came of telling, and whether anything could not be told."""
    clock = SystemClock()
    told = tell(store, notifier, clock, compose_letter, targets, project, settings.alerts)
    if is_being_told(store.alert_states(project), targets, clock.now()):
        _wait_for_others(store, project, targets, clock)
        told += tell(store, notifier, clock, compose_letter, targets, project, settings.alerts)
    states = store.alert_states(project)
    return told, any(state.target in targets and state.owes and state.error for state in states)


def _wait_for_others(store: HistoryStore, project: str, targets: Mapping[str, AlertTarget], clock: SystemClock) -> None:
    deadline = clock.monotonic() + _OTHERS_S
    while is_being_told(store.alert_states(project), targets, clock.now()) and clock.monotonic() < deadline:
        time.sleep(_POLL_S)


def send_test(root: str, settings: Settings) -> tuple[Delivery, ...]:
    """What comes of a test message to each of the user's targets. Raises `UsageError` without targets."""
    targets, notifier = _wanted_targets(), open_notifier()
    project = project_name(root, settings)
    return try_targets(notifier, [compose_test(project, target) for target in targets])


@contextmanager
def telling_behind(store: HistoryStore, say: Callable[[str], None]) -> Iterator[AfterPush]:
    """Given records that a server has taken, tells the user's targets what is new, in a thread; `say` gets what failed."""
    from muster.adapters.telling_thread import TellingThread

    targets = alert_targets()
    if not targets:
        yield lambda records: None
        return
    notifier, prints = open_notifier(), by_fingerprint(targets)
    clock = SystemClock()

    def judge_and_tell(project: str, touched: frozenset[Series]) -> bool:
        told = tell(store, notifier, clock, compose_letter, prints, project, touched=touched)
        for each in told:
            if each.error:
                say(f"{each.target} was not told of {project}, and is tried again: {each.error}")
        return not any(each.error for each in told)

    thread = TellingThread(judge_and_tell, say)
    for project in store.projects():  # what came in before the server was last ended, and was not told by then
        thread.add(project)

    def after_push(records: Iterable[HistoryRecord]) -> None:
        for record in records:
            if record.whole:
                thread.add(record.project, [Series(record.category, record.branch)])

    try:
        yield after_push
    finally:
        thread.close(_PATIENCE_S)


def _wanted_targets() -> tuple[AlertTarget, ...]:
    targets = alert_targets()
    if not targets:
        raise UsageError(
            "there is nobody to tell: MUSTER_ALERT_TARGETS names targets, or [alerts.targets] in your own config.toml"
        )
    return targets
