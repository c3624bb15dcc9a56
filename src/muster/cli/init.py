"""`muster init`."""

from __future__ import annotations

from muster.render.escape import escape_text
from muster.usecases.initialise import plan_initialisation
from muster.wiring import open_tree, working_root, write_file


def run_init(root: str, *, health_test: bool) -> int:
    """Write the planned files and say what was written; 0."""
    folder = working_root(root)
    for planned in plan_initialisation(open_tree(), folder, health_test=health_test):
        write_file(planned.path, planned.content)
        print(f"wrote {escape_text(planned.path)}: {planned.change}")
    print("now: muster check")
    return 0
