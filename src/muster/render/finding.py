"""The Report as a flat list of findings, for formats that know no causes: SARIF, annotations, code quality.

Paths are relative to the repository, which is where GitHub and GitLab look for them: the project may be a folder of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from muster.diagnosis.catalogue import BY_CODE
from muster.model.report import CauseReport, Fix, Place, Report
from muster.render.fixes import render_verdict
from muster.render.text import render_toll

_OF_ACCEPTANCES = "acceptance that is wrong or stale"
"""What a problem with a directive or an entry of the file of acceptances is called: it is no cause, and in no catalogue."""

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right. `accepted` is the reason for which it does not count, or "", and `in_source` whether a
    comment in the code says it.

    Texts are as the project spells them: whoever prints them escapes them for his grammar. `line` 0 is the whole file.
    """

    code: str
    title: str
    level: Level
    message: str
    path: str
    line: int
    column: int
    end_line: int
    quote: str
    fingerprint: str
    scope: str = "file"
    victims: tuple[str, ...] = ()
    accepted: str = ""
    in_source: bool = False


def findings_of(report: Report, prefix: str) -> list[Finding]:
    """What there is to be said, causes first, in the report's order. `prefix` is the project's folder in its
    repository, with a slash at its end, or ""."""
    causes = [_of_cause(report, cause, prefix) for cause in report.causes]
    problems = [
        Finding(
            code=problem.code,
            title=BY_CODE[problem.code].title if problem.code in BY_CODE else _OF_ACCEPTANCES,
            level="warning",
            message=problem.message,
            path=repository_path(problem.path, prefix),
            line=problem.line,
            column=0,
            end_line=problem.line,
            quote="",
            fingerprint=f"{problem.code}:{problem.path}:{problem.line}",
        )
        for problem in report.problems
    ]
    return causes + problems


def open_errors(report: Report) -> list[CauseReport]:
    """The causes for which `muster check` ends with code 1."""
    return [cause for cause in report.causes if cause.severity == "error" and cause.accepted is None]


def other_failures(report: Report) -> list[tuple[str, str]]:
    """What fails besides open causes, each with its name: rules of the gate, and a session that ends too early."""
    if report.gate is not None:
        failed = [rule for rule in report.gate.rules if rule.state == "failed"]
        named = [rule for rule in failed if rule.rule != "causes" or not open_errors(report)]
        return [(f"gate: {rule.rule}", "\n".join(filter(None, (rule.message, rule.advice)))) for rule in named]
    if report.session.state == "aborted" and not open_errors(report):
        code = report.session.pytest_exit
        return [("session", f"pytest ends with exit code {code} before it has collected every file")]
    return []


def repository_path(path: str, prefix: str) -> str:
    """`path` of the report as the repository spells it; what lies outside of the project stays absolute."""
    return path if path.startswith("/") else prefix + path


def place_of(report: Report, cause: CauseReport) -> Place:
    """Where to show `cause`: at its culprit, else at its first victim, else at pytest's settings."""
    if cause.culprit is not None:
        return cause.culprit
    path = cause.victims[0] if cause.victims else report.invocation.inifile or "."
    return Place(path=path, line=0, column=0, end_line=0, text="")


def explanation_of(cause: CauseReport) -> list[str]:
    """The cause in lines: its message, what it costs, since when, and what would put it right."""
    lines = [*cause.message.split("\n"), render_toll(cause)]
    if cause.since is not None:
        since = cause.since
        lines.append(f"since {since.commit[:10]} {since.date[:10]} {since.author}: {since.subject}")
    lines += [_fix_line(fix, position) for position, fix in enumerate(cause.fixes)]
    return [line for line in lines if line]


def fix_words(fix: Fix, position: int) -> tuple[str, str]:
    """What kind of advice `fix` is among those of its cause, and what trying it showed, or ""."""
    label = "not" if fix.verdict.state == "refuted" else "or" if position else "fix"
    is_tried = fix.verdict.back or (fix.verdict.state != "unproved" and fix.verdict.reason)
    return label, render_verdict(fix.verdict) if is_tried else ""


def _fix_line(fix: Fix, position: int) -> str:
    label, shown = fix_words(fix, position)
    return f"{label}: {fix.title} ({shown})" if shown else f"{label}: {fix.title}"


def _of_cause(report: Report, cause: CauseReport, prefix: str) -> Finding:
    place = place_of(report, cause)
    return Finding(
        code=cause.code,
        title=cause.title,
        level=cause.severity,
        message="\n".join(explanation_of(cause)),
        path=repository_path(place.path, prefix),
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        quote=place.text,
        fingerprint=cause.fingerprint,
        scope=cause.scope,
        victims=tuple(repository_path(path, prefix) for path in cause.victims),
        accepted=cause.accepted.reason if cause.accepted else "",
        in_source=cause.accepted is not None and not cause.accepted.expires,
    )
