"""The walk over a project, in pytest's order."""

from __future__ import annotations

import pytest
from tests.unit.collection.project import ROOT, class_, collected, fixture, function, nodeids, parametrize

from muster.execution.raised import Raised
from muster.execution.values import UNKNOWN, Mark, Opaque, Value
from muster.model.collection import CollectorReport, Loss, Outcome, RaisedException, SessionState
from muster.model.location import Location

TEST_CASE = Opaque("unittest.case.TestCase", "class")


def failing(type_name: str, message: str, *bases: str) -> Raised:
    """What importing a file raises."""
    return Raised(type_name, message, (type_name, *bases, "BaseException"))


def holding(*names: str) -> dict[str, Value]:
    """A namespace with these test functions."""
    return {name: function(name) for name in names}


def test_files_and_folders_stand_in_the_order_of_their_names() -> None:
    collection = collected(
        {"b/test_x.py": holding("test_1"), "test_b.py": holding("test_2"), "a.py": {}, "c/test_y.py": holding("test_3")}
    )
    assert nodeids(collection) == ["b/test_x.py::test_1", "c/test_y.py::test_3", "test_b.py::test_2"]
    assert collection.session.pytest_exit == 0


def test_members_keep_the_order_of_their_definition_and_bases_come_first() -> None:
    base = class_("Base", test_base=function("test_base", "self"), test_both=function("test_both", "self"))
    test_class = class_("TestA", base, test_own=function("test_own", "self"), test_both=function("test_both", "self"))
    collection = collected(
        {"test_a.py": {"test_z": function("test_z"), "TestA": test_class, "test_a": function("test_a")}}
    )
    assert [nodeid.removeprefix("test_a.py::") for nodeid in nodeids(collection)] == [
        "test_z", "TestA::test_base", "TestA::test_own", "TestA::test_both", "test_a",
    ]  # fmt: skip


def test_a_test_case_is_collected_by_any_name_in_alphabetical_order() -> None:
    case = class_(
        "Anything", TEST_CASE, test_b=function("test_b", "self"), test_a=function("test_a", "self"), test_none=None
    )
    assert nodeids(collected({"test_a.py": {"Anything": case}})) == [
        "test_a.py::Anything::test_a",
        "test_a.py::Anything::test_b",
    ]


def test_a_class_with_a_constructor_is_lost_unless_a_subclass_runs_its_tests() -> None:
    lost = class_("TestA", __init__=function("__init__", "self"), test_x=function("test_x", "self"))
    collection = collected({"test_a.py": {"TestA": lost}})
    assert nodeids(collection) == []
    assert collection.losses == (
        Loss("M401", "test_a.py::TestA", Location(f"{ROOT}/test_a.py", 1), ("test_a.py::TestA::test_x",), 1,
             "has a __init__ constructor"),
    )  # fmt: skip
    mixin = class_("Mixin", test_x=function("test_x", "self"))
    collection = collected({"test_a.py": {"Mixin": mixin, "TestB": class_("TestB", mixin)}})
    assert (nodeids(collection), collection.losses) == (["test_a.py::TestB::test_x"], ())


def test_a_file_that_fails_is_one_report_and_the_others_are_collected() -> None:
    collection = collected({"test_a.py": failing("NameError", "name 'x'"), "test_b.py": holding("test_1")})
    assert collection.reports == (
        CollectorReport("test_a.py", f"{ROOT}/test_a.py", Outcome.FAILED, RaisedException("NameError", "name 'x'")),
    )
    assert nodeids(collection) == ["test_b.py::test_1"]
    assert collection.session.pytest_exit == 2


def test_maxfail_keeps_what_was_collected_before() -> None:
    files = {"test_a.py": holding("test_1"), "test_b.py": failing("NameError", "x"), "test_c.py": holding("test_2")}
    collection = collected(files, maxfail=1)
    assert (nodeids(collection), collection.session.state, collection.session.pytest_exit) == (
        ["test_a.py::test_1"], SessionState.ABORTED, 1,
    )  # fmt: skip


def test_a_module_level_skip_counts_only_where_it_is_allowed() -> None:
    allowed = failing("Skipped", "why", "OutcomeException")
    allowed.allow_module_level = True
    collection = collected({"test_a.py": allowed, "test_b.py": failing("Skipped", "why")})
    assert [(report.nodeid, report.outcome) for report in collection.reports] == [
        ("test_a.py", Outcome.SKIPPED), ("test_b.py", Outcome.FAILED),
    ]  # fmt: skip


def test_sys_exit_in_a_test_file_ends_the_session() -> None:
    files = {"test_a.py": failing("SystemExit", "1"), "test_b.py": holding("test_1")}
    collection = collected(files)
    assert (collection.session.state, collection.session.pytest_exit, nodeids(collection)) == (
        SessionState.ABORTED,
        3,
        [],
    )
    # pytest 8.0 and 8.1 took it for one error among others.
    assert nodeids(collected(files, pytest_version=(8, 1, 2))) == ["test_b.py::test_1"]


