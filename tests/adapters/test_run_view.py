"""A run as it is watched."""

from __future__ import annotations

import io

import pytest

from muster.adapters import run_view
from muster.adapters.run_view import StreamView
from muster.model.run import Fate, ItemResult


def result(fate: Fate, name: str = "a.py::test") -> ItemResult:
    return ItemResult(name, "/p/a.py", fate)


def test_a_terminal_has_one_live_line_and_failures_above_it() -> None:
    stream = io.StringIO()
    view = StreamView(stream, 80)
    view.begin(3, 1, 2)
    view.test_done(result(Fate.PASSED))
    view.test_done(result(Fate.FAILED, "a.py::test_fails"))
    view.end()
    text = stream.getvalue()
    assert text.startswith("\r\x1b[2K  0/3 tests")
    assert "\r\x1b[2KFAILED a.py::test_fails\n\r\x1b[2K  2/3 tests   1 failing" in text
    assert text.endswith("\r\x1b[2K")


def test_elsewhere_there_are_plain_lines_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(run_view.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    view = StreamView(stream)
    view.begin(4, 1, 2)
    for second in range(25):
        now[0] = float(second)
        if second == 5:
            view.test_done(result(Fate.PASSED))
        view.tick()
    view.end()
    assert stream.getvalue() == ("  1/4 tests   10 s   about 30 s left\n  1/4 tests   20 s   about 60 s left\n")


def test_what_pytest_prints_is_passed_on_as_it_is() -> None:
    stream = io.StringIO()
    view = StreamView(stream)
    view.pass_on("\x1b[31mréd\x1b[0m\n".encode())
    assert stream.getvalue() == "\x1b[31mréd\x1b[0m\n"


def test_a_name_cannot_steer_the_terminal() -> None:
    stream = io.StringIO()
    StreamView(stream).test_done(result(Fate.CRASHED, "a.py::test[\x1b[2J]"))
    assert stream.getvalue() == "CRASHED a.py::test[\\x1b[2J]\n"
