"""How services are shown: the whole text, and what a hostile name or server cannot do to the terminal."""

from __future__ import annotations

from muster.model.service import ServicesReport, ServiceStatus
from muster.render.layout import Canvas
from muster.render.services import render_services

UP = ServiceStatus(
    name="postgres", state="up", message="h:1 answered", kind="postgresql", url="postgresql://h:1/x", seconds=0.01
)
DOWN = ServiceStatus(
    name="a\x1b[2J\u202e",
    state="down",
    message="h:2 speaks no HTTP: it said \x1b]0;owned\x07",
    code="M601",
    failure="protocol",
    url="http://h:2/\u202e",
    start="up\x1b[2J",
)


def report(*statuses: ServiceStatus) -> ServicesReport:
    return ServicesReport(
        schema="muster.services/1", muster="0", root="/p", started_at="", seconds=1.25, categories=(), services=statuses
    )


def test_all_services_answer() -> None:
    assert (
        render_services(report(UP), Canvas(60))
        == """\
services   1 service   1 up   asked in 1.2 s

  up       postgres                                   0.01 s
           h:1 answered
           url    postgresql://h:1/x

all services answer
"""
    )


def test_nothing_of_a_service_reaches_the_terminal_raw() -> None:
    assert (
        render_services(report(DOWN), Canvas(80))
        == """\
services   1 service   1 down   asked in 1.2 s

  down     a\\x1b[2J\\u202e                                         M601  protocol
           h:2 speaks no HTTP: it said \\x1b]0;owned\\x07
           url    http://h:2/\\u202e
           start  up\\x1b[2J  (with --start)

1 service down: see muster explain M601
"""
    )


def test_a_started_service_says_so() -> None:
    status = ServiceStatus(name="a", state="up", message="it answers", start="up a", started=True)
    assert "start  up a  (started here, and stopped again at the end)" in render_services(report(status), Canvas(80))


def test_no_service_at_all() -> None:
    assert render_services(report(), Canvas(80)).endswith("\nno services are required\n")
