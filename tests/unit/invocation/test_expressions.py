"""`-k` and `-m` mean what pytest makes of them, version by version."""

from __future__ import annotations

import pytest

from muster.invocation.expressions import (
    ExpressionRefused,
    MarkFact,
    parse_expression,
    refuse_unknown_markers,
)

NEW = (9, 2, 0)


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("login", True),
        ("LOGIN", True),
        ("log", True),
        ("logout", False),
        ("not login", False),
        ("login and user", True),
        ("login and not user", False),
        ("nothing or login and user", True),
        ("(nothing or login) and nothing", False),
        ("test_login[1-a]", True),
        ("not (nothing or none)", True),
        ("", False),
        ("tests/test_x.py", True),
    ],
)
def test_keywords_match_parts_of_names_in_any_case(text: str, selected: bool) -> None:
    """Every identifier is looked for in every name."""
    names = ["test_login[1-A]", "TestUser", "tests/test_x.py"]
    assert parse_expression(text, "-k", NEW).matches_names(names) is selected


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("slow", True),
        ("slo", False),
        ("Slow", False),
        ("db(level=1)", True),
        ("db(level=2)", False),
        ("db(name='x', level=1)", True),
        ("db(level='1')", False),
        ("db(flag=True)", True),
        ("db(none=None)", True),
        ("db(offset=-3)", True),
        ("db(absent=None)", False),
        ("unsure", True),
        ("unsure(x=1)", None),
        ("unsure(x=1) or slow", True),
        ("unsure(x=1) and other", False),
        ("not unsure(x=1)", None),
    ],
)
def test_marks_match_whole_names_and_keyword_arguments(text: str, selected: bool | None) -> None:
    """Arguments that are not known leave the answer open."""
    facts = {"level": 1, "name": "x", "flag": True, "none": None, "offset": -3}
    marks = [MarkFact("slow"), MarkFact("db", {}), MarkFact("db", facts), MarkFact("unsure")]
    assert parse_expression(text, "-m", NEW).matches_marks(marks) is selected


@pytest.mark.parametrize(
    ("text", "version", "words"),
    [
        ("a b", NEW, "at column 3: expected end of input; got identifier"),
        ("(a", NEW, "at column 3: expected right parenthesis; got end of input"),
        ("a and", NEW, "at column 6: expected not OR left parenthesis OR identifier; got end of input"),
        ("$", NEW, 'at column 1: unexpected character "$"'),
        ("a 'x", NEW, 'at column 3: closing quote "\'" is missing'),
        ("a(x=y)", NEW, 'at column 5: unexpected character/s "y"'),
        ("a(if=1)", NEW, "at column 3: unexpected reserved python keyword `if`"),
        ("a(1=1)", NEW, "at column 3: not a valid python identifier 1"),
        ("a(x=1)", (8, 2, 0), "at column 2: expected end of input; got left parenthesis"),
        ("a=1", (8, 2, 0), 'at column 2: unexpected character "="'),
        ("a(x='\\')", (8, 4, 0), 'at column 6: escaping with "\\" not supported in marker expression'),
    ],
)
def test_malformed_expressions_have_pytest_words(text: str, version: tuple[int, int, int], words: str) -> None:
    """Calls are known since 8.3."""
    with pytest.raises(ExpressionRefused) as caught:
        parse_expression(text, "-m", version)
    assert str(caught.value) == f"Wrong expression passed to '-m': {text}: {words}"


def test_keywords_take_no_arguments() -> None:
    """pytest says so only when it tries."""
    with pytest.raises(ExpressionRefused) as caught:
        parse_expression("a(x=1)", "-k", NEW).matches_names(["a"])
    assert str(caught.value) == "Keyword expressions do not support call parameters."


def test_deep_nesting_is_refused_not_a_crash() -> None:
    """A hostile expression cannot exhaust the stack."""
    with pytest.raises(ExpressionRefused):
        parse_expression("(" * 100_000, "-k", NEW)


def test_unknown_markers_are_named() -> None:
    """With strict markers, pytest 9.2 wants every name in -m registered."""
    expression = parse_expression("slow and not (fast or quick)", "-m", NEW)
    with pytest.raises(ExpressionRefused) as caught:
        refuse_unknown_markers(expression, ["slow: takes long", "skipif(condition): x"])
    assert str(caught.value) == (
        "Unknown marker(s) in '-m' expression: fast, quick. Use 'pytest --markers' to see available markers."
    )
