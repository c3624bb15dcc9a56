"""Which sessions collect the same, and which real collections are worth keeping."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from muster.model.collection import Collection, CollectorReport, Outcome, Session, SessionState
from muster.model.environment import Environment
from muster.model.invocation import Argument, Invocation
from muster.usecases.observe import observation_of, selection_of

PLAIN = Invocation("pytest", "default", (), "/p", "/p", inifile="/p/pytest.ini", arguments=(Argument("/p/tests"),))
ENVIRONMENT = Environment("python", "named", (3, 13, 0), pytest_version="9.0.0")
WHOLE = Collection(seconds=1.23456)


@pytest.mark.parametrize(
    "change", [{"command": "python -m pytest -q"}, {"argv": ("-q",)}, {"maxfail": 1}, {"cwd": "/p/x"}]
)
def test_how_a_session_is_shown_or_run_makes_no_difference(change: dict[str, Any]) -> None:
    assert selection_of(replace(PLAIN, **change)) == selection_of(PLAIN)


def test_a_moved_checkout_stays_the_same() -> None:
    moved = replace(PLAIN, rootdir="/q", cwd="/q", inifile="/q/pytest.ini", arguments=(Argument("/q/tests"),))
    assert selection_of(moved) == selection_of(PLAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"arguments": (Argument("/p/tests"), Argument("/p/more"))},
        {"arguments": (Argument("/p/tests", ("test_a",)),)},
        {"keyword": "a"},
        {"markexpr": "a"},
        {"deselect": ("a",)},
        {"ignore": ("/p/a",)},
        {"ignore_glob": ("a",)},
        {"python_classes": ("X",)},
        {"import_mode": "importlib"},
        {"inifile": None},
    ],
)
def test_what_decides_over_the_tests_makes_one(change: dict[str, Any]) -> None:
    assert selection_of(replace(PLAIN, **change)) != selection_of(PLAIN)


def test_a_whole_collection_is_kept_with_its_errors() -> None:
    failed = CollectorReport("a.py", "/p/a.py", Outcome.FAILED)
    skipped = CollectorReport("b.py", "/p/b.py", Outcome.SKIPPED)
    kept = observation_of(replace(WHOLE, reports=(failed, skipped)), PLAIN, ENVIRONMENT, "now", workers=3)
    assert kept is not None
    assert (kept.seconds, kept.errors, kept.workers, kept.python) == (1.235, (("a.py", ""),), 3, "3.13.0")


@pytest.mark.parametrize(
    ("collection", "invocation"),
    [
        (replace(WHOLE, seconds=None), PLAIN),
        (replace(WHOLE, session=Session(SessionState.ABORTED)), PLAIN),
        (WHOLE, replace(PLAIN, last_failed=True)),
        (WHOLE, replace(PLAIN, unmodelled=("--group: ...",))),
    ],
    ids=["not timed", "broken off", "last failed", "plugin"],
)
def test_what_is_no_whole_collection_is_not(collection: Collection, invocation: Invocation) -> None:
    assert observation_of(collection, invocation, ENVIRONMENT, "now") is None
