"""`muster schema`."""

from __future__ import annotations

from muster.cli.reports import write_text
from muster.errors import UsageError
from muster.render.schema import node_ids_schema, render_schema, report_schema, services_schema


def run_schema(*, nodeids: bool, services: bool) -> int:
    """Print the JSON Schema of the report, of the node ids or of the services; 0."""
    if nodeids and services:
        raise UsageError("--nodeids and --services are two schemas: ask for one at a time")
    schema = node_ids_schema() if nodeids else services_schema() if services else report_schema()
    write_text(render_schema(schema), "")
    return 0
