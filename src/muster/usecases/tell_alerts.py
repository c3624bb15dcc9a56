"""Tells each target once of what became wrong, and once of what is well again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from muster.model.alert import AlertRules, AlertState, AlertTarget, Delivery, Letter, Series
from muster.ports import Clock, HistoryStore, Notifier
from muster.usecases.alert_facts import gather_facts
from muster.usecases.judge_alerts import judge
from muster.usecases.plan_alerts import plan_changes, settle

_ROUNDS = 3
"""While a message is on its way the next record may come in, whose writer found this one's alerts taken."""

Compose = Callable[[str, AlertTarget, Sequence[AlertState]], Letter]
"""Makes the letter that tells a project's changes to a target."""


def tell(
    store: HistoryStore,
    notifier: Notifier,
    clock: Clock,
    compose: Compose,
    targets: Mapping[str, AlertTarget],
    project: str,
    rules: AlertRules | None = None,
    touched: Iterable[Series] = (),
) -> tuple[Delivery, ...]:
    """Judge the `touched` series of `project`, or all, and tell `targets`, by fingerprint, what is new; what came of it.

    What could not be told is owed, and tried again the next time. Who judges at the same time tells something else.
    """
    touched = tuple(touched)
    deliveries: list[Delivery] = []
    failed: set[str] = set()
    for _ in range(_ROUNDS):
        left = {name: target for name, target in targets.items() if name not in failed}
        claimed = _claim(store, clock, project, list(left), rules, touched)
        if not claimed:
            break
        letters = [compose(project, left[name], states) for name, states in claimed.items()]
        for (name, states), error in zip(claimed.items(), notifier.send(letters), strict=True):
            store.change_alerts(list(settle(states, error)))
            target = left[name]
            deliveries.append(Delivery(target=target.name, scheme=target.scheme, changes=len(states), error=error))
            if error:
                failed.add(name)
    return tuple(deliveries)


def try_targets(notifier: Notifier, letters: Sequence[Letter]) -> tuple[Delivery, ...]:
    """What comes of sending `letters`, whatever was told before."""
    return tuple(
        Delivery(target=letter.target.name, scheme=letter.target.scheme, error=error)
        for letter, error in zip(letters, notifier.send(letters), strict=True)
    )


def _claim(
    store: HistoryStore,
    clock: Clock,
    project: str,
    targets: Sequence[str],
    rules: AlertRules | None,
    touched: Sequence[Series],
) -> dict[str, list[AlertState]]:
    """By target what this caller is to tell it, and nobody else does."""
    if not targets:
        return {}
    states = store.alert_states(project)
    judgement = judge(gather_facts(store, project, rules, states, touched), rules)
    claimed: dict[str, list[AlertState]] = {}
    for target in targets:
        kept = store.change_alerts(plan_changes(project, target, states, judgement, clock.now()))
        owed = [state for state in kept if state.owes]
        if owed:
            claimed[target] = owed
    return claimed
