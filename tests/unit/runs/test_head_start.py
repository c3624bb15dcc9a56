"""When a worker that collects ahead is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from muster.model.invocation import Argument
from muster.model.run import Gone, Printed, Told
from muster.ports import Clock, Crew
from muster.runs.head_start import HeadStart

FILES = tuple(f"/p/test_{number}.py" for number in range(10))


@dataclass
class Time:
    now: float = 100.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Wire:
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def send(self, name: str, header: Mapping[str, object], body: bytes = b"") -> None:
        self.sent.append((name, dict(header)))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def ahead(time: Time, wire: Wire) -> HeadStart:
    """A worker that has just begun."""
    return HeadStart(cast(Crew, wire), cast(Clock, time), "gw0", [Argument("/p", ("test_a", "test_b"))])


def _met(ahead: HeadStart, time: Time, *seconds: float) -> None:
    """Files of the session were begun, so long after each other."""
    for path, took in zip(FILES, seconds, strict=False):
        time.now += took
        ahead.step([Told("gw0", {"kind": "collecting", "nodeid": "", "path": path})])


def test_what_the_controller_tells_the_worker_is_passed_on_and_the_rest_is_kept(ahead: HeadStart, wire: Wire) -> None:
    ahead.step([Told("controller", {"kind": "node", "id": "gw0"}), Printed(b"header")])
    assert wire.sent == [
        ("controller", {"kind": "go", "names": ["gw0"], "paths": ["/p"]}),
        ("gw0", {"kind": "go", "survey": ["/p::test_a::test_b"]}),
        ("gw0", {"kind": "input"}),
    ]
    assert ahead.heard == [Printed(b"header")]


@pytest.mark.parametrize(
    ("seconds", "waits"),
    [
        ((), False),  # it may still be at the import that a new worker would begin
        ((0.1, 2.0), False),  # what the others will take is not known yet
        ((0.1, 3.0, 0.1, 0.1), True),  # 6 more files at 0.1 s each, where a new worker needs 3.1 s
        ((0.1, 0.4, 0.4, 0.4), False),  # 6 more files at 0.4 s each, where a new worker needs 0.5 s
    ],
)
def test_it_is_waited_for_where_it_is_nearer_to_its_end_than_a_new_worker(
    ahead: HeadStart, time: Time, seconds: tuple[float, ...], waits: bool
) -> None:
    """A library whose import takes long, and many files each of which takes its time."""
    _met(ahead, time, *seconds)
    assert ahead.is_worth_waiting_for(FILES) is waits


@pytest.mark.parametrize(("failed", "waits"), [(0, True), (1, False)])
def test_one_that_has_collected_everything_is_used_unless_anything_failed(
    ahead: HeadStart, failed: int, waits: bool
) -> None:
    ahead.step([Told("gw0", {"kind": "surveyed", "failed": failed})])
    assert ahead.is_worth_waiting_for(FILES) is waits


def test_one_that_is_gone_is_not_waited_for(ahead: HeadStart) -> None:
    ahead.step([Told("gw0", {"kind": "surveyed", "failed": 0}), Gone("gw0", -11, "was killed by SIGSEGV", "")])
    assert not ahead.is_worth_waiting_for(FILES)
