"""`muster services`: the preflight alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from muster import __version__
from muster.cli.reports import known_format, write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.model.service import ServicesReport
from muster.render.escape import escape_text
from muster.render.json import render_json
from muster.render.services import render_services
from muster.usecases.preflight import choose_services, preflight
from muster.wiring import find_settings, open_service_ports


def run_services(names: Sequence[str], categories: Sequence[str], format_: str, root: str, *, start: bool) -> int:
    """Ask the services and return the exit code: 0 all answer or are skipped, 1 one is down, 4 one is misconfigured."""
    known_format(format_)
    folder, settings = find_settings(root)
    services = choose_services(settings, names, categories)
    if not services and not categories:
        raise UsageError("there is no service to ask: [tool.muster.services] names none")
    with open_service_ports(folder, start=start) as ports:
        started_at, begun = ports.clock.now(), ports.clock.monotonic()
        result = preflight(ports, services, _tell)
        report = ServicesReport(
            schema="muster.services/1",
            muster=__version__,
            root=folder,
            started_at=started_at,
            seconds=round(ports.clock.monotonic() - begun, 3),
            categories=tuple(categories),
            services=result.statuses,
        )
    if format_ == "json":
        write_text(render_json(report), "")
    else:
        canvas = canvas_for(sys.stdout, environment_variables(), verbose=False)
        write_text(render_services(report, canvas), "")
    return result.exit_code


def _tell(text: str) -> None:
    """On standard error: standard output holds the report and nothing else."""
    print(f"muster: {escape_text(text)}", file=sys.stderr, flush=True)
