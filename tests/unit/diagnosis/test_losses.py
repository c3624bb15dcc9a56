"""Tests that vanish without an error, M401 to M409, and the comments that accept it."""

from __future__ import annotations

from tests.unit.diagnosis.scene import ROOT, at, diagnose, evidence, in_words, path

from muster.diagnosis import ExpectedTests, fingerprint, review_directives
from muster.facts.module_facts import Directive
from muster.model.cause import Severity
from muster.model.collection import Collection, Confidence, Loss, Problem
from muster.model.invocation import Invocation
from muster.model.location import Location


def lost(kind: str, subject: str, file: str, line: int, count: int = 1, **more: object) -> Loss:
    """A loss with node ids that nobody knows."""
    return Loss(kind, subject, at(file, line, f"class {subject}:"), lost_count=count, **more)  # type: ignore[arg-type]  # because **more is untyped


def test_classes_renamed_alike_are_one_row_with_the_setting_that_loses_them() -> None:
    invocation = Invocation("pytest", "test", (), ROOT, ROOT, python_classes=("Test*",))
    losses = tuple(
        lost("M403", f"{word}Tests", f"tests/test_{word.lower()}.py", 4, 10, setting="python_classes")
        for word in ("Login", "Cart", "Order")
    )
    (cause,) = diagnose({}, collection=Collection(losses=losses), invocation=invocation)
    assert (cause.code, cause.severity, cause.subject, cause.lost_count) == ("M403", Severity.WARNING, "*Tests", 30)
    assert cause.message == (
        "3 classes named like '*Tests' do not match python_classes = Test*: pytest collects none of their 30 tests"
    )
    assert evidence(cause)[0] == "setting: python_classes = Test* (pytest's default)"
    assert in_words(cause) == ["add '*Tests' to python_classes", "rename them to match Test*"]


def test_a_function_of_the_application_that_is_merely_named_so_is_a_note() -> None:
    place = at("app/routers/settings.py", 0, "")
    loss = Loss("M403", "app/routers/settings.py", place, lost_count=2, setting="python_files")
    (cause,) = diagnose({}, collection=Collection(losses=(loss,)))
    assert (cause.severity, cause.confidence) == (Severity.NOTE, Confidence.LIKELY)


def test_an_inherited_constructor_is_one_cause_for_all_classes() -> None:
    losses = tuple(
        lost("M401", name, "tests/test_a.py", line, 2, root="Base") for line, name in ((3, "TestA"), (9, "TestB"))
    )
    (cause,) = diagnose({}, collection=Collection(losses=losses))
    assert cause.message == "2 classes have a constructor (__init__ of 'Base'): pytest collects none of their 4 tests"


def test_a_test_defined_twice_names_the_winner() -> None:
    winner = Location(path("tests/test_a.py"), 9, 1, 9, "def test_x():")
    loss = Loss(
        "M402", "test_x", at("tests/test_a.py", 3, "def test_x():"), ("tests/test_a.py::test_x",), definition=winner
    )
    (cause,) = diagnose({}, collection=Collection(losses=(loss,)))
    assert cause.message == "the test 'test_x' at tests/test_a.py:3 never runs: tests/test_a.py:9 defines it again"
    assert cause.lost == ("tests/test_a.py::test_x",)


def test_one_entry_of_a_setting_is_one_cause_whatever_it_leaves_out() -> None:
    losses = tuple(
        lost("M404", name, "pytest.ini", 2, 3, setting="norecursedirs", root="build") for name in ("a/build", "b/build")
    )
    (cause,) = diagnose({}, collection=Collection(losses=losses))
    assert (cause.subject, cause.lost_count) == ("build", 6)


def test_files_that_skip_for_one_absent_distribution_are_one_note() -> None:
    losses = tuple(
        lost("M407", f"tests/test_{x}.py", f"tests/test_{x}.py", 2, 4, text="could not import 'yaml.cyaml': no")
        for x in "ab"
    )
    (cause,) = diagnose({}, collection=Collection(losses=losses))
    assert (cause.severity, cause.subject, cause.lost_count) == (Severity.NOTE, "yaml.cyaml", 8)
    assert cause.message == "2 files skip themselves, and their 8 tests with them: 'yaml.cyaml' cannot be imported here"


