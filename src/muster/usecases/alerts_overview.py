"""`muster alerts`: what is wrong now, and who knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from muster.model.alert import (
    RULES,
    AlertRules,
    AlertsReport,
    AlertState,
    AlertTarget,
    AlertTargetView,
    Delivery,
    Finding,
    OpenAlert,
)
from muster.ports import HistoryStore
from muster.usecases.alert_facts import gather_facts
from muster.usecases.judge_alerts import judge


def alerts_overview(
    store: HistoryStore, project: str, rules: AlertRules, targets: Mapping[str, AlertTarget]
) -> AlertsReport:  # fmt: skip
    """The open alerts of `project` by `rules`, and what `targets`, by fingerprint, were told of them. Tells nobody."""
    states = store.alert_states(project)
    by_key: dict[str, list[AlertState]] = {}
    for state in states:
        by_key.setdefault(state.key, []).append(state)
    judgement = judge(gather_facts(store, project, rules, states), rules)
    alerts = [_open(finding, by_key.pop(finding.key, ()), targets) for finding in judgement.findings]
    alerts += [
        _over(told[0], told, targets) for told in by_key.values() if any(_is_owed(each, targets) for each in told)
    ]
    return AlertsReport(
        project=project,
        rules=rules,
        targets=tuple(AlertTargetView(name=each.name, scheme=each.scheme) for each in targets.values()),
        alerts=tuple(sorted(alerts, key=_order)),
    )


def _open(finding: Finding, states: Sequence[AlertState], targets: Mapping[str, AlertTarget]) -> OpenAlert:
    by_target = {state.target: state for state in states}
    first = min((state.since for state in states if state.state == "firing"), default=finding.since)
    return OpenAlert(
        rule=finding.rule,
        category=finding.series.category,
        branch=finding.series.branch,
        subject=finding.subject,
        state="firing",
        since=first,
        text=finding.text,
        told=tuple(
            target.name for key, target in targets.items() if key in by_target and by_target[key].told == "firing"
        ),
        untold=tuple(
            _untold(target, by_target.get(key))
            for key, target in targets.items()
            if key not in by_target or by_target[key].told != "firing"
        ),
    )


def _over(state: AlertState, states: Iterable[AlertState], targets: Mapping[str, AlertTarget]) -> OpenAlert:
    """Something that is well again, or that this project's newest records say nothing of, and not everybody knows."""
    return OpenAlert(
        rule=state.rule,
        category=state.category,
        branch=state.branch,
        subject=state.subject,
        state=state.state,
        since=state.since,
        text=state.text,
        untold=tuple(_untold(targets[each.target], each) for each in states if _is_owed(each, targets)),
    )


def _is_owed(state: AlertState, targets: Mapping[str, AlertTarget]) -> bool:
    return state.owes and state.target in targets


def _untold(target: AlertTarget, state: AlertState | None) -> Delivery:
    return Delivery(target=target.name, scheme=target.scheme, changes=1, error=state.error if state else "")


def _order(alert: OpenAlert) -> tuple[int, str, str, str]:
    return RULES.index(alert.rule), alert.category, alert.branch, alert.subject