def test_a_conftest_fails_at_its_folder_or_ends_the_session() -> None:
    broken = failing("ImportError", "no", "Exception")
    below = collected({"a/b/conftest.py": broken, "a/b/test_x.py": holding("test_1"), "test_y.py": holding("test_2")})
    assert [report.nodeid for report in below.reports] == ["a/b"]
    assert nodeids(below) == ["test_y.py::test_2"]
    initial = collected({"conftest.py": broken, "test_y.py": holding("test_2")})
    assert initial.session.aborted_by is not None
    assert (initial.session.aborted_by.nodeid, initial.session.pytest_exit) == ("conftest.py", 4)
    assert [(path, [item.nodeid for item in items]) for path, items in initial.blocked] == [
        (f"{ROOT}/test_y.py", ["test_y.py::test_2"])
    ]


def test_collect_ignore_leaves_files_out() -> None:
    collection = collected(
        {
            "conftest.py": {"collect_ignore": wrap("test_a.py")},
            "test_a.py": holding("test_1"),
            "test_b.py": holding("test_2"),
        }
    )
    assert nodeids(collection) == ["test_b.py::test_2"]


def wrap(*names: str) -> Value:
    """A simulated list."""
    from muster.execution.values import ListValue

    return ListValue(names)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("test_a.py::test_1",), ["test_a.py::test_1"]),
        (("test_b.py", "test_a.py::test_2"), ["test_b.py::test_3", "test_a.py::test_2"]),
        ((".", "test_a.py"), ["test_a.py::test_1", "test_a.py::test_2", "test_b.py::test_3"]),
    ],
)
def test_arguments_choose_and_order(arguments: tuple[str, ...], expected: list[str]) -> None:
    files = {"test_a.py": holding("test_1", "test_2"), "test_b.py": holding("test_3")}
    assert nodeids(collected(files, arguments=arguments, pytest_version=(9, 2, 0))) == expected


def test_an_argument_that_names_nothing_is_a_usage_error() -> None:
    collection = collected({"test_a.py": holding("test_1")}, arguments=("test_a.py::test_9",))
    assert collection.session.pytest_exit == 4
    assert collection.session.aborted_by is not None
    assert collection.session.aborted_by.exception == RaisedException(
        "UsageError",
        f"not found: {ROOT}/test_a.py::test_9\n(no match in any of [<Module test_a.py>])",
        detail=collection.session.aborted_by.exception.detail if collection.session.aborted_by.exception else None,  # type: ignore[arg-type]  # because it is there
    )


def test_marks_and_names_deselect() -> None:
    slow = function("test_slow", marks=(Mark("slow"),))
    files = {"test_a.py": {"test_slow": slow, "test_quick": function("test_quick")}}
    assert collected(files, markexpr="slow").deselected == ("test_a.py::test_quick",)
    assert collected(files, keyword="quick").deselected == ("test_a.py::test_slow",)
    assert nodeids(collected(files, deselect=("test_a.py::test_s",))) == ["test_a.py::test_quick"]


def test_a_parametrized_fixture_gives_its_ids_before_those_of_marks() -> None:
    marked = function("test_x", "fx", "y", marks=(parametrize("y", [1, 2]),))
    names = {"fx": fixture(function("fx"), params=["a", "b"]), "test_x": marked}
    assert [nodeid.partition("[")[2] for nodeid in nodeids(collected({"test_a.py": names}))] == [
        "a-1]",
        "a-2]",
        "b-1]",
        "b-2]",
    ]


def test_parameters_of_a_higher_scope_reorder_the_tests() -> None:
    names = {"fx": fixture(function("fx"), params=[0, 1], scope="module"), **holding("test_2")}
    names = {**names, "test_1": function("test_1", "fx"), "test_3": function("test_3", "fx")}
    assert [nodeid.partition("::")[2] for nodeid in nodeids(collected({"test_a.py": names}))] == [
        "test_2", "test_1[0]", "test_3[0]", "test_1[1]", "test_3[1]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (parametrize("y", [1]), "In test_x: function uses no argument 'y'"),
        (parametrize("d", [1]), "In test_x: function already takes an argument 'd' with a default value"),
        (
            parametrize("x", [1], ids=["a", "b"]),
            "In test_x: 1 parameter sets specified, with different number of ids: 2",
        ),
        (parametrize("x", [1], indirect=["z"]), "In test_x: indirect fixture 'z' doesn't exist"),
        (
            parametrize("x,z", [(1, 2, 3)]),
            "test_a.py::test_x: in \"parametrize\" the number of names (2):\n  ['x', 'z']\n"
            "must be equal to the number of values (3):\n  (1, 2, 3)",
        ),
    ],
)
def test_a_malformed_parametrization_fails_its_file_with_pytests_words(mark: Mark, message: str) -> None:
    names = {"test_x": function("test_x", "x", "d", defaults=("d",), marks=(mark,)), "test_ok": function("test_ok")}
    collection = collected({"test_a.py": names})
    assert [(report.nodeid, report.exception.message) for report in collection.reports if report.exception] == [
        ("test_a.py", message)
    ]
    assert [item.nodeid for _, items in collection.blocked for item in items] == [
        "test_a.py::test_x",
        "test_a.py::test_ok",
    ]


def test_a_value_that_is_not_known_under_a_test_name_is_undecided() -> None:
    collection = collected({"test_a.py": {"test_x": UNKNOWN}})
    assert [(report.nodeid, report.outcome) for report in collection.reports] == [("test_a.py", Outcome.UNDECIDED)]
