"""What a told history makes of a cause: which fate, which commit, which candidates."""

from __future__ import annotations

from tests.unit.diagnosis.scene import asked_of_history, diagnose, evidence, no_module, no_name, path

from muster.model.cause import Cause
from muster.model.collection import Confidence
from muster.model.commit import Commit
from muster.model.history import Chronicle, NameTrace, PathTrace, Step

MOVE = Commit("a" * 40, "Ada", "2024-01-02T00:00:00+00:00", "move it")
WROTE = Commit("b" * 40, "Alan", "2024-01-03T00:00:00+00:00", "write the test")
WHOLE = Chronicle(asked=True)


def moved(old: str, new: str, source: bytes = b"") -> PathTrace:
    return PathTrace(path(old), (Step("renamed", path(old), MOVE, path(new), 100),), source)


def told(*traces: PathTrace, **more: object) -> Chronicle:
    return Chronicle(True, {trace.path: trace for trace in traces}, **more)  # type: ignore[arg-type]  # because **more is untyped


def seen(cause: Cause) -> tuple[str, str, str]:
    return cause.code, cause.subject, str(cause.candidates[0]) if cause.candidates else ""


def test_a_package_that_was_renamed_is_one_cause_for_all_that_is_imported_below_it() -> None:
    files = {
        "new/__init__.py": "",
        "new/a/__init__.py": "",
        "new/a/x.py": "X = 1\n",
        "new/b.py": "B = 1\n",
        "tests/test_x.py": "from old.a.x import X\n",
        "tests/test_b.py": "from old.b import B\n",
    }
    history = told(moved("old/a/x.py", "new/a/x.py"), moved("old/b.py", "new/b.py"))
    reports = [no_module("tests/test_x.py", "old"), no_module("tests/test_b.py", "old")]
    (cause,) = diagnose(files, *reports, history=history)
    assert seen(cause) == ("M101", "old", "new")
    assert cause.since == MOVE
    assert len(cause.victims) == 2


def test_a_package_that_was_taken_apart_is_a_cause_for_each_module() -> None:
    files = {
        "one/__init__.py": "",
        "one/a.py": "X = 1\n",
        "two/__init__.py": "",
        "two/c.py": "B = 1\n",
        "tests/test_x.py": "from old.a import X\n",
        "tests/test_b.py": "from old.b import B\n",
        "tests/test_bb.py": "from old.b import B\n",
    }
    history = told(moved("old/a.py", "one/a.py"), moved("old/b.py", "two/c.py"))
    reports = [no_module(f"tests/test_{name}.py", "old") for name in ("x", "b", "bb")]
    causes = diagnose(files, *reports, history=history)
    assert sorted((*seen(cause), len(cause.victims)) for cause in causes) == [
        ("M101", "old.a", "one.a", 1),
        ("M101", "old.b", "two.c", 2),
    ]


def test_git_decides_between_places_of_one_name() -> None:
    files = {
        "app/__init__.py": "",
        "app/near/__init__.py": "",
        "app/near/compass_rose.py": "def turn(): ...\n",
        "far/__init__.py": "",
        "far/compass_rose.py": "def turn(): ...\n",
        "tests/test_a.py": "from app.compass_rose import turn\n",
    }
    report = no_module("tests/test_a.py", "app.compass_rose", search=("/r/app",))
    (cause,) = diagnose(files, report)
    assert seen(cause)[2] == "app.near.compass_rose"
    (cause,) = diagnose(files, report, history=told(moved("app/compass_rose.py", "far/compass_rose.py")))
    assert (seen(cause)[2], cause.confidence) == ("far.compass_rose", Confidence.CERTAIN)
    assert cause.candidates[0].commit == MOVE
    assert f"renamed: app/compass_rose.py to far/compass_rose.py by {MOVE} [/r/far/compass_rose.py]" in evidence(cause)


def test_what_never_was_did_not_move_wherever_its_like_is() -> None:
    files = {
        "app/__init__.py": "",
        "lib/__init__.py": "",
        "lib/compass_rose.py": "def turn(): ...\n",
        "tests/test_a.py": "from app.compass_rose import turn\n",
    }
    report = no_module("tests/test_a.py", "app.compass_rose", search=("/r/app",))
    key = (path("tests/test_a.py"), "app.compass_rose", "turn")
    (cause,) = diagnose(files, report, history=Chronicle(True, imports={key: WROTE}))
    assert seen(cause) == ("M103", "app.compass_rose", "lib.compass_rose")
    assert (cause.since, cause.confidence) == (WROTE, Confidence.CERTAIN)


def test_a_history_with_gaps_proves_no_absence() -> None:
    files = {"app/__init__.py": "", "tests/test_a.py": "import app.ledger\n"}
    report = no_module("tests/test_a.py", "app.ledger", search=("/r/app",))
    (cause,) = diagnose(files, report, history=Chronicle(True, gaps=("the clone is shallow",)))
    assert (cause.code, cause.since, cause.confidence) == ("M103", None, Confidence.LIKELY)
    assert cause.message.endswith("gone or never there")
    assert "history: the clone is shallow" in evidence(cause)


