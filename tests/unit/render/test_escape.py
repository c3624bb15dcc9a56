"""Nothing that the examined project names can address the terminal."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from tests.unit.render.sample_reports import polluted_path, report

from muster.render.escape import cell_width, escape_lines, escape_surrogates, escape_text, has_control, has_unsafe
from muster.render.json import render_json
from muster.render.layout import Canvas
from muster.render.text import render_text

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x9b2J",
    "\rrewritten",
    "two\nlines",
    "back\x08space",
    "bell\x07",
    "nul\x00",
    "del\x7f",
    "\u202egnp.yp",
    "\u2066isolate\u2069",
    "\u200bzero\u200dwidth\ufeff",
    "line\u2028separator\u2029",
    "tag\U000e0041",
    "bytes\udcff\udc80",
    "private\ue000",
    "hangul\u3164filler",
    "soft\u00adhyphen",
    "\u061cmark",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_cannot_be_seen_is_spelled_out(text: str) -> None:
    escaped = escape_text(text)
    assert not has_unsafe(escaped)
    assert escaped.isprintable()
    assert "\\" in escaped


@pytest.mark.parametrize("text", ["plain", "tests/test_ünïcode.py", "日本語/テスト.py", "émoji 🎉", "a\u0301"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert escape_text(text) == text


def test_every_control_character_is_caught() -> None:
    unsafe = (
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp", "Cs")
    )
    assert [character for character in unsafe if not has_unsafe(character)] == []


def test_lines_are_escaped_one_by_one() -> None:
    assert escape_lines("one\n\ttwo\x1b\r\nthree") == ["one", "    two\\x1b", "three"]


def test_surrogates_become_the_bytes_that_they_stand_for() -> None:
    assert escape_surrogates("a\udcffb") == "a\\xffb"


def test_ids_with_control_characters_cannot_stand_on_a_line() -> None:
    assert has_control("a\nb")
    assert has_control("a\udcff")
    assert not has_control("tests/日本.py::test_x[é]")


def test_wide_characters_take_two_columns() -> None:
    assert cell_width("日本") == 4
    assert cell_width("a\u0301") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_no_field_of_a_report_reaches_the_terminal_raw(text: str) -> None:
    """Every string of a report is hostile at once, and the output still holds nothing but visible text."""
    whole = msgspec.to_builtins(report())
    hostile = msgspec.convert(_poison(whole, text), type(report()))
    for verbose in (False, True):
        shown = render_text(hostile, Canvas(width=80, verbose=verbose))
        assert all(line.isprintable() for line in shown.split("\n"))
    assert render_json(hostile).isascii()
    assert all(line.isprintable() for line in render_json(hostile).split("\n"))


def test_a_long_word_is_broken_rather_than_let_run() -> None:
    cause = msgspec.structs.replace(polluted_path(), message="x" * 500)
    shown = render_text(report(causes=(cause,)), Canvas(width=80))
    assert max(map(len, shown.splitlines())) <= 80


_CLOSED = {"schema", "severity", "confidence", "seen", "scope", "state", "outcome", "code"}


def _poison(value: object, text: str) -> object:
    """`value` with `text` put into every string that is free text."""
    if isinstance(value, dict):
        return {key: element if key in _CLOSED else _poison(element, text) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [_poison(element, text) for element in value]
    return f"{value}{text}" if isinstance(value, str) else value
