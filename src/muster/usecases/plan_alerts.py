"""What a target is to be told: how the memory's account of what it was told changes by what is wrong now. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from muster.model.alert import AlertState, Finding
from muster.usecases.judge_alerts import Judgement

LEASE_S = 120
"""So long nobody else tells what somebody is telling: longer than sending can take, for a process that was killed over it."""


def plan_changes(
    project: str, target: str, states: Iterable[AlertState], judgement: Judgement, now: str
) -> list[AlertState]:  # fmt: skip
    """The states that change. Those with `owes` are claimed: whoever can keep them tells them, and then settles them."""
    known = {state.key: state for state in states if state.target == target}
    found = {finding.key: finding for finding in judgement.findings}
    until = _later(now, LEASE_S)
    changes = [
        _firing(known.get(key) or _unheard(project, target, finding), finding, now, until)
        for key, finding in found.items()
    ]
    changes += [_absent(state, judgement, now, until) for key, state in known.items() if key not in found]
    return [each for each in changes if each is not None]


def is_being_told(states: Iterable[AlertState], targets: Container[str], now: str) -> bool:
    """Whether somebody is telling one of `targets` something at this moment."""
    return any(state.owes and state.target in targets and _is_claimed(state, now) for state in states)


def settle(told: Iterable[AlertState], error: str) -> Iterator[AlertState]:
    """The states once their target was told of them, or could not be for the reason `error`."""
    for state in told:
        if error:
            yield replace(state, claimed_until="", error=error)
        else:
            yield replace(state, claimed_until="", error="", told=state.state, owes=False, attempts=0)


def _unheard(project: str, target: str, finding: Finding) -> AlertState:
    series = finding.series
    return AlertState(
        project=project,
        target=target,
        key=finding.key,
        rule=finding.rule,
        category=series.category,
        branch=series.branch,
        subject=finding.subject[:200],
        since=finding.since,
    )


def _firing(state: AlertState, finding: Finding, now: str, until: str) -> AlertState | None:
    """What changes as `finding` is there."""
    if _is_claimed(state, now):
        return None
    if state.state == "firing":
        return _claimed(replace(state, text=finding.text), until) if state.owes else None
    begun = replace(state, state="firing", since=finding.since, record=finding.record, text=finding.text, attempts=0)
    if state.told == "firing":  # it never heard that this was over
        return replace(begun, since=state.since, owes=False, error="")
    return _claimed(begun, until)


def _absent(state: AlertState, judgement: Judgement, now: str, until: str) -> AlertState | None:
    """What changes where nothing is wrong, or nothing is known."""
    place = (state.rule, state.series)
    if _is_claimed(state, now) or (state.state == "ok" and not state.owes):
        return None
    if place in judgement.dropped or (place in judgement.judged and _is_history(state, judgement)):
        return replace(state, state="ok", told="ok", owes=False, error="")
    if place in judgement.judged and state.state == "firing":
        return _claimed(replace(state, state="ok", attempts=0), until)
    return _claimed(state, until) if state.owes else None


def _is_history(state: AlertState, judgement: Judgement) -> bool:
    """Whether it is about a loss that is followed no more: its tests are not back, and nobody should hear that they are."""
    return state.state == "firing" and state.subject == state.record and state.key not in judgement.back


def _claimed(state: AlertState, until: str) -> AlertState:
    return replace(state, owes=True, claimed_until=until, attempts=state.attempts + 1)


def _is_claimed(state: AlertState, now: str) -> bool:
    return state.claimed_until > now


def _later(now: str, seconds: float) -> str:
    return (datetime.fromisoformat(now) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
