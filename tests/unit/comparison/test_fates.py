"""What became of each test: lost without a word, deleted on purpose, renamed, or behind a failure."""

from __future__ import annotations

import pytest
from tests.support.comparison import compared

CART = """\
class TestCart:
    def test_total(self):
        assert sum([1, 2]) == 3

    def test_empty(self):
        assert not []


def test_alone():
    assert "alone".upper() == "ALONE"


def test_other():
    assert "other".title() == "Other"
"""
PARAMETERS = """\
import pytest

CASES = ["a", "b", "c"]


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    assert case
"""
INHERITED = """\
class Base:
    def test_inherited(self):
        assert self


class TestOne(Base):
    def test_own(self):
        assert 1
"""


def edited(*pairs: tuple[str, str], text: str = CART) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


TOTAL, EMPTY = "test_cart.py::TestCart::test_total", "test_cart.py::TestCart::test_empty"
ALONE, OTHER = "test_cart.py::test_alone", "test_cart.py::test_other"
INDENTED_ALONE = 'def test_alone():\n    assert "alone".upper() == "ALONE"'

SILENT = {
    "a class renamed away from the pattern": (edited(("TestCart", "CartTests")), "M403", {TOTAL, EMPTY}),
    "a class with a constructor": (
        edited(("class TestCart:\n", "class TestCart:\n    def __init__(self):\n        self.x = 1\n\n")),
        "M401",
        {TOTAL, EMPTY},
    ),
    "a method that takes another one's name": (edited(("test_empty", "test_total")), "M402", {EMPTY}),
    "a function that takes another one's name": (edited(("test_other", "test_alone")), "M402", {OTHER}),
    "a function renamed away from the pattern": (edited(("def test_alone", "def check_alone")), "M403", {ALONE}),
    "a function renamed away and edited": (
        edited(("def test_alone():\n", "def verify_alone():\n    # why\n")),
        "M403",
        {ALONE},
    ),
    "a test wrapped in suppress": (
        edited(
            (
                INDENTED_ALONE,
                "from contextlib import suppress\n\nwith suppress(ImportError):\n    import no_such\n\n    "
                + INDENTED_ALONE.replace("\n", "\n    "),
            )
        ),
        "M406",
        {ALONE},
    ),
    "a test under a condition": (
        edited((INDENTED_ALONE, "if False:\n    " + INDENTED_ALONE.replace("\n", "\n    "))),
        "M406",
        {ALONE},
    ),
    "a test in a function": (
        edited((INDENTED_ALONE, "def outer():\n    " + INDENTED_ALONE.replace("\n", "\n    "))),
        "M406",
        {ALONE},
    ),
    "a class decorated away": (
        edited(("class TestCart", "def plain(cls):\n    return lambda: cls\n\n\n@plain\nclass TestCart")),
        "M408",
        {TOTAL, EMPTY},
    ),
    "a class told to be none": (
        edited(("class TestCart:\n", "class TestCart:\n    __test__ = False\n\n")),
        "M406",
        {TOTAL, EMPTY},
    ),
    "an import that breaks": ("import no_such_module\n" + CART, "M107", {TOTAL, EMPTY, ALONE, OTHER}),
    "a syntax error": (CART + "\n)\n", "M301", {TOTAL, EMPTY, ALONE, OTHER}),
    "a class without its header": (edited(("class TestCart:", "@cart:")), "M301", {TOTAL, EMPTY, ALONE, OTHER}),
    "a class whose header is misspelt below code in a string": (
        edited(
            ("def test_total(self):\n", 'def test_total(self):\n        text = """\nclass Text:\n""".strip()\n'),
            ("class TestCart:", "clas TestCart:"),
        ),
        "M301",
        {TOTAL, EMPTY, ALONE, OTHER},
    ),
    "a skip of the module": (
        "import pytest\n\npytest.skip('later', allow_module_level=True)\n" + CART,
        "M407",
        {TOTAL, EMPTY, ALONE, OTHER},
    ),
}


@pytest.mark.parametrize("change", SILENT)
def test_a_silent_loss_is_named_with_its_tests_and_its_code(change: str) -> None:
    text, code, lost = SILENT[change]
    report = compared({"test_cart.py": CART}, {"test_cart.py": text})
    told = report.baseline
    assert told is not None
    assert {loss.nodeid for loss in told.lost} == lost
    assert {report.causes[(loss.cause or 0) - 1].code for loss in told.lost} == {code}
    assert {cause.severity for cause in report.causes} == {"error"}
    assert (told.deleted, told.renamed, told.gained) == ((), (), ())


