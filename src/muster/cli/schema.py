"""`muster schema`."""

from __future__ import annotations

from muster.cli.reports import write_text
from muster.errors import UsageError
from muster.render.schema import (
    fixes_schema,
    node_ids_schema,
    render_schema,
    report_schema,
    run_schema,
    services_schema,
)


def run_schema_command(*, nodeids: bool, services: bool, run: bool, fixes: bool = False) -> int:
    """Print the JSON Schema of the report, of the node ids, of the services, of a run or of fixes; 0."""
    if nodeids + services + run + fixes > 1:
        raise UsageError("--nodeids, --services, --run and --fixes are a schema each: ask for one at a time")
    if fixes:
        write_text(render_schema(fixes_schema()), "")
        return 0
    schema = (
        node_ids_schema() if nodeids else services_schema() if services else run_schema() if run else report_schema()
    )
    write_text(render_schema(schema), "")
    return 0
