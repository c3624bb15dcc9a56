"""The Report and the node ids as JSON: pure ASCII, keys in the published order."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from muster.model.alert import AlertsReport, DeliveryReport
from muster.model.fix_report import FixReport
from muster.model.located import Located
from muster.model.probe_report import ProbeReport
from muster.model.profile_report import ProfileReport
from muster.model.report import NodeIds, Report
from muster.model.run_report import RunReport
from muster.model.service import ServicesReport
from muster.model.trend_report import TrendReport
from muster.render.escape import escape_surrogates

Printable = (
    Report
    | NodeIds
    | ServicesReport
    | RunReport
    | FixReport
    | Located
    | ProbeReport
    | ProfileReport
    | TrendReport
    | AlertsReport
    | DeliveryReport
)


def render_json(value: Printable) -> str:
    """`value` as indented JSON with a final newline. ASCII only, so that no terminal can be addressed by it."""
    return dump_json(msgspec.to_builtins(value))


def dump_json(value: Any) -> str:
    """Dictionaries, lists and texts as every format of ours that is JSON prints them."""
    return json.dumps(_valid_unicode(value), indent=2, ensure_ascii=True) + "\n"


def _valid_unicode(value: Any) -> Any:
    """`value` without lone surrogates, which strict JSON readers refuse."""
    if isinstance(value, str):
        return escape_surrogates(value)
    if isinstance(value, dict):
        return {escape_surrogates(key): _valid_unicode(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [_valid_unicode(element) for element in value]
    return value
