"""From a collection and its causes to the published report."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import msgspec

from muster.model.cause import Cause, Remedy, Scope, Seen, Severity
from muster.model.collection import (
    Collection,
    CollectorReport,
    Confidence,
    Frame,
    Item,
    Loss,
    Outcome,
    Problem,
    RaisedException,
    Session,
    SessionState,
)
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.model.location import Location
from muster.model.report import Report
from muster.render.schema import report_schema
from muster.usecases.check import check_exit_code
from muster.usecases.report import Checked, make_report
from muster.usecases.report_paths import relative_path, report_root

GOOD, BAD, MAYBE, SKIPPED = (
    "/p/tests/test_good.py",
    "/p/tests/test_bad.py",
    "/p/tests/test_maybe.py",
    "/p/tests/test_skip.py",
)
RAISED = RaisedException("ImportError", "cannot import name 'x'", (Frame(BAD, 3), Frame("/lib/other.py", 7)))
COLLECTION = Collection(
    session=Session(pytest_exit=2),
    files=(BAD, GOOD, MAYBE, SKIPPED),
    items=(Item("tests/test_good.py::test_a", GOOD), Item("tests/test_good.py::test_b", GOOD, expanded=False)),
    reports=(
        CollectorReport("tests/test_bad.py", BAD, Outcome.FAILED, RAISED),
        CollectorReport("tests/test_maybe.py", MAYBE, Outcome.UNDECIDED, reason="a network decides"),
        CollectorReport("tests/test_skip.py", SKIPPED, Outcome.SKIPPED, reason="no numpy"),
    ),
    losses=(Loss("M402", "test_b", Location(GOOD, 9), lost=("tests/test_good.py::test_b",), lost_count=1),),
    problems=(Problem("M001", Location("/p/tests/locked.py"), "permission denied"),),
    blocked=((BAD, (Item("tests/test_bad.py::test_x", BAD), Item("tests/test_bad.py::test_y", BAD))),),
)
ERROR = Cause(
    code="M204",
    severity=Severity.ERROR,
    confidence=Confidence.CERTAIN,
    scope=Scope.FILE,
    title="name never existed",
    subject="other.x",
    message="there is no 'x'",
    culprit=Location(BAD, 3, 1, 3, "from other import x"),
    victims=(BAD,),
    blocked_tests=2,
    remedies=(Remedy("import 'y'"), Remedy("not: add an __init__.py")),
    exception=RAISED,
)
WARNING = Cause(
    code="M402",
    severity=Severity.WARNING,
    confidence=Confidence.CERTAIN,
    scope=Scope.FILE,
    title="test defined twice",
    subject="test_b",
    message="twice",
    culprit=Location(GOOD, 9),
    lost=("tests/test_good.py::test_b",),
    lost_count=1,
)


def reported(collection: Collection = COLLECTION, *causes: Cause, root: str = "/p") -> Report:
    invocation = Invocation("pytest", "default", (), "/p", "/p", inifile="/p/pyproject.toml")
    environment = Environment("/usr/bin/python", "VIRTUAL_ENV", (3, 12, 1), pytest_version="8.4.2")
    return make_report(Checked(root, collection, invocation, environment, causes, "2026-01-01T00:00:00Z", 0.5))


def test_everything_is_counted_once() -> None:
    totals = reported(COLLECTION, ERROR, WARNING).totals
    assert msgspec.to_builtins(totals) == {
        "files": 4,
        "files_blocked": 1,
        "files_skipped": 1,
        "files_undecided": 1,
        "tests": 2,
        "blocked_tests": 2,
        "lost_tests": 1,
        "deselected": 0,
        "estimated": False,
        "unexpanded": 1,
    }


def test_each_file_has_its_outcome_its_causes_and_its_reason() -> None:
    files = reported(COLLECTION, ERROR, WARNING).files
    assert [(file.path, file.outcome, file.nodes, file.lost_tests, file.causes, file.reason) for file in files] == [
        ("tests/test_bad.py", "failed", 0, 0, (1,), ""),
        ("tests/test_good.py", "collected", 2, 1, (2,), ""),
        ("tests/test_maybe.py", "undecided", 0, 0, (), "a network decides"),
        ("tests/test_skip.py", "skipped", 0, 0, (), "no numpy"),
    ]
    assert files[0].exception is not None
    assert [(frame.path, frame.line) for frame in files[0].exception.frames] == [
        ("tests/test_bad.py", 3),
        ("/lib/other.py", 7),
    ]


def test_a_remedy_that_is_ruled_out_is_a_refuted_fix() -> None:
    fixes = reported(COLLECTION, ERROR).causes[0].fixes
    assert [(fix.id, fix.title, fix.verdict.state) for fix in fixes] == [
        ("a", "import 'y'", "unproved"),
        ("b", "add an __init__.py", "refuted"),
    ]


def test_a_fingerprint_survives_edits_that_move_the_line() -> None:
    assert ERROR.culprit is not None
    moved = replace(ERROR, culprit=replace(ERROR.culprit, line=30, end_line=30))
    other = replace(ERROR, subject="other.z")
    prints = [reported(COLLECTION, cause).causes[0].fingerprint for cause in (ERROR, moved, other)]
    assert prints[0] == prints[1] != prints[2]


def test_an_aborted_session_names_the_cause_that_ended_it() -> None:
    conftest = CollectorReport("", "/p/conftest.py", Outcome.FAILED, RAISED)
    session = Session(SessionState.ABORTED, 4, conftest)
    ending = replace(ERROR, scope=Scope.SESSION)
    report = reported(replace(COLLECTION, session=session), WARNING, ending)
    assert (report.session.state, report.session.cause, report.session.pytest_exit) == ("aborted", 2, 4)


def test_files_that_are_never_reached_are_blocked() -> None:
    collection = Collection(blocked=((GOOD, (Item("tests/test_good.py::test_a", GOOD),)),))
    folder = replace(ERROR, scope=Scope.FOLDER, victims=(GOOD,), blocked_tests=1)
    report = reported(collection, folder)
    assert [(file.path, file.outcome) for file in report.files] == [("tests/test_good.py", "failed")]
    assert (report.totals.files_blocked, report.totals.blocked_tests) == (1, 1)


def test_what_hides_behind_a_cause_is_named_by_its_number() -> None:
    behind = replace(ERROR, subject="other.z")
    report = reported(COLLECTION, replace(ERROR, hides=("other.z",)), behind)
    assert [cause.hides for cause in report.causes] == [(2,), ()]


def test_exit_codes_follow_severity_acceptance_and_tests() -> None:
    assert check_exit_code(reported(COLLECTION, ERROR)) == 1
    assert check_exit_code(reported(COLLECTION, WARNING)) == 0
    assert check_exit_code(reported(COLLECTION, replace(ERROR, accepted="known"))) == 0
    assert check_exit_code(reported(Collection())) == 5
    assert check_exit_code(reported(Collection(), WARNING)) == 5
    ours = replace(COLLECTION, problems=(Problem("M002", Location(BAD), "our bug"),))
    assert check_exit_code(reported(ours)) == 3


def test_the_report_satisfies_its_schema() -> None:
    report = reported(COLLECTION, replace(ERROR, seen=Seen.CONFIRMED), WARNING)
    jsonschema.validate(msgspec.to_builtins(report, str_keys=True), report_schema(), cls=_TuplesAreArrays)


_TuplesAreArrays = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "array", lambda _, value: isinstance(value, (list, tuple))
    ),
)


def test_paths_are_relative_to_the_root_where_they_lie_below_it() -> None:
    assert relative_path("/p/a.py", "/p") == "a.py"
    assert relative_path("/p", "/p") == "."
    assert relative_path("/pp/a.py", "/p") == "/pp/a.py"
    assert relative_path("/a.py", "/") == "a.py"


def test_a_suite_outside_of_the_project_is_reported_from_its_own_root() -> None:
    assert report_root("/p", "/p/sub") == "/p"
    assert report_root("/p/sub", "/p") == "/p/sub"
    assert report_root("/p", "/lib/networkx") == "/lib/networkx"
