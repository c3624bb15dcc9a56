"""Causes at import and collection time, M301 to M309, and M001, M002."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.diagnosis.scene import ROOT, at, blocked, diagnose, evidence, failed, in_words, no_module, path

from muster.model.cause import Scope, Severity
from muster.model.collection import (
    Collection,
    CollectorReport,
    Confidence,
    FileMismatch,
    Frame,
    OtherFailure,
    Outcome,
    Problem,
    RaisedException,
    Session,
    SessionExit,
    SessionState,
    SyntaxFailure,
    UndefinedName,
    UnknownMarker,
)
from muster.model.invocation import Invocation, Refusal
from muster.model.location import Location


def test_a_syntax_error_has_the_parsers_words_and_the_python_version() -> None:
    files = {"lib.py": "def f(:\n", "tests/test_a.py": "import lib\n", "tests/test_b.py": "import lib\n"}
    detail = SyntaxFailure(path("lib.py"), 1, 7, "def f(:")
    reports = [failed(f"tests/test_{x}.py", "SyntaxError", "invalid syntax (lib.py, line 1)", detail) for x in "ab"]
    (cause,) = diagnose(files, *reports)
    assert (cause.code, len(cause.victims), cause.culprit) == ("M301", 2, at("lib.py", 1, "def f(:", 7))
    assert cause.message == "lib.py:1 does not parse with Python 3.12: invalid syntax"


def test_a_merge_conflict_is_recognised() -> None:
    detail = SyntaxFailure(path("tests/test_a.py"), 3, 1, "<<<<<<< HEAD")
    (cause,) = diagnose({"tests/test_a.py": ""}, failed("tests/test_a.py", "SyntaxError", "invalid syntax", detail))
    assert in_words(cause) == ["resolve the merge conflict"]


def test_an_exception_in_a_shared_helper_is_one_cause() -> None:
    files = {"tests/helper.py": "raise ValueError('no')\n", "tests/test_a.py": "", "tests/test_b.py": ""}
    reports = [
        failed(name, "ValueError", "no", None, (name, 1), ("tests/helper.py", 1))
        for name in ("tests/test_a.py", "tests/test_b.py")
    ]
    (cause,) = diagnose(files, *reports)
    assert (cause.code, len(cause.victims)) == ("M303", 2)
    assert cause.message == "tests/helper.py:1 raises ValueError: no"


def test_one_changed_signature_is_one_cause_for_all_its_callers() -> None:
    files = {"tests/test_a.py": "setup(1)\n", "tests/test_b.py": "\nsetup(1)\n"}
    words = "setup() takes 0 positional arguments but 1 was given"
    reports = [
        failed(
            f"tests/test_{x}.py", "TypeError", words, OtherFailure("arity", "lib.setup"), (f"tests/test_{x}.py", line)
        )
        for x, line in (("a", 1), ("b", 2))
    ]
    (cause,) = diagnose(files, *reports)
    assert (cause.code, cause.subject, len(cause.victims)) == ("M303", "lib.setup", 2)
    assert in_words(cause) == ["make the call agree with the signature"]


def test_network_access_at_import_time_is_named_as_such() -> None:
    report = failed("tests/test_a.py", "ConnectionRefusedError", "[Errno 111] Connection refused")
    (cause,) = diagnose({"tests/test_a.py": "client = connect()\n"}, report)
    assert "io: network access at import time [/r/tests/test_a.py:1]" in evidence(cause)


def test_an_undecided_file_warns_and_blocks_nothing_for_certain() -> None:
    report = failed("tests/test_a.py", "RuntimeError", "no key", OtherFailure("raise"), outcome=Outcome.UNDECIDED)
    (cause,) = diagnose({"tests/test_a.py": ""}, report, collection=Collection(blocked=blocked(tests__test_a=3)))
    assert (cause.severity, cause.confidence, cause.blocked_tests) == (Severity.WARNING, Confidence.UNDECIDED, 0)


def test_what_breaks_the_initial_conftest_keeps_its_code_and_takes_the_whole_session() -> None:
    files = {"conftest.py": "import websocket\n", "tests/test_a.py": "", "tests/test_b.py": ""}
    report = no_module("conftest.py", "websocket", search=("/r",))
    session = Collection(
        Session(SessionState.ABORTED, 4, report),
        files=(path("tests/test_a.py"), path("tests/test_b.py")),
        blocked=blocked(tests__test_a=2, tests__test_b=3),
    )
    (cause,) = diagnose(files, collection=session)
    assert (cause.code, cause.scope, cause.blocked_tests) == ("M107", Scope.SESSION, 5)
    assert cause.victims == (path("tests/test_a.py"), path("tests/test_b.py"))


def test_a_broken_conftest_of_a_folder_takes_what_lies_below() -> None:
    files = {"tests/unit/conftest.py": "x = Gone\n", "tests/unit/test_a.py": "", "tests/test_b.py": ""}
    exception = RaisedException("NameError", "no", (Frame(path("tests/unit/conftest.py"), 1),), UndefinedName("Gone"))
    report = CollectorReport("tests/unit", path("tests/unit"), Outcome.FAILED, exception)
    session = Collection(files=(path("tests/test_b.py"),), blocked=blocked(tests__unit__test_a=4))
    (cause,) = diagnose(files, report, collection=session)
    assert (cause.code, cause.scope, cause.blocked_tests) == ("M302", Scope.FOLDER, 4)
    assert cause.victims == (path("tests/unit/test_a.py"),)


def test_a_conftest_that_pytest_refuses_is_m304() -> None:
    words = "Defining 'pytest_plugins' in a non-top-level conftest is no longer supported:\nmore"
    report = failed("tests/unit/conftest.py", "Failed", words, OtherFailure())
    (cause,) = diagnose({"tests/unit/conftest.py": "pytest_plugins = ['a']\n"}, report)
    assert (cause.code, cause.scope) == ("M304", Scope.FOLDER)


def test_two_files_of_one_base_name() -> None:
    report = failed("b/test_x.py", "ImportPathMismatchError", "", FileMismatch("test_x", path("a/test_x.py")))
    (cause,) = diagnose({"a/test_x.py": "", "b/test_x.py": ""}, report)
    assert cause.code == "M305"
    assert cause.message == "b/test_x.py and a/test_x.py are both 'test_x'; the first one is kept"


def test_a_refused_configuration_ends_the_session() -> None:
    place = Location(path("pytest.ini"), 3, 1, 3, "markers =")
    refusal = Refusal("unknown configuration option: pythonpaht", "pythonpaht", place)
    invocation = Invocation("pytest", "test", (), ROOT, ROOT, refusals=(refusal,))
    (cause,) = diagnose({"pytest.ini": ""}, invocation=invocation)
    assert (cause.code, cause.scope, cause.culprit) == ("M306", Scope.SESSION, place)
    assert cause.message == "pytest refuses 'pythonpaht' in pytest.ini:3: unknown configuration option: pythonpaht"


def test_options_of_a_plugin_that_is_not_installed_name_the_plugin() -> None:
    words = "usage: pytest\npytest: error: unrecognized arguments: --cov=src --cov-report=xml -nauto tests/env"
    invocation = Invocation("pytest", "test", (), ROOT, ROOT, refusals=(Refusal(words, "--cov"),))
    (cause,) = diagnose({}, invocation=invocation)
    assert in_words(cause) == ["install pytest-cov", "install pytest-xdist", "correct '--cov'"]


def test_a_setting_of_a_plugin_that_is_not_installed_names_the_plugin() -> None:
    refusal = Refusal("Unknown config option: asyncio_mode", "asyncio_mode", Location(path("pytest.ini"), 3))
    (cause,) = diagnose({}, invocation=Invocation("pytest", "test", (), ROOT, ROOT, refusals=(refusal,)))
    assert "plugin: pytest-asyncio brings asyncio_mode, and is not installed" in evidence(cause)


def test_a_usage_error_when_the_session_starts_is_a_configuration_error() -> None:
    exception = RaisedException("UsageError", "file or directory not found: tests/gone", (), OtherFailure("usage"))
    report = CollectorReport("", "", Outcome.FAILED, exception)
    (cause,) = diagnose({}, collection=Collection(Session(SessionState.ABORTED, 4, report)))
    assert (cause.code, cause.scope) == ("M306", Scope.SESSION)
    assert cause.message == "pytest refuses the command line: file or directory not found: tests/gone"


def test_a_rule_that_fails_is_our_defect_and_all_other_roots_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("muster.diagnosis.registry.FAILURE_RULES", (fail,))
    (cause,) = diagnose({"tests/test_a.py": ""}, failed("tests/test_a.py", "NameError", "", UndefinedName("A")))
    assert (cause.code, cause.subject) == ("M002", "tests/test_a.py")


def test_an_unknown_marker_in_a_helper_counts_once_and_has_its_nearest_neighbour() -> None:
    files = {"tests/helper.py": "import pytest\nm = pytest.mark.slwo\n"} | {f"tests/test_{n}.py": "" for n in range(20)}
    detail = UnknownMarker("slwo", ("slow", "fast"))
    reports = [
        failed(
            f"tests/test_{n}.py",
            "Failed",
            "'slwo' not found",
            detail,
            (f"tests/test_{n}.py", 1),
            ("tests/helper.py", 2),
        )
        for n in range(20)
    ]
    (cause,) = diagnose(files, *reports)
    assert (cause.code, len(cause.victims)) == ("M307", 20)
    assert cause.culprit == at("tests/helper.py", 2, "m = pytest.mark.slwo")
    assert "nearest: the nearest registered marker is 'slow'" in evidence(cause)


def test_a_marker_of_a_plugin_that_is_not_installed_names_the_plugin() -> None:
    report = failed("tests/test_a.py", "Failed", "'asyncio' not found in `markers` configuration option")
    (cause,) = diagnose({"tests/test_a.py": "@pytest.mark.asyncio\n"}, report)
    assert evidence(cause)[0] == "plugin: pytest-asyncio registers it, and is not installed"
    assert in_words(cause)[0] == "install pytest-asyncio"


def test_sys_exit_at_module_level_ends_the_session() -> None:
    files = {"tests/test_a.py": "import sys\nsys.exit(1)\n", "tests/test_b.py": "", "tests/test_c.py": ""}
    report = failed("tests/test_a.py", "SystemExit", "1", SessionExit("1"), ("tests/test_a.py", 2))
    session = Collection(Session(SessionState.ABORTED, 3, report), files=tuple(map(path, files)))
    (cause,) = diagnose(files, report, collection=session)
    assert (cause.code, cause.scope, len(cause.victims)) == ("M308", Scope.SESSION, 3)
    assert cause.message == "tests/test_a.py:2 ends pytest itself: 2 files after it are never collected"


def test_pytest_exit_in_a_test_file_is_one_error() -> None:
    report = failed("tests/test_a.py", "Exit", "stop", SessionExit("stop"))
    (cause,) = diagnose({"tests/test_a.py": "pytest.exit('stop')\n"}, report)
    assert (cause.code, cause.scope) == ("M303", Scope.FILE)


def test_a_refused_class_counts_its_own_tests_only() -> None:
    report = failed(
        "tests/test_a.py",
        "Failed",
        "fixture 'x' not found",
        OtherFailure("fixture", "TestX"),
        nodeid="tests/test_a.py::test_1",
    )
    session = Collection(blocked=((path("tests/test_a.py"), blocked(tests__test_a=3)[0][1]),))
    (cause,) = diagnose({"tests/test_a.py": ""}, report, collection=session)
    assert (cause.code, cause.subject, cause.blocked_tests) == ("M309", "TestX", 0)


def test_a_file_that_could_not_be_read_is_a_cause_of_its_own() -> None:
    problem = Problem("M001", Location(path("tests/test_a.py")), "cannot be read: is a FIFO")
    (cause,) = diagnose({}, collection=Collection(problems=(problem,)))
    assert (cause.code, cause.message) == ("M001", "tests/test_a.py: cannot be read: is a FIFO")


def test_what_hides_behind_a_cause_is_a_cause_that_blocks_nothing_yet() -> None:
    files = {"app/__init__.py": "", "tests/test_a.py": "import app.gone\nx = Gone\n"}
    first = no_module("tests/test_a.py", "app.gone", search=("/r/app",))
    second = failed("tests/test_a.py", "NameError", "", UndefinedName("Gone"), ("tests/test_a.py", 2))
    session = Collection(hidden=(second,), blocked=blocked(tests__test_a=2))
    front, behind = diagnose(files, first, collection=session)
    assert (front.code, front.blocked_tests, front.hides) == ("M103", 2, ("Gone",))
    assert (behind.code, behind.blocked_tests, behind.victims) == ("M302", 0, front.victims)
    assert evidence(behind)[-1] == "hidden: it shows only once the cause in front of it is gone"


def test_imports_further_down_that_other_files_fail_on_stand_behind_a_cause() -> None:
    files = {
        "app/__init__.py": "",
        "tests/test_a.py": "import app.gone\nimport websocket\ntry:\n    import yaml\nexcept ImportError:\n    yaml = None\n",
        "tests/test_b.py": "import websocket\n",
        "tests/test_c.py": "import yaml\n",
    }
    reports = (
        no_module("tests/test_a.py", "app.gone", search=("/r/app",)),
        no_module("tests/test_b.py", "websocket", search=("/r",)),
        no_module("tests/test_c.py", "yaml", search=("/r",)),
    )
    causes = {cause.subject: cause.hides for cause in diagnose(files, *reports)}
    assert causes == {"app.gone": ("websocket-client",), "websocket-client": (), "PyYAML": ()}


def test_causes_are_ranked_by_blocked_tests_and_severities_can_be_changed() -> None:
    files = {"tests/test_a.py": "x = A\n", "tests/test_b.py": "x = B\n"}
    reports = [failed(f"tests/test_{x.lower()}.py", "NameError", "", UndefinedName(x)) for x in "AB"]
    session = Collection(blocked=blocked(tests__test_a=1, tests__test_b=2))
    causes = diagnose(files, *reports, collection=session, severity={"M302": "note"})
    assert [(cause.subject, cause.severity) for cause in causes] == [("B", Severity.NOTE), ("A", Severity.NOTE)]


def test_every_value_of_a_cause_can_be_published() -> None:
    (cause,) = diagnose({"tests/test_a.py": "x = A\n"}, failed("tests/test_a.py", "NameError", "", UndefinedName("A")))
    assert msgspec.json.decode(msgspec.json.encode(cause))["code"] == "M302"