def test_a_file_that_skips_for_a_module_of_the_project_is_a_warning() -> None:
    loss = lost("M407", "tests/test_a.py", "tests/test_a.py", 2, text="could not import 'app.gone': no")
    (cause,) = diagnose({"app/__init__.py": ""}, collection=Collection(losses=(loss,)))
    assert cause.severity is Severity.WARNING


def test_one_decorator_is_one_cause_at_its_definition() -> None:
    definition = Location(path("lib.py"), 5, 1, 5, "def requires(env):")
    losses = tuple(
        lost("M408", name, "tests/test_a.py", 3, 2, root="lib.requires", definition=definition)
        for name in ("TestA", "TestB")
    )
    (cause,) = diagnose({}, collection=Collection(losses=losses))
    assert (cause.culprit, cause.lost_count) == (definition, 4)
    assert cause.message == "'lib.requires' turns 2 classes into a function: their 4 tests vanish"


def test_lost_parameters_name_the_call() -> None:
    loss = lost("M409", "test_x", "tests/test_a.py", 3, text="the list is empty")
    (cause,) = diagnose({}, collection=Collection(losses=(loss,)))
    assert cause.message == "parametrize at tests/test_a.py:3 loses parameters of 'test_x': the list is empty"


def test_a_category_without_tests_is_an_error() -> None:
    full, empty = (
        ExpectedTests("unit", 5),
        ExpectedTests("critical", 0, 1, ("tests/critical",), Location(path("muster.toml"), 4)),
    )
    (cause,) = diagnose({}, expected=(full, empty))
    assert (cause.code, cause.severity, cause.subject) == ("M405", Severity.ERROR, "critical")
    assert cause.message == "the category 'critical' collects no tests"
    assert evidence(cause)[0] == "path: tests/critical is not there"


def test_an_ignore_comment_silences_its_place_only() -> None:
    files = {
        "tests/test_a.py": "# muster: ignore[M401] a plugin's base\nclass TestA:\n    x = 1\n\n\nclass TestB: ...\n"
    }
    losses = (lost("M401", "TestA", "tests/test_a.py", 2), lost("M401", "TestB", "tests/test_a.py", 6))
    shown, silenced = diagnose(files, collection=Collection(losses=losses), with_directives=True)
    assert (shown.subject, shown.accepted) == ("TestB", "")
    assert (silenced.subject, silenced.accepted) == ("TestA", "a plugin's base")


def test_wrong_ignore_comments_are_problems() -> None:
    losses = (lost("M401", "TestA", "tests/test_a.py", 2), lost("M401", "TestB", "tests/test_a.py", 6))
    directives = {
        path("tests/test_a.py"): (
            Directive(1, ("M401",), "used"),
            Directive(6, ("M401",), ""),
            Directive(9, ("M402",), "why"),
            Directive(12, ("M491",), "why"),
            Directive(15, (), "why"),
        )
    }
    problems = review_directives(directives, (), Collection(losses=losses))
    file = path("tests/test_a.py")
    assert problems == (
        Problem("M000", Location(file, 6), "ignore[M401] gives no reason, so it silences nothing"),
        Problem("M000", Location(file, 9), "ignore[M402] is unused: M402 does not occur here"),
        Problem("M000", Location(file, 12), "'M491' is no code of a cause; did you mean M401?"),
        Problem("M000", Location(file, 15), "this ignore names no code: write '# muster: ignore[CODE] why'"),
    )


def test_a_fingerprint_survives_a_moved_line_and_another_folder() -> None:
    def fingerprint_at(root: str, line: int, text: str) -> str:
        place = Location(f"{root}/tests/test_a.py", line, 1, line, text)
        loss = Loss("M409", "test_x", place)
        (cause,) = diagnose({}, collection=Collection(losses=(loss,)))
        return fingerprint(cause, root)

    same = fingerprint_at("/r", 3, "@parametrize('a',  [])")
    assert fingerprint_at("/elsewhere", 30, "@parametrize('a', [])") == same
    assert fingerprint_at("/r", 3, "@parametrize('b', [])") != same
