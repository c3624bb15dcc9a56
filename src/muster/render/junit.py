"""JUnit XML as pytest (xunit1) writes it: one case for each blocked file, and one for each error that blocks none, and
for each rule of the gate that fails besides.

A case fails where `muster check` fails: what is accepted, or of a lower severity, is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence

from muster.model.report import CauseReport, FileReport, Report
from muster.render.finding import explanation_of, open_errors, other_failures, place_of, repository_path
from muster.render.markup import Markup, element

_NEWLINE = Markup("\n")


def render_junit(report: Report, prefix: str) -> str:
    """`report` as an XML document."""
    causes = {cause.id: cause for cause in report.causes}
    blocked = [file for file in report.files if file.outcome == "failed"]
    cases = [_of_file(file, [causes[id_] for id_ in file.causes if id_ in causes], prefix) for file in blocked]
    shown = {id_ for file in blocked for id_ in file.causes}
    cases += [_of_cause(report, cause, prefix) for cause in open_errors(report) if cause.id not in shown]
    cases += [_of_failure(name, text) for name, text in other_failures(report)]
    kinds = [kind for kind, _ in cases]
    counts = {
        "tests": str(len(cases)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{report.seconds.simulated:.3f}",
    }
    name = "muster " + " ".join(report.categories) if report.categories else "muster"
    spaced = [part for _, case in cases for part in (_NEWLINE, case)]
    suite = element("testsuite", {"name": name, "timestamp": report.started_at, **counts}, *spaced, _NEWLINE)
    suites = element("testsuites", {"name": "muster", **counts}, _NEWLINE, suite, _NEWLINE)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{suites.source}\n'


def _of_file(file: FileReport, causes: Sequence[CauseReport], prefix: str) -> tuple[str, Markup]:
    counting = [cause for cause in causes if cause.severity == "error" and cause.accepted is None]
    if counting or not causes:
        raised = file.exception
        message = str(raised) if raised else file.reason or "pytest cannot collect this file"
        body = "\n\n".join(_told(cause) for cause in counting) or message
        line = str(raised.frames[0].line) if raised and raised.frames else "1"
        kind, outcome = "error", element("error", {"type": raised.type if raised else "", "message": message}, body)
    else:
        kind, line = "skipped", "1"
        why = "; ".join(_not_counted(cause) for cause in causes)
        outcome = element("skipped", {"type": "muster", "message": why}, why)
    return kind, _case(file.path, "collection", line, prefix, outcome)


def _of_cause(report: Report, cause: CauseReport, prefix: str) -> tuple[str, Markup]:
    place = place_of(report, cause)
    outcome = element("failure", {"type": cause.code, "message": cause.message}, _told(cause))
    return "failure", _case(place.path, f"{cause.code} {cause.title}", str(max(place.line, 1)), prefix, outcome)


def _of_failure(name: str, text: str) -> tuple[str, Markup]:
    first = text.split("\n")[0]
    outcome = element("failure", {"type": name, "message": first}, text)
    return "failure", element("testcase", {"classname": "muster", "name": name, "time": "0"}, outcome)


def _case(path: str, name: str, line: str, prefix: str, outcome: Markup) -> Markup:
    where = repository_path(path, prefix)
    attributes = {"classname": where.removesuffix(".py").replace("/", "."), "name": name, "file": where, "line": line}
    return element("testcase", {**attributes, "time": "0"}, outcome)


def _told(cause: CauseReport) -> str:
    """The cause in words, with the place to change and the tests that it loses."""
    head = f"{cause.code} {cause.title}"
    culprit = [f"culprit: {cause.culprit}", f"    {cause.culprit.text}"] if cause.culprit else []
    return "\n".join([head, *explanation_of(cause), *culprit, *(f"lost: {nodeid}" for nodeid in cause.lost)])


def _not_counted(cause: CauseReport) -> str:
    if cause.accepted is not None:
        return f"{cause.code} is accepted: {cause.accepted.reason}"
    return f"{cause.code} is of severity {cause.severity}"
