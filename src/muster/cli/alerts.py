"""`muster alerts`, `muster alerts test`, `muster alerts send`."""

from __future__ import annotations

import sys

from muster.cli.reports import known_format, write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.model.alert import ALERTS_SENT_SCHEMA_NAME, ALERTS_TEST_SCHEMA_NAME, DeliveryReport
from muster.render.alerts import render_alerts, render_deliveries
from muster.render.json import render_json
from muster.render.layout import Canvas
from muster.wiring import find_settings
from muster.wiring.alerts import overview_of, send_test, tell_now


def run_alerts(root: str, format_: str) -> int:
    """Print what is wrong now, and who knows; 0."""
    known_format(format_)
    report = overview_of(*find_settings(root))
    write_text(render_json(report) if format_ == "json" else render_alerts(report, _canvas()), "")
    return 0


def run_alerts_test(root: str, format_: str) -> int:
    """Send a test message to each target; 0 where all were reached, else 1."""
    known_format(format_)
    return _print(DeliveryReport(schema=ALERTS_TEST_SCHEMA_NAME, deliveries=send_test(*find_settings(root))), format_)


def run_alerts_send(root: str, format_: str) -> int:
    """Tell each target what is new; 0 where all were reached that had to be, else 1."""
    known_format(format_)
    return _print(DeliveryReport(schema=ALERTS_SENT_SCHEMA_NAME, deliveries=tell_now(*find_settings(root))), format_)


def _print(report: DeliveryReport, format_: str) -> int:
    write_text(render_json(report) if format_ == "json" else render_deliveries(report, _canvas()), "")
    return 1 if any(each.error for each in report.deliveries) else 0


def _canvas() -> Canvas:
    return canvas_for(sys.stdout, environment_variables(), verbose=False)
