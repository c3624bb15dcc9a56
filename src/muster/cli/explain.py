"""`muster explain`: a code's page, a file's story, or a module's resolution."""

from __future__ import annotations

import re
import sys

from muster.cli.reports import write_text
from muster.cli.terminal import canvas_for, environment_variables
from muster.diagnosis.catalogue import DIRECTIVE_PROBLEM
from muster.errors import UsageError
from muster.ports import EntryKind
from muster.render.explanation import render_file_explanation, render_module_explanation
from muster.usecases.explain_file import explain_file
from muster.usecases.explain_module import explain_module
from muster.wiring import Choices, absolute_path, open_tree, open_workspace, read_cause_page

_CODE = re.compile(r"[Mm]\d{3}")
_MODULE = re.compile(r"\w+(\.\w+)*")


def run_explain(choices: Choices, subject: str, importer: str) -> int:
    """Print what is known of `subject`; 0, or 1 for a file that fails or a module that is not found."""
    if _CODE.fullmatch(subject):
        code = subject.upper()
        write_text(read_cause_page(code).rstrip("\n") + "\n" + _silencing(code), "")
        return 0
    file, _, _ = subject.partition("::")
    if open_tree().kind(absolute_path(file)) is EntryKind.FILE:
        return _explain_file(choices, absolute_path(file))
    if _MODULE.fullmatch(subject):
        return _explain_module(choices, subject, importer)
    raise UsageError(f"'{subject}' is no code (M105), no file here, and no module's name")


def _silencing(code: str) -> str:
    """The end of every cause's page: the same for all, so it stands here once."""
    if code == DIRECTIVE_PROBLEM:
        return ""
    return f"""
## How to silence it

One place, with a comment on the culprit's line (a reason is required):

    ...  # muster: ignore[{code}] why this is all right

Everywhere, in [tool.muster.severity]: only "error" makes `muster check` end with code 1.

    {code} = "note"
"""


def _explain_file(choices: Choices, path: str) -> int:
    with open_workspace(choices) as workspace:
        explanation = explain_file(workspace.ports, workspace.clock, workspace.plan, path)
    canvas = canvas_for(sys.stdout, environment_variables(), verbose=False)
    write_text(render_file_explanation(explanation, canvas), "")
    return 0 if explanation.session.outcome in ("collected", "skipped") else 1


def _explain_module(choices: Choices, module: str, importer: str) -> int:
    path = absolute_path(importer) if importer else ""
    if path and open_tree().kind(path) is not EntryKind.FILE:
        raise UsageError(f"--from {importer}: there is no such file")
    with open_workspace(choices) as workspace:
        explanation = explain_module(workspace.ports, workspace.plan, module, path)
    canvas = canvas_for(sys.stdout, environment_variables(), verbose=False)
    write_text(render_module_explanation(explanation, canvas), "")
    return 0 if explanation.found else 1
