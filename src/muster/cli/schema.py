"""`muster schema`."""

from __future__ import annotations

from muster.cli.reports import write_text
from muster.render.schema import node_ids_schema, render_schema, report_schema


def run_schema(*, nodeids: bool) -> int:
    """Print the JSON Schema of the report, or of the node ids; 0."""
    write_text(render_schema(node_ids_schema() if nodeids else report_schema()), "")
    return 0
