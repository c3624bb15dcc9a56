"""The preflight over fakes: what is asked, what is started, what is skipped, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from muster.errors import UsageError
from muster.model.location import Location
from muster.model.service import Answer, Inquiry
from muster.settings import Category, Service, Settings
from muster.usecases.preflight import Preflight, ServicePorts, choose_services, preflight

UP, REFUSED = Answer("it answers"), Answer("h:1 refused the connection", "refused", "connect")


@dataclass
class World:
    """A probe, a clock and a starter in one; `answers` says what a service says the n-th time that it is asked."""

    answers: Callable[[str, int], Answer]
    asked: list[list[str]] = field(default_factory=list)
    started: list[tuple[str, str, str]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    impossible: str = ""
    output: str = ""
    seconds: float = 0.0
    told: list[str] = field(default_factory=list)

    def ask(self, inquiries: Sequence[Inquiry]) -> list[Answer]:
        names = [inquiry.name for inquiry in inquiries]
        self.asked.append(names)
        return [self.answers(name, sum(name in round_ for round_ in self.asked)) for name in names]

    def start(self, name: str, command: str, stop: str) -> str:
        self.started.append((name, command, stop))
        return self.impossible

    def failure(self, name: str) -> str:
        return self.failures.get(name, "")

    def last_output(self, name: str) -> str:
        return self.output

    def pause(self) -> None:
        self.seconds += 1.0

    def now(self) -> str:
        return "2026-01-01T00:00:00Z"

    def monotonic(self) -> float:
        return self.seconds

    def run(self, *services: Service, start: bool = False, **environ: str) -> Preflight:
        return preflight(ServicePorts(self, self, environ, self if start else None), services, self.told.append)


def states(result: Preflight) -> list[tuple[str, str, str]]:
    return [(status.state, status.code, status.failure) for status in result.statuses]


def test_all_are_asked_in_one_go() -> None:
    world = World(lambda name, _: UP if name == "a" else REFUSED)
    result = world.run(Service("a", "tcp://h:1"), Service("b", "tcp://h:2"))
    assert states(result) == [("up", "", ""), ("down", "M601", "refused")]
    assert world.asked == [["a", "b"]]
    assert (result.exit_code, [status.name for status in result.down]) == (1, ["b"])


def test_a_missing_service_is_skipped_where_the_settings_say_so() -> None:
    result = World(lambda *_: REFUSED).run(Service("a", "tcp://h:1", on_missing="skip"))
    assert states(result) == [("skipped", "M601", "refused")]
    assert (result.exit_code, len(result.skipped), result.down) == (0, 1, ())


@pytest.mark.parametrize(
    ("url", "failure", "message"),
    [
        ("${NOWHERE}", "variable", "/p/muster.toml:3: the url of service 'a' needs ${NOWHERE}, which is not set"),
        ("${", "variable", "/p/muster.toml:3: the url of service 'a' has a malformed ${NAME}"),
        ("tcp://h", "url", "/p/muster.toml:3: the url of service 'a': a tcp:// URL needs a port"),
    ],
)
def test_what_cannot_be_asked_is_never_skipped_and_keeps_no_other_from_being_asked(
    url: str, failure: str, message: str
) -> None:
    world = World(lambda *_: UP)
    result = world.run(
        Service("a", url, on_missing="skip", location=Location("/p/muster.toml", 3)), Service("b", "tcp://h:1")
    )
    assert states(result) == [("down", "M602", failure), ("up", "", "")]
    assert result.statuses[0].message == message
    assert (world.asked, result.exit_code) == ([["b"]], 4)


def test_a_client_that_is_not_installed_is_a_misconfiguration() -> None:
    result = World(lambda *_: Answer("no client", "client")).run(Service("a", "redis://h", on_missing="skip"))
    assert (states(result), result.exit_code) == ([("down", "M602", "client")], 4)


def test_variables_that_are_secret_by_name_are_masked_anywhere() -> None:
    result = World(lambda *_: UP).run(Service("a", "http://h/hook/${HOOK_TOKEN}"), HOOK_TOKEN="abcdef")
    assert result.statuses[0].url == "http://h:80/hook/***".replace(":80", "")


def test_a_service_that_is_down_is_started_and_waited_for() -> None:
    world = World(lambda name, times: UP if times > 3 or name == "b" else REFUSED)
    services = Service("a", "tcp://h:1", start="up a", stop="down a"), Service("b", "tcp://h:2", start="up b")
    result = world.run(*services, start=True)
    assert states(result) == [("up", "", ""), ("up", "", "")]
    assert [status.started for status in result.statuses] == [True, False]
    assert world.started == [("a", "up a", "down a")]
    assert world.asked == [["a", "b"], ["a"], ["a"], ["a"]]


def test_without_leave_nothing_is_started() -> None:
    world = World(lambda *_: REFUSED)
    assert states(world.run(Service("a", "tcp://h:1", start="up a"))) == [("down", "M601", "refused")]
    assert world.started == []


def test_a_service_that_does_not_come_up_in_time() -> None:
    world = World(lambda *_: REFUSED, output="loading")
    result = world.run(Service("a", "tcp://h:1", start="up a", wait_s=3), start=True)
    assert states(result) == [("down", "M601", "start")]
    assert result.statuses[0].message == (
        "not up 3 s after 'up a': h:1 refused the connection; its last output: loading"
    )
    assert world.seconds == 3.0


def test_a_command_that_fails_ends_the_waiting() -> None:
    world = World(lambda *_: REFUSED, failures={"a": "'up a' ended with code 1: no pass word"})
    result = world.run(Service("a", "tcp://h:1", start="up a"), start=True)
    assert result.statuses[0].message == "'up a' ended with code 1: no pass word"
    assert world.seconds == 1.0


def test_a_command_that_cannot_be_started() -> None:
    world = World(lambda *_: REFUSED, impossible="'up' cannot be started: no such file")
    result = world.run(Service("a", "tcp://h:1", start="up a", on_missing="skip"), start=True)
    assert states(result) == [("skipped", "M601", "start")]
    assert result.statuses[0].message == "'up' cannot be started: no such file"


def test_what_a_command_prints_is_masked() -> None:
    world = World(lambda *_: REFUSED, output="using hunter2")
    service = Service("a", "postgresql://u:hunter2@h/x", start="up --password hunter2", wait_s=1)
    status = world.run(service, start=True).statuses[0]
    assert "hunter2" not in status.message + status.start
    assert world.told == ["starting a: up --password ***"]
    assert status.start == "up --password ***"


SETTINGS = Settings(
    services={name: Service(name, "tcp://h:1") for name in ("a", "b", "c")},
    categories={"x": Category("x", requires=("c", "a")), "y": Category("y")},
)


@pytest.mark.parametrize(
    ("names", "categories", "chosen"),
    [((), (), "abc"), (("b",), (), "b"), ((), ("x",), "ac"), (("b",), ("x",), "abc"), ((), ("y",), "")],
)
def test_services_are_chosen_by_name_and_category(names: Sequence[str], categories: Sequence[str], chosen: str) -> None:
    assert "".join(service.name for service in choose_services(SETTINGS, names, categories)) == chosen


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no service 'd' in \[tool.muster.services\]; it takes a, b, c"):
        choose_services(SETTINGS, ("d",))
