"""Parameter ids, as `IdMaker` of pytest spells them."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from tests.unit.collection.project import OBJECT, class_, function, ids_of

from muster.collection.ids import escape_ascii
from muster.execution.values import (
    UNKNOWN,
    EnumMember,
    Native,
    Opaque,
    OpaqueInstance,
    ParameterSetValue,
    Value,
)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (1, "1"), (True, "True"), (None, "None"), (-0.0, "-0.0"), (1j, "1j"), ("", ""), ("a b", "a b"),
        ("é\n\x00", "\\xe9\\n\\x00"), (b"\xff", "\\xff"), (PurePosixPath("/a"), "x0"), ([1], "x0"), ((1, 2), "x0"),
        (range(3), "x0"), (Opaque("builtins.int", "class"), "int"), (Opaque("os.path.join", "function"), "join"),
        (Opaque("os.path", "module"), "os.path"), (OpaqueInstance(Opaque("re.Pattern", "class"), ("a+",)), "a+"),
        (OpaqueInstance(OBJECT), "x0"), (function("f"), "f"), (class_("C"), "C"),
        (EnumMember(class_("E", Opaque("enum.Enum", "class")), "A", 1), "E.A"),
        (EnumMember(class_("E", Opaque("enum.IntEnum", "class")), "A", 1), "1"),
        (EnumMember(class_("E", Opaque("builtins.str", "class")), "A", "a"), "a"),
    ],
)  # fmt: skip
def test_a_value_is_spelled_as_pytest_spells_it(value: Value, spelled: str) -> None:
    assert ids_of([value]) == [f"[{spelled}]"]


def test_different_values_with_one_id_are_told_apart() -> None:
    member = EnumMember(class_("E", Opaque("enum.IntEnum", "class")), "A", 1)
    assert ids_of([member, 1]) == ["[1_0]", "[1_1]"]


@pytest.mark.parametrize(
    ("values", "spelled"),
    [
        (["a", "a"], ["[a0]", "[a1]"]),
        (["a1", "a1"], ["[a1_0]", "[a1_1]"]),
        (["a", "a", "a0"], ["[a1]", "[a2]", "[a0]"]),
        (["", ""], ["[0]", "[1]"]),
    ],
)
def test_ids_that_are_not_unique_get_a_number(values: list[Value], spelled: list[str]) -> None:
    assert ids_of(values) == spelled


def test_an_explicit_id_wins_and_none_falls_back() -> None:
    assert ids_of([1, 2, 3], mark={"ids": ["one", None, 3.5]}) == ["[one]", "[2]", "[3.5]"]


def test_an_id_function_may_leave_a_value_alone() -> None:
    shout = Native("shout", lambda machine, args, kwargs: args[0].upper() if isinstance(args[0], str) else None)
    assert ids_of(["a", 1], mark={"ids": shout}) == ["[A]", "[1]"]


def test_a_hidden_parameter_leaves_the_bare_name() -> None:
    hidden = ParameterSetValue((1,), (), Opaque("pytest.HIDDEN_PARAM", "object"))
    assert ids_of([hidden, 2]) == ["", "[2]"]


def test_an_unknown_value_leaves_the_test_unexpanded() -> None:
    assert ids_of([1, UNKNOWN]) == [""]
    assert ids_of([ParameterSetValue((UNKNOWN,), (), "named"), 2]) == ["[named]", "[2]"]


def test_an_empty_parameter_set_has_its_own_id() -> None:
    assert ids_of([]) == ["[NOTSET]"]
    assert ids_of([], pytest_version=(8, 3, 5)) == ["[x0]"]


def test_a_long_text_falls_back_to_its_argument_since_9_2() -> None:
    assert ids_of(["v" * 101], pytest_version=(9, 2, 0)) == ["[x0]"]
    assert ids_of(["v" * 101], pytest_version=(9, 1, 0)) == [f"[{'v' * 101}]"]


def test_escaping_can_be_switched_off() -> None:
    assert ids_of(["é"], escape_test_ids=False) == ["[é]"]


def test_control_characters_are_escaped_as_python_does() -> None:
    assert escape_ascii("\t\x7f\\") == "\\t\\x7f\\\\"
