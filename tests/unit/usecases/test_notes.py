"""What a reader must know before the numbers."""

from __future__ import annotations

import msgspec

from muster.model.cause import Cause, Scope, Severity
from muster.model.collection import Confidence
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.usecases.notes import notes_on

ASKED = Environment("/venv/bin/python", "VIRTUAL_ENV", (3, 12, 1), pytest_version="8.4.2")
INVOCATION = Invocation("pytest", "default", (), "/p", "/p")


def undecided(code: str) -> Cause:
    return Cause(code, Severity.ERROR, Confidence.UNDECIDED, Scope.FILE, "title", "subject", "message")


def test_where_there_is_no_doubt_nothing_is_said() -> None:
    assert notes_on(ASKED, INVOCATION, ()) == ()


def test_an_environment_without_pytest_names_the_flag_to_give() -> None:
    (note,) = notes_on(msgspec.structs.replace(ASKED, pytest_version=""), INVOCATION, ())
    assert note.startswith("pytest is not installed in /venv/bin/python (VIRTUAL_ENV)")
    assert "--python" in note


def test_an_environment_without_the_projects_distributions_names_the_flag_too() -> None:
    (note,) = notes_on(ASKED, INVOCATION, (undecided("M107"),))
    assert "--python" in note
    assert notes_on(ASKED, INVOCATION, (undecided("M303"),)) == ()


def test_an_environment_that_was_only_read_says_why() -> None:
    (note,) = notes_on(msgspec.structs.replace(ASKED, asked=False), INVOCATION, ())
    assert note == "/venv/bin/python was only read (VIRTUAL_ENV), so what its modules hold is taken on trust"


def test_problems_of_the_environment_and_doubts_about_the_command_follow() -> None:
    invocation = Invocation("pytest", "default", (), "/p", "/p", warnings=("odd",), unmodelled=("--flaky", "x_setting"))
    assert notes_on(msgspec.structs.replace(ASKED, problems=("broken plugin",)), invocation, ()) == (
        "broken plugin",
        "odd",
        "not simulated, and perhaps of effect on what is collected: --flaky, x_setting",
    )