HARMLESS = {
    "a comment and other white space": (edited(("    def test_empty", "\n    # nothing\n    def test_empty")), [], []),
    "a renamed function": (edited(("test_alone", "test_by_itself")), [], [(ALONE, "test_cart.py::test_by_itself")]),
    "a renamed and edited function": (
        edited(("test_alone():\n", "test_by_itself():\n    assert 1\n")),
        [],
        [(ALONE, "test_cart.py::test_by_itself")],
    ),
    "a renamed class": (
        edited(("TestCart", "TestBasket")),
        [],
        [(EMPTY, "test_cart.py::TestBasket::test_empty"), (TOTAL, "test_cart.py::TestBasket::test_total")],
    ),
    "a deleted function": (edited((INDENTED_ALONE, "")), [ALONE], []),
    "a deleted class": (CART.partition("\n\n\n")[2], [EMPTY, TOTAL], []),
    "a deleted file": ("", [EMPTY, TOTAL, ALONE, OTHER], []),
    "an inlined class": (
        edited(
            ("class TestCart:\n", ""),
            ("    def test_total(self)", "def test_total()"),
            ("    def test_empty(self)", "def test_empty()"),
            ("        assert", "    assert"),
        ),
        [],
        [(EMPTY, "test_cart.py::test_empty"), (TOTAL, "test_cart.py::test_total")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", HARMLESS)
def test_what_was_renamed_or_deleted_is_told_and_is_no_loss(change: str) -> None:
    text, deleted, renamed = HARMLESS[change]
    report = compared({"test_cart.py": CART, "test_stays.py": "def test_stays(): pass\n"}, {"test_cart.py": text})
    told = report.baseline
    assert told is not None
    assert told.lost == ()
    assert sorted(told.deleted) == sorted(deleted)
    assert sorted((each.before, each.after) for each in told.renamed) == renamed
    assert report.causes == ()


def test_a_test_that_a_subclass_inherits_is_lost_when_the_base_is_dropped() -> None:
    report = compared({"test_a.py": INHERITED}, {"test_a.py": edited(("TestOne(Base)", "TestOne"), text=INHERITED)})
    (cause,) = report.causes
    assert (cause.code, cause.lost) == ("M406", ("test_a.py::TestOne::test_inherited",))
    assert "has lost its base 'Base'" in cause.message


def test_a_class_that_is_renamed_away_takes_its_inherited_tests_with_it() -> None:
    before = {"test_a.py": INHERITED, "shared.py": INHERITED.partition("\n\n\n")[0].replace("Base", "Shared")}
    before["test_b.py"] = "from shared import Shared\n\n\nclass TestTwo(Shared):\n    def test_more(self): pass\n"
    report = compared(
        before, {"test_b.py": before["test_b.py"].replace("TestTwo", "TwoTests")}, "-p", "no:cacheprovider"
    )
    (cause,) = report.causes
    assert (cause.code, set(cause.lost)) == (
        "M403",
        {"test_b.py::TestTwo::test_inherited", "test_b.py::TestTwo::test_more"},
    )


def test_a_deleted_subclass_takes_its_inherited_tests_on_purpose() -> None:
    report = compared({"test_a.py": INHERITED, "test_b.py": CART}, {"test_a.py": INHERITED.partition("\n\n\n")[0]})
    assert report.baseline is not None
    assert report.baseline.lost == ()
    assert set(report.baseline.deleted) == {"test_a.py::TestOne::test_inherited", "test_a.py::TestOne::test_own"}


def test_a_moved_file_is_one_under_another_name() -> None:
    report = compared({"tests/test_cart.py": CART}, {"tests/test_cart.py": "", "tests/unit/test_basket.py": CART})
    assert report.baseline is not None
    assert {(each.before.partition("::")[0], each.after.partition("::")[0]) for each in report.baseline.renamed} == {
        ("tests/test_cart.py", "tests/unit/test_basket.py")
    }
    assert (report.baseline.lost, report.baseline.deleted) == ((), ())


def test_a_file_renamed_away_from_the_pattern_is_lost() -> None:
    report = compared({"test_cart.py": CART, "test_b.py": INHERITED}, {"test_cart.py": "", "cart_checks.py": CART})
    assert {cause.code for cause in report.causes} == {"M403"}
    assert set(report.causes[0].lost) == {TOTAL, EMPTY, ALONE, OTHER}


def test_a_folder_that_a_setting_excludes_is_lost_whole() -> None:
    before = {"tests/deep/test_cart.py": CART, "tests/test_b.py": INHERITED}
    report = compared(before, {"pytest.ini": "[pytest]\nnorecursedirs = deep\n"})
    (cause,) = report.causes
    assert (cause.code, cause.lost_count) == ("M404", 4)


def test_a_changed_pattern_is_one_cause_for_all_that_it_leaves_out() -> None:
    before = {"test_a.py": CART, "test_b.py": CART.replace("TestCart", "TestShop")}
    report = compared(before, {"pytest.ini": "[pytest]\npython_classes = Check\n"})
    (cause,) = report.causes
    assert (cause.code, cause.lost_count) == ("M403", 4)


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ('"b", ', "", 0),
        ('["a", "b", "c"]', "iter([])", 3),
        ('"c"]', '"d"]', 0),
    ],
)
def test_parameters_that_were_edited_away_are_deleted_and_none_at_all_are_lost(old: str, new: str, lost: int) -> None:
    report = compared({"test_a.py": PARAMETERS}, {"test_a.py": PARAMETERS.replace(old, new)})
    assert report.baseline is not None
    assert len(report.baseline.lost) == lost


def test_a_test_that_moves_to_a_file_that_is_blocked_is_lost_behind_that() -> None:
    report = compared({"test_cart.py": CART}, {"test_cart.py": "", "test_new.py": "import no_such\n" + CART})
    assert report.baseline is not None
    assert {loss.nodeid for loss in report.baseline.lost} == {TOTAL, EMPTY, ALONE, OTHER}
    assert [blocked.path for blocked in report.baseline.blocked] == ["test_new.py"]


def test_what_the_baseline_could_not_collect_is_compared_by_bare_ids_and_that_is_said() -> None:
    blocked = "import no_such\n" + PARAMETERS
    healed = compared({"test_a.py": blocked}, {"test_a.py": PARAMETERS}).baseline
    renamed = compared(
        {"test_a.py": blocked}, {"test_a.py": PARAMETERS.replace("def test_case", "def check_case")}
    ).baseline
    assert healed is not None
    assert renamed is not None
    assert (healed.lost, [each.subject for each in healed.bare]) == ((), ["test_a.py"])
    assert [loss.nodeid for loss in renamed.lost] == ["test_a.py::test_case"]


def test_a_file_that_stays_blocked_is_neither_lost_nor_newly_blocked() -> None:
    report = compared({"test_a.py": "import no_such\n" + CART, "test_b.py": CART}, {"test_c.py": CART})
    assert report.baseline is not None
    assert (report.baseline.lost, report.baseline.blocked, report.causes) == ((), (), ())
    assert len(report.baseline.gained) == 4


def test_the_body_of_a_deleted_test_that_others_now_call_is_no_test() -> None:
    shared = edited(
        (
            INDENTED_ALONE,
            'def verify():\n    assert "alone".upper() == "ALONE"\n\n\ndef test_both():\n    verify()\n    verify()',
        )
    )
    report = compared({"test_cart.py": CART}, {"test_cart.py": shared})
    assert report.baseline is not None
    assert (report.baseline.lost, report.baseline.deleted) == ((), (ALONE,))


def test_a_helper_or_fixture_that_takes_over_the_body_is_no_test() -> None:
    fixture = edited(
        (
            INDENTED_ALONE,
            'import pytest\n\n\n@pytest.fixture\ndef checked():\n    assert "alone".upper() == "ALONE"\n\n\n'
            "def test_with(checked):\n    assert checked is None",
        )
    )
    elsewhere = {"test_cart.py": edited((INDENTED_ALONE, "")), "checks.py": INDENTED_ALONE.replace("test_", "do_")}
    for after in ({"test_cart.py": fixture}, elsewhere):
        report = compared({"test_cart.py": CART}, after)
        assert report.baseline is not None
        assert (report.baseline.lost, report.baseline.deleted) == ((), (ALONE,))


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("\n\ntest_alone = None\n", "bound anew on line 17"),
        ("\n\ndel test_alone\n", "what decides over it lies elsewhere"),
    ],
)
def test_why_a_test_that_stands_there_is_not_collected_is_said_where_the_text_tells(added: str, words: str) -> None:
    (cause,) = compared({"test_cart.py": CART}, {"test_cart.py": CART + added}).causes
    assert (cause.code, cause.lost) == ("M406", (ALONE,))
    assert words in cause.message


