"""Muster for Python code: typed and stable.

Nothing of the examined project runs but by `run` and `collect_observed`, and where an argument says so.

from muster.api import assert_collectable


def test_every_file_collects() -> None:
    assert_collectable("mission_critical")
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal, TextIO

from muster.errors import UsageError
from muster.model.endpoint import Malformed, parse_endpoint
from muster.model.report import Report
from muster.model.run_report import RunReport
from muster.model.service import Inquiry, ServiceStatus
from muster.render.layout import Canvas
from muster.render.run import NO_CLOSING_LINE, render_nothing_ran
from muster.render.text import render_text
from muster.settings import Service
from muster.usecases.check import check as check_session
from muster.usecases.check import check_exit_code
from muster.usecases.collect import Listing
from muster.usecases.collect import collect as collect_session
from muster.usecases.collect_observed import ObservedListing
from muster.usecases.collect_observed import collect_observed as collect_real_session
from muster.usecases.gate import judge
from muster.usecases.preflight import Preflight, choose_services, make_status
from muster.usecases.preflight import preflight as preflight_services
from muster.usecases.run import run_tests
from muster.wiring import (
    Choices,
    RunChoices,
    find_settings,
    open_base_of,
    open_run,
    open_service_ports,
    open_workspace,
    settings_categories,
    stream_view,
)

__all__ = [
    "Listing",
    "ObservedListing",
    "Preflight",
    "Report",
    "RunReport",
    "ServiceStatus",
    "assert_collectable",
    "check",
    "collect",
    "collect_observed",
    "preflight",
    "probe_service",
    "run",
]


def check(
    *paths: str,
    categories: Sequence[str] = (),
    invocation: str = "",
    python: str = "",
    root: str = "",
    options: Sequence[str] = (),
    confirm: bool | Literal["whole"] = False,
    base: str | None = None,
    gate: bool = False,
) -> Report:
    """What pytest would collect, what it would not, and why.

    `paths` are files, folders or node ids as pytest takes them; none means what the command itself collects.
    `categories` are names of `[tool.muster.categories]`. `invocation` is the command to simulate (default: the
    project's setting, else `pytest`), `python` the project's interpreter, `root` the project's folder (default: found
    from the working directory), `options` further arguments for pytest. `confirm` really collects what the simulation
    left undecided or found failing, with "whole" everything: this runs the project's code. `base` is a revision to compare
    with, "" where the branch left the default branch. `gate` also judges whether the change may pass (`Report.gate`).
    Raises `muster.errors.MusterError` for what cannot be used.
    """
    choices = _choices(paths, categories, invocation, python, root, options)
    with open_workspace(choices) as workspace, open_base_of(workspace, choices, base) as opened:
        ports, plan = workspace.ports, workspace.plan
        confirmed = workspace.confirmation("whole" if confirm == "whole" else "doubtful") if confirm else None
        report = check_session(ports, workspace.clock, plan, confirmed, opened, workspace.observations)
        return judge(report, ports, workspace.settings, plan) if gate else report


def collect(
    *paths: str,
    categories: Sequence[str] = (),
    invocation: str = "",
    python: str = "",
    root: str = "",
    options: Sequence[str] = (),
) -> Listing:
    """The node ids that pytest would collect, in its order; the parameters are those of `check`."""
    with open_workspace(_choices(paths, categories, invocation, python, root, options)) as workspace:
        return collect_session(workspace.ports, workspace.plan)


def collect_observed(
    *paths: str,
    categories: Sequence[str] = (),
    invocation: str = "",
    python: str = "",
    root: str = "",
    options: Sequence[str] = (),
) -> ObservedListing:
    """What pytest really collects, with its seconds against the budget; the parameters are those of `check`.

    This runs the project's code.
    """
    with open_workspace(_choices(paths, categories, invocation, python, root, options)) as workspace:
        return collect_real_session(workspace.observed, workspace.plan)


def run(
    *paths: str,
    categories: Sequence[str] = (),
    workers: int | str = "auto",
    shard: str = "",
    strict: bool = False,
    fail_flaky: bool = False,
    junit: str = "",
    durations: str = "",
    start: bool = False,
    invocation: str = "",
    python: str = "",
    root: str = "",
    options: Sequence[str] = (),
    stream: TextIO | None = None,
) -> RunReport:
    """Run the tests in worker processes and account for each of them: what `muster run` does.

    `workers` is a number or `auto`, `shard` is `I/N`, `junit` the file for pytest's own XML, `durations` a file of
    recorded durations. `strict` runs nothing where a file is blocked, `fail_flaky` makes a pass on retry red, `start`
    starts services. What the command prints goes to `stream`, by default nowhere. The other parameters are those of
    `check`. The report's `exit_code` is that of the command.
    """
    choices = _choices(paths, categories, invocation, python, root, options)
    chosen = RunChoices(str(workers), shard, strict, fail_flaky, junit, durations, start)
    shown = stream or io.StringIO()
    with (
        open_workspace(choices) as workspace,
        open_run(workspace, choices, chosen, stream_view(shown, 0), Canvas(width=100)) as (request, ports),
    ):
        report = run_tests(workspace.ports, workspace.clock, workspace.plan, request, ports)
    shown.write(render_nothing_ran(report) if report.pytest_exit in NO_CLOSING_LINE else "")
    return report


def assert_collectable(*categories_or_paths: str, invocation: str = "", python: str = "", root: str = "") -> None:
    """Raise `AssertionError` with the whole report unless every file of these categories or paths collects.

    A name that is a category of `[tool.muster.categories]` is one; everything else is a path. No name at all means what
    the command itself collects. A selection without any test is a failure too.
    """
    known = settings_categories(root)
    categories = [name for name in categories_or_paths if name in known]
    paths = [name for name in categories_or_paths if name not in known]
    report = check(*paths, categories=categories, invocation=invocation, python=python, root=root)
    if check_exit_code(report) != 0:
        raise AssertionError("the suite does not collect\n\n" + render_text(report, Canvas(width=100)))


def probe_service(url: str, *, timeout: float = 3.0, name: str = "") -> ServiceStatus:
    """Whether the service at `url` answers in its own protocol, within `timeout` seconds whatever happens.

    `postgresql://`, `redis://`, `rediss://`, `http://`, `https://`, `ws://`, `wss://`, `tcp://HOST:PORT`, `dns://NAME`.
    What does not answer is a status too, with the step that failed, and no field of it holds a secret of the URL. `name`
    is what the service is called in it. Raises `UsageError` for a URL that names no service.
    """
    endpoint = parse_endpoint(url)
    if isinstance(endpoint, Malformed):
        raise UsageError(f"the url of {name or 'the service'}: {endpoint.reason}")
    service = Service(name or endpoint.kind, url)
    with open_service_ports("", start=False) as ports:
        [answer] = ports.probe.ask([Inquiry(service.name, endpoint, timeout)])
    return make_status(endpoint, answer, service=service)


def preflight(*names: str, categories: Sequence[str] = (), root: str = "", start: bool = False) -> Preflight:
    """How the services of `[tool.muster.services]` answer, all asked at once.

    `names` and what `categories` require; neither means all. `start` starts those that are down and have a `start`
    command, and stops them again before this returns. Raises `UsageError` for an unknown name.
    """
    folder, settings = find_settings(root)
    services = choose_services(settings, names, categories)
    with open_service_ports(folder, start=start) as ports:
        return preflight_services(ports, services)


def _choices(
    paths: Sequence[str], categories: Sequence[str], invocation: str, python: str, root: str, options: Sequence[str]
) -> Choices:
    return Choices(
        paths=tuple(paths),
        categories=tuple(categories),
        invocation=invocation,
        python=python,
        root=root,
        options=tuple(options),
    )
