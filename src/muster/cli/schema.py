"""`muster schema`."""

from __future__ import annotations

from muster.cli.reports import write_text
from muster.errors import UsageError
from muster.render.schema import node_ids_schema, render_schema, report_schema, run_schema, services_schema


def run_schema_command(*, nodeids: bool, services: bool, run: bool) -> int:
    """Print the JSON Schema of the report, of the node ids, of the services or of a run; 0."""
    if nodeids + services + run > 1:
        raise UsageError("--nodeids, --services and --run are a schema each: ask for one at a time")
    schema = (
        node_ids_schema() if nodeids else services_schema() if services else run_schema() if run else report_schema()
    )
    write_text(render_schema(schema), "")
    return 0