def test_a_baseline_that_collects_nothing_says_so() -> None:
    report = compared(
        {"test_cart.py": CART, "conftest.py": "import no_such\n"}, {"conftest.py": "", "test_cart.py": CART}
    )
    assert report.baseline is not None
    assert report.baseline.lost == ()
    assert "." in {each.subject for each in report.baseline.bare}


def test_a_conftest_that_breaks_newly_blocks_all_that_it_governs() -> None:
    report = compared({"checks/test_cart.py": CART, "test_b.py": INHERITED}, {"checks/conftest.py": "import no_such\n"})
    assert report.baseline is not None
    assert len(report.baseline.lost) == 4
    assert {cause.code for cause in report.causes} == {"M107"}


def test_tests_that_an_option_deselects_are_lost() -> None:
    report = compared({"test_cart.py": CART}, {"pytest.ini": "[pytest]\naddopts = -k 'not alone'\n"})
    (cause,) = report.causes
    assert (cause.code, cause.lost) == ("M406", (ALONE,))
    assert "deselects" in cause.message


def test_a_class_renamed_away_in_a_file_that_stays_blocked_takes_its_inherited_tests_with_it() -> None:
    blocked = "import no_such\n" + INHERITED
    report = compared({"test_a.py": blocked}, {"test_a.py": blocked.replace("TestOne", "OneTests")})
    (cause,) = report.causes
    assert (cause.code, set(cause.lost)) == (
        "M403",
        {"test_a.py::TestOne::test_own", "test_a.py::TestOne::test_inherited"},
    )