def test_why_there_is_no_history_is_said_unless_there_is_no_repository() -> None:
    files = {"app/__init__.py": "", "tests/test_a.py": "import app.ledger\n"}
    report = no_module("tests/test_a.py", "app.ledger", search=("/r/app",))
    (cause,) = diagnose(files, report, history=Chronicle(gaps=("no history: fatal: detected dubious ownership",)))
    assert "history: no history: fatal: detected dubious ownership" in evidence(cause)
    (cause,) = diagnose(files, report, history=Chronicle(gaps=("no history: fatal: not a git repository",)))
    assert not any(line.startswith("history") for line in evidence(cause))


def test_a_star_import_in_the_past_proves_no_absence_of_a_name() -> None:
    files = {"app.py": "x = 1\n", "tests/test_a.py": "from app import Zebra\n"}
    report = no_name("tests/test_a.py", "app", "Zebra", "app.py")
    (cause,) = diagnose(files, report, history=WHOLE)
    assert cause.message == "'app' (app.py) never had 'Zebra'"
    (cause,) = diagnose(files, report, history=Chronicle(True, starred=frozenset([path("app.py")])))
    assert cause.message == "'app' (app.py) has no 'Zebra': gone or never there"


def test_a_star_import_of_today_proves_no_absence_of_a_name() -> None:
    files = {"app.py": "from somewhere import *\n", "tests/test_a.py": "from app import Zebra\n"}
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app", "Zebra", "app.py"), history=WHOLE)
    assert cause.message == "'app' (app.py) has no 'Zebra': gone or never there"


def test_a_name_that_was_only_passed_on_is_where_it_came_from() -> None:
    files = {
        "app/__init__.py": "",
        "app/deep/__init__.py": "",
        "app/deep/text.py": "def dump(): ...\n",
        "lib.py": "def dump(): ...\n",
        "other.py": "def dump(): ...\n",
        "third.py": "def dump(): ...\n",
        "tests/test_a.py": "from app import dump\n",
    }
    report = no_name("tests/test_a.py", "app", "dump", "app/__init__.py")
    key = (path("app/__init__.py"), "dump")
    trace = NameTrace(*key, MOVE, "from .deep.text import dump", "import")
    (cause,) = diagnose(files, report, history=Chronicle(True, names={key: trace}))
    assert seen(cause) == ("M201", "app:dump", "app.deep.text:dump")
    assert "source" in {each.kind for each in cause.candidates[0].evidence}


def test_a_module_of_the_project_that_is_gone_is_no_missing_distribution() -> None:
    files = {"pyproject.toml": '[project]\ndependencies = ["requests"]\n', "tests/test_a.py": "import ledgerlib\n"}
    report = no_module("tests/test_a.py", "ledgerlib")
    (cause,) = diagnose(files, report)
    assert cause.code == "M107"
    gone = PathTrace(path("ledgerlib.py"), (Step("deleted", path("ledgerlib.py"), MOVE),), b"def book(): ...\n")
    (cause,) = diagnose(files, report, history=told(gone))
    assert (cause.code, cause.since) == ("M102", MOVE)
    assert "held: it defined book" in evidence(cause)


def test_where_a_name_was_that_nothing_of_today_defines_is_told() -> None:
    files = {"app.py": "x = 1\n", "tests/test_a.py": "from app import Zebra\n"}
    trace = NameTrace(path("old.py"), "Zebra", MOVE, "class Zebra: ...", "class")
    history = Chronicle(True, lost={"Zebra": trace}, notes=("the time was up: something",))
    (cause,) = diagnose(files, no_name("tests/test_a.py", "app", "Zebra", "app.py"), history=history)
    assert (cause.code, cause.confidence) == ("M204", Confidence.CERTAIN)
    assert f"was: 'Zebra', a class, was in old.py until {MOVE}" in evidence(cause)
    assert "history: the time was up: something" in evidence(cause)


def test_only_names_that_no_file_defines_are_searched_for_everywhere() -> None:
    files = {
        "app.py": "x = 1\n",
        "lib.py": "class Lion: ...\n",
        "tests/test_a.py": "from app.zoo import Zebra, Lion\n",
        "tests/test_b.py": "from yaml import safe_load\n",
        "tests/test_c.py": "from app import Tiger\n",
    }
    reports = (
        no_module("tests/test_a.py", "app.zoo", search=("/r/app",)),
        no_module("tests/test_b.py", "yaml"),
        no_name("tests/test_c.py", "app", "Tiger", "app.py"),
    )
    assert asked_of_history(files, *reports).lost == ("Tiger", "Zebra")
