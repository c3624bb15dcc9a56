"""What a target is to be told: once when it begins, once when it is over, and what it did not hear."""

from __future__ import annotations

from msgspec.structs import replace

from muster.model.alert import AlertState, Finding, Series
from muster.usecases.judge_alerts import Judgement
from muster.usecases.plan_alerts import is_being_told, plan_changes, settle

SERIES = Series("all", "main")
SLOW = Finding("budget", SERIES, "", "too slow", "r1", "2026-11-01T00:00:00Z")
LOSS = Finding("lost", SERIES, "r1", "2 tests no longer there", "r1", "2026-11-01T00:00:00Z")
NOW, SOON, LATER = "2026-11-02T00:00:00Z", "2026-11-02T00:01:00Z", "2026-11-02T00:02:00Z"
WRONG = Judgement((SLOW,), judged=frozenset({("budget", SERIES)}))
WELL = Judgement(judged=frozenset({("budget", SERIES)}))
UNKNOWN = Judgement()


def plan(judgement: Judgement, *states: AlertState, now: str = NOW) -> list[AlertState]:
    return plan_changes("shop", "t", states, judgement, now)


def told(judgement: Judgement, *states: AlertState, error: str = "", now: str = NOW) -> AlertState:
    """The one state after what `judgement` means for it was told, or could not be."""
    (claimed,) = plan(judgement, *states, now=now)
    assert claimed.owes
    (settled,) = settle([claimed], error)
    return settled


def test_it_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    assert plan(WELL) == []
    firing = told(WRONG)
    assert (firing.state, firing.told, firing.owes, firing.text) == ("firing", "firing", False, "too slow")
    assert plan(WRONG, firing) == []
    over = told(WELL, firing)
    assert (over.state, over.told, over.owes, over.since) == ("ok", "ok", False, SLOW.since)
    assert plan(WELL, over) == []
    assert told(WRONG, over).told == "firing"


def test_of_what_nothing_is_known_nothing_is_told() -> None:
    assert plan(UNKNOWN, told(WRONG)) == []


def test_what_could_not_be_told_is_tried_again() -> None:
    unheard = told(WRONG, error="refused")
    assert (unheard.told, unheard.owes, unheard.error, unheard.attempts) == ("ok", True, "refused", 1)
    again = told(WRONG, unheard, error="refused again")
    assert (again.error, again.attempts) == ("refused again", 2)
    assert told(UNKNOWN, again).told == "firing"
    heard = told(WRONG, again)
    assert (heard.told, heard.owes, heard.error, heard.attempts) == ("firing", False, "", 0)


def test_what_was_over_before_it_could_be_told_is_told_all_the_same() -> None:
    (claimed,) = plan(WELL, told(WRONG, error="refused"))
    assert (claimed.state, claimed.told, claimed.owes) == ("ok", "ok", True)
    (settled,) = settle([claimed], "")
    assert plan(WELL, settled) == []


def test_what_is_back_before_its_end_could_be_told_is_no_news() -> None:
    unheard = told(WELL, told(WRONG), error="refused")
    (back,) = plan(WRONG, unheard)
    assert (back.state, back.told, back.owes, back.error) == ("firing", "firing", False, "")


def test_what_somebody_is_telling_is_left_alone_until_that_takes_too_long() -> None:
    (claimed,) = plan(WRONG)
    assert plan(WRONG, claimed, now=SOON) == []
    assert plan(WELL, claimed, now=SOON) == []
    assert is_being_told([claimed], {"t"}, SOON)
    assert not is_being_told([claimed], {"t"}, LATER)
    assert not is_being_told([claimed], {"other"}, SOON)
    (again,) = plan(WRONG, claimed, now=LATER)
    assert again.attempts == 2


def test_what_the_project_no_longer_wants_to_hear_ends_without_a_word() -> None:
    (dropped,) = plan(Judgement(dropped=frozenset({("budget", SERIES)})), told(WRONG))
    assert (dropped.state, dropped.owes) == ("ok", False)


def test_a_loss_is_over_when_its_tests_are_back_and_forgotten_when_it_is_history() -> None:
    judged = frozenset({("lost", SERIES)})
    firing = told(Judgement((LOSS,), judged=judged))
    (back,) = plan(Judgement(back=frozenset({LOSS.key}), judged=judged), firing)
    assert (back.state, back.owes) == ("ok", True)
    (history,) = plan(Judgement(judged=judged), firing)
    assert (history.state, history.owes) == ("ok", False)


def test_each_target_is_told_of_its_own() -> None:
    assert [each.target for each in plan(WRONG, replace(told(WRONG), target="other"))] == ["t"]