def test_an_inherited_test_is_lost_with_the_definition_that_it_inherits() -> None:
    shared = INHERITED.replace("class Base", "class TestBase").replace("(Base)", "(TestBase)")
    before = {"test_a.py": shared}
    renamed = compared(before, {"test_a.py": shared.replace("test_inherited", "check_inherited")})
    moved = compared(before, {"test_a.py": "", "a_checks.py": shared, "test_b.py": CART})
    inherited = {"test_a.py::TestBase::test_inherited", "test_a.py::TestOne::test_inherited"}
    assert renamed.baseline is not None
    assert moved.baseline is not None
    assert {loss.nodeid for loss in renamed.baseline.lost} == inherited
    assert {loss.nodeid for loss in moved.baseline.lost} == {*inherited, "test_a.py::TestOne::test_own"}


CALLED = """\
class Base:
    def test_called(self):
        assert self


class TestOne(Base):
    def test_called(self):
        super().test_called()
        assert 1

    def test_calling(self):
        self.test_called()


class TestTwo(TestOne):
    pass
"""


def test_a_test_that_others_called_before_is_no_helper_of_theirs() -> None:
    every = {
        f"test_a.py::{name}::{test}" for name in ("TestOne", "TestTwo") for test in ("test_called", "test_calling")
    }
    renamed = compared({"test_a.py": CALLED}, {"test_a.py": CALLED.replace("class TestOne", "class OneTests")}).baseline
    moved = compared({"test_a.py": CALLED, "test_b.py": CART}, {"test_a.py": "", "a_checks.py": CALLED}).baseline
    away = compared({"test_a.py": CALLED}, {"test_a.py": CALLED.replace("test_called", "check_called")}).baseline
    assert renamed is not None
    assert moved is not None
    assert away is not None
    assert {loss.nodeid for loss in renamed.lost} == {loss.nodeid for loss in moved.lost} == every
    assert {loss.nodeid for loss in away.lost} == {each for each in every if each.endswith("test_called")}


def test_a_test_that_is_named_in_text_which_was_there_before_is_no_helper() -> None:
    noted = edited(("def test_other():\n", "def test_other():\n    # unlike test_alone above\n"))
    report = compared({"test_cart.py": noted, "test_b.py": INHERITED}, {"test_cart.py": "", "cart_checks.py": noted})
    assert report.baseline is not None
    assert {loss.nodeid for loss in report.baseline.lost} == {TOTAL, EMPTY, ALONE, OTHER}


def test_inherited_tests_are_behind_the_broken_header_of_their_class() -> None:
    broken = INHERITED.replace("class TestOne(Base):", "@one:")
    report = compared({"test_a.py": INHERITED, "test_b.py": CART}, {"test_a.py": broken})
    assert report.baseline is not None
    assert {loss.nodeid for loss in report.baseline.lost} == {
        "test_a.py::TestOne::test_inherited",
        "test_a.py::TestOne::test_own",
    }


def test_what_is_deleted_in_a_file_that_no_longer_parses_is_still_deleted() -> None:
    report = compared({"test_cart.py": CART}, {"test_cart.py": edited((INDENTED_ALONE, "def broken(:"))})
    assert report.baseline is not None
    assert {loss.nodeid for loss in report.baseline.lost} == {TOTAL, EMPTY, OTHER}
    assert report.baseline.deleted == (ALONE,)
