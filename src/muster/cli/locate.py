"""`muster locate`: where a module or name is, was, and who moved it."""

from __future__ import annotations

import re
import sys

from muster.cli.reports import known_format, write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.errors import UsageError
from muster.render.json import render_json
from muster.render.locate import render_located
from muster.usecases.locate import locate
from muster.wiring import Choices, open_workspace

_SUBJECT = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?::(?P<name>[^\W\d]\w*))?")


def run_locate(choices: Choices, subject: str, format_: str) -> int:
    """Print what is known of `MODULE[:NAME]`; 0 where it is found, 1 where it is not."""
    known_format(format_)
    found = _SUBJECT.fullmatch(subject)
    if found is None:
        raise UsageError(f"'{subject}' is no module's name: it takes package.module, or package.module:Name")
    with open_workspace(choices) as workspace:
        located = locate(workspace.ports, workspace.plan, found["module"], found["name"] or "")
    if format_ == "json":
        write_text(render_json(located), "")
    else:
        write_text(render_located(located, canvas_for(sys.stdout, environment_variables(), verbose=False)), "")
    return 0 if located.found else 1
