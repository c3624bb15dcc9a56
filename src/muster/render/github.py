"""Annotations of GitHub Actions: workflow commands on standard output.

    ::error file=PATH,line=N,endLine=N,col=N,title=TITLE::MESSAGE

One for each root cause, at most ten: GitHub shows no more of one step. The runner ends a command at the end of the line and takes
`%25 %0D %0A` in the message, and `%3A %2C` in properties too, for what they stand for (actions/runner, ActionCommand.cs).
"""

from __future__ import annotations

from muster.model.report import Report
from muster.render.escape import escape_lines, escape_text
from muster.render.finding import Finding, findings_of, other_failures
from muster.render.quantity import render_quantity

MOST_ANNOTATIONS = 10
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_MOST_CHARACTERS = 4000
_MOST_OF_A_TITLE = 200


def render_github(report: Report, prefix: str) -> str:
    """The annotations, worst first, one a line, and a line on what is left out; "" where there is nothing to say."""
    findings = [finding for finding in findings_of(report, prefix) if not finding.accepted]
    ranked = sorted(findings, key=lambda finding: list(_COMMANDS).index(finding.level))
    failures = [_command("error", {"title": f"muster {name}"}, text) for name, text in other_failures(report)]
    whole = [*failures, *(_annotation(finding) for finding in ranked)]
    lines = whole[:MOST_ANNOTATIONS]
    rest = len(whole) - len(lines)
    if rest:
        lines.append(f"muster: {render_quantity(rest, 'more finding')} without an annotation")
    return "".join(f"{line}\n" for line in lines)


def escape_data(text: str) -> str:
    """`text` as the message of a workflow command."""
    shown = "\n".join(escape_lines(text))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """`text` as a property's value."""
    return escape_data(escape_text(text)).replace(":", "%3A").replace(",", "%2C")


def _annotation(finding: Finding) -> str:
    properties = {"file": finding.path}
    if finding.line:
        properties["line"] = str(finding.line)
        properties["endLine"] = str(max(finding.end_line, finding.line))
    if finding.column and finding.end_line <= finding.line:  # GitHub knows columns within one line only
        properties["col"] = str(finding.column)
    properties["title"] = f"{finding.code} {finding.title}"
    return _command(_COMMANDS[finding.level], properties, finding.message)


def _command(name: str, properties: dict[str, str], message: str) -> str:
    properties = {**properties, "title": properties["title"][:_MOST_OF_A_TITLE]}
    listed = ",".join(f"{key}={escape_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{escape_data(message[:_MOST_CHARACTERS])}"
