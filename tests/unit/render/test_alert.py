"""Messages hold nothing that any service gives a meaning to, whatever the names are made of, and fit everywhere."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from muster.model.alert import AlertState, AlertTarget
from muster.render.alert import MOST_CHARACTERS, MOST_LINES, compose_letter, compose_test, harmless

TARGET = AlertTarget("team", "slack://secret")
HOSTILE = [
    "@everyone",
    "<!channel>",
    "<@U024BE7LH>",
    "<https://evil.example|all is well>",
    "[all is well](https://evil.example)",
    "![](https://evil.example/pixel.png)",
    "**bold** `code` ~~gone~~ ||hidden||",
    "<script>alert(1)</script>",
    "&lt;!channel&gt;",
    "\x1b[2J\x1b]0;pwned\x07",
    "a\nSubject: x\r\n\r\nNEW   all: nothing",
    "\u202egnihton",
    "#general {{7*7}} ${HOME} $$x$$",
    "__init__",
]


def state(number: int = 0, **fields: str) -> AlertState:
    told = {"category": "all", "branch": "main", "state": "firing", "text": "too slow", "since": "2026-11-01T00:00:00Z"}
    return AlertState(project="shop", target="t", key=f"k{number}", rule="budget", owes=True, **(told | fields))  # type: ignore[arg-type]


def test_what_is_wrong_comes_before_what_is_over() -> None:
    letter = compose_letter(
        "shop",
        TARGET,
        [state(1, state="ok", told="firing"), state(2, branch=""), state(3, state="ok", text="gone", branch="dev")],
    )
    assert letter.title == "Muster: shop: 3 alerts (1 new, 2 over)"
    assert letter.body.splitlines() == [
        "NEW   all: too slow",
        "OVER  all on dev: collection is within its budget again (since 2026-11-01T00:00:00Z: gone"
        "; this could not be told then)",
        "OVER  all on main: collection is within its budget again (since 2026-11-01T00:00:00Z: too slow)",
    ]
    assert not letter.is_good_news
    assert compose_letter("shop", TARGET, [state(state="ok")]).is_good_news


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_means_nothing_anywhere(name: str) -> None:
    letter = compose_letter(name, TARGET, [state(category=name, branch=name, text=f"module {name} is missing")])
    test = compose_test(name, TARGET)
    for text in (letter.title, letter.body, test.title):
        assert set(text).isdisjoint("@<>&*`~|[]#${}\x1b\r\x07\u202e")
        assert "://" not in text
        assert "__" not in text
        assert "\n" not in text


@given(st.text(max_size=40))
@example("_" * 3)
@example("www.www.")
@example("::////")
def test_any_name_becomes_one_harmless_line(name: str) -> None:
    shown = harmless(name)
    assert set(shown).isdisjoint("@<>&*`~|[]#${}\n\r")
    assert "://" not in shown
    assert "__" not in shown
    assert "www." not in shown


def test_a_message_fits_whatever_there_is_to_tell() -> None:
    many = compose_letter("shop", TARGET, [state(n, category=f"c{n:03}") for n in range(500)])
    assert len(many.body.splitlines()) == MOST_LINES + 1
    assert many.body.splitlines()[-1] == "and 480 more: muster alerts"
    long = compose_letter(
        "p" * 10_000,
        TARGET,
        [state(n, category="c" * 10_000, branch="b" * 10_000, text="t" * 10_000) for n in range(9)],
    )
    assert len(long.title) < 200
    assert len(long.body) < MOST_CHARACTERS + 100
    assert "more: muster alerts" in long.body
