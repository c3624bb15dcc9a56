"""The JSON Schema of what Muster prints, made from the very structs that are printed."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from muster.model.fix_report import FixReport
from muster.model.report import NodeIds, Report
from muster.model.run_report import RunReport
from muster.model.service import ServicesReport

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def report_schema() -> dict[str, Any]:
    """The JSON Schema of `muster.report/1`."""
    return _with_heading(Report, "Muster report", "What `muster check --format json` prints.")


def node_ids_schema() -> dict[str, Any]:
    """The JSON Schema of `muster.nodeids/1`."""
    return _with_heading(NodeIds, "Muster node ids", "What `muster collect --format json` prints.")


def services_schema() -> dict[str, Any]:
    """The JSON Schema of `muster.services/1`."""
    return _with_heading(ServicesReport, "Muster services", "What `muster services --format json` prints.")


def run_schema() -> dict[str, Any]:
    """The JSON Schema of `muster.run/1`."""
    return _with_heading(RunReport, "Muster run", "What `muster run --report json=FILE` writes.")


def fixes_schema() -> dict[str, Any]:
    """The JSON Schema of `muster.fixes/1`."""
    return _with_heading(FixReport, "Muster fixes", "What `muster fix --format json` prints.")


def render_schema(schema: dict[str, Any]) -> str:
    """`schema` as indented JSON with a final newline."""
    return json.dumps(schema, indent=2, ensure_ascii=True) + "\n"


def _with_heading(type_: type[msgspec.Struct], title: str, description: str) -> dict[str, Any]:
    schema = msgspec.json.schema(type_)
    return {
        "$schema": _DIALECT,
        "title": title,
        "description": description,
        **schema,
        "$defs": _required(schema["$defs"]),
    }


def _required(definitions: dict[str, Any]) -> dict[str, Any]:
    """`definitions` with every key required: msgspec leaves out those with a default, but we always write them all."""
    return {
        name: {**definition, "required": list(definition["properties"])} if "properties" in definition else definition
        for name, definition in definitions.items()
    }
