"""Do the services that tests need answer? All are asked at once; those that can be started may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from muster.errors import MusterError, UsageError
from muster.model.endpoint import Endpoint, Malformed, parse_endpoint
from muster.model.service import MISCONFIGURED, UNREACHABLE, Answer, Failure, Inquiry, ServiceStatus
from muster.ports import Clock, ServiceProbe, ServiceStarter
from muster.settings import Service, Settings, expand_url, secret_values
from muster.settings.table import nearest
from muster.usecases.plan import FAILED
from muster.usecases.selection import find_category


@dataclass(frozen=True, slots=True)
class ServicePorts:
    """The effects that a preflight needs; without a `starter` nothing is started."""

    probe: ServiceProbe
    clock: Clock
    environ: Mapping[str, str]
    starter: ServiceStarter | None = None


@dataclass(frozen=True, slots=True)
class Preflight:
    """How all services answered, in the order asked."""

    statuses: tuple[ServiceStatus, ...] = ()

    @property
    def down(self) -> tuple[ServiceStatus, ...]:
        """Those that do not answer and must."""
        return tuple(status for status in self.statuses if status.state == "down")

    @property
    def skipped(self) -> tuple[ServiceStatus, ...]:
        """Those that do not answer, where the tests that need them are to be skipped, loudly."""
        return tuple(status for status in self.statuses if status.state == "skipped")

    @property
    def exit_code(self) -> int:
        """4 where a service is misconfigured, 1 where one is down, else 0."""
        if any(status.code == MISCONFIGURED for status in self.down):
            return MusterError.exit_code
        return FAILED if self.down else 0


def choose_services(
    settings: Settings, names: Sequence[str] = (), categories: Sequence[str] = ()
) -> tuple[Service, ...]:
    """The services of these names and those that these categories require, each once, in the order of the settings.

    No names and no categories means all. Raises `UsageError` for an unknown one.
    """
    for name in names:
        if name not in settings.services:
            known = nearest(name, settings.services) or "; there are none"
            raise UsageError(f"there is no service '{name}' in [tool.muster.services]{known}")
    required = {name for category in categories for name in find_category(settings, category).requires}
    wanted = {*names, *required} if names or categories else set(settings.services)
    return tuple(service for name, service in settings.services.items() if name in wanted)


def preflight(
    ports: ServicePorts, services: Sequence[Service], tell: Callable[[str], None] = lambda _: None
) -> Preflight:
    """How `services` answer. With a `starter`, those that are down and have a `start` are started and waited for.

    `tell` is told what is being started, since that may take its time.
    """
    prepared = {service.name: _prepare(service, ports.environ) for service in services}
    asked = {name: question for name, question in prepared.items() if isinstance(question, Inquiry)}
    answers = dict(zip(asked, ports.probe.ask(list(asked.values())), strict=True))
    started: frozenset[str] = frozenset()
    if ports.starter is not None:
        missing = [service for service in services if _may_start(service, answers)]
        for service in missing:
            tell(f"starting {service.name}: {_masked(asked, service, service.start)}")
        answers |= _start(ports.clock, ports.probe, ports.starter, missing, asked, answers)
        started = frozenset(service.name for service in missing)
    return Preflight(
        tuple(
            _status(service, prepared[service.name], answers, was_started=service.name in started)
            for service in services
        )
    )


def _prepare(service: Service, environ: Mapping[str, str]) -> Inquiry | ServiceStatus:
    """What to ask, or why there is nothing to be asked."""
    try:
        url = expand_url(service, environ)
    except UsageError as error:
        return _misconfigured(service, "variable", str(error))
    endpoint = parse_endpoint(url, secret_values(service, environ))
    if isinstance(endpoint, Malformed):
        where = f"{service.location}: " if service.location.path else ""
        return _misconfigured(service, "url", f"{where}the url of service '{service.name}': {endpoint.reason}")
    return Inquiry(service.name, endpoint, service.timeout_s)


def _misconfigured(service: Service, failure: Failure, message: str) -> ServiceStatus:
    """A service that cannot be asked. It is never skipped: the settings have to be put right."""
    return ServiceStatus(
        name=service.name,
        state="down",
        code=MISCONFIGURED,
        failure=failure,
        message=message,
        start=service.start,
        on_missing=service.on_missing,
    )


def _may_start(service: Service, answers: Mapping[str, Answer]) -> bool:
    answer = answers.get(service.name)
    return bool(service.start) and answer is not None and answer.failure not in ("", "client", "url")


def _start(
    clock: Clock,
    probe: ServiceProbe,
    starter: ServiceStarter,
    services: Sequence[Service],
    asked: Mapping[str, Inquiry],
    before: Mapping[str, Answer],
) -> dict[str, Answer]:
    """The last answers of `services`, each started and waited for as long as it may take."""
    answers: dict[str, Answer] = {}
    begun = clock.monotonic()
    waiting: list[Service] = []
    for service in services:
        problem = starter.start(service.name, service.start, service.stop)
        if problem:
            answers[service.name] = Answer(_masked(asked, service, problem), "start", "start")
        else:
            answers[service.name] = before[service.name]
            waiting.append(service)
    while waiting:
        starter.pause()
        # Read before the service is asked: one that gave up only after it had answered is up.
        failures = {service.name: starter.failure(service.name) for service in waiting}
        fresh = probe.ask([asked[service.name] for service in waiting])
        answers |= {service.name: answer for service, answer in zip(waiting, fresh, strict=True)}
        waited = clock.monotonic() - begun
        for service in tuple(waiting):
            answer, failure = answers[service.name], failures[service.name]
            if answer.failure and (failure or waited >= service.wait_s):
                words = failure or _overdue(service, answer, starter.last_output(service.name))
                answers[service.name] = Answer(_masked(asked, service, words), "start", "start", answer.seconds)
            elif answer.failure:
                continue
            waiting.remove(service)
    return answers


def _overdue(service: Service, answer: Answer, output: str) -> str:
    said = f"; its last output: {output}" if output else ""
    return f"not up {service.wait_s:g} s after '{service.start}': {answer.message}{said}"


def _masked(asked: Mapping[str, Inquiry], service: Service, text: str) -> str:
    return asked[service.name].endpoint.mask(text)


def _status(
    service: Service, prepared: Inquiry | ServiceStatus, answers: Mapping[str, Answer], *, was_started: bool
) -> ServiceStatus:
    if isinstance(prepared, ServiceStatus):
        return prepared
    return make_status(prepared.endpoint, answers[service.name], service=service, was_started=was_started)


def make_status(endpoint: Endpoint, answer: Answer, *, service: Service, was_started: bool = False) -> ServiceStatus:
    """The answer of the service at `endpoint`, as it is published."""
    code = "" if not answer.failure else MISCONFIGURED if answer.failure in ("client", "url") else UNREACHABLE
    status = ServiceStatus(
        name=service.name,
        state="down" if code else "up",
        message=answer.message,
        kind=endpoint.kind,
        url=str(endpoint),
        host=endpoint.host,
        port=endpoint.port,
        code=code,
        failure=answer.failure,
        step=answer.step,
        seconds=round(answer.seconds, 3),
        start=endpoint.mask(service.start),
        started=was_started,
        on_missing=service.on_missing,
    )
    if code == UNREACHABLE and service.on_missing == "skip":
        return msgspec.structs.replace(status, state="skipped")
    return status
