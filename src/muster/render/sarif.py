"""SARIF 2.1.0 (OASIS), as GitHub's code scanning reads it: a rule for each code that occurs, a result for each root cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from muster import __documentation__, __version__
from muster.diagnosis.catalogue import BY_CODE
from muster.model.report import Report
from muster.render.escape import escape_lines, escape_text
from muster.render.finding import Finding, findings_of
from muster.render.json import dump_json
from muster.render.pages import absolute_links, page_address
from muster.render.uri import file_uri, relative_uri

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SOURCE_ROOT = "%SRCROOT%"
# GitHub shows the first hundred locations of a result and refuses more than a thousand.
_RELATED = 100


def render_sarif(report: Report, prefix: str, pages: Mapping[str, str]) -> str:
    """`report` as one SARIF log, pure ASCII; `pages` are the pages of the causes by code, in Markdown."""
    findings = findings_of(report, prefix)
    titles = {finding.code: finding.title for finding in findings}
    codes = sorted(titles)
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Muster",
                        "semanticVersion": __version__,
                        "informationUri": __documentation__,
                        "rules": [_rule(code, titles[code], pages.get(code, "")) for code in codes],
                    }
                },
                "automationDetails": {"id": "muster/" + "".join(f"{name}/" for name in _plain(report.categories))},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_SOURCE_ROOT: {"description": {"text": "the root of the repository"}}},
                "invocations": [_invocation(report)],
                "results": [_result(finding, codes.index(finding.code)) for finding in findings],
            }
        ],
    }
    return dump_json(log)


def message_text(text: str) -> str:
    """`text` for a SARIF message: braces would be placeholders, `[text](target)` a link (2.1.0, 3.11.5 and 3.11.6)."""
    shown = "\n".join(escape_lines(text))
    return shown.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _plain(names: Iterable[str]) -> list[str]:
    """Names as one step each of a hierarchical string, which a slash would divide."""
    return [escape_text(name).replace("/", "_") for name in names]


def _rule(code: str, title: str, page: str) -> dict[str, Any]:
    entry = BY_CODE.get(code)
    severity = entry.severity.value if entry else "warning"
    page = absolute_links(page) or title
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in title.replace("-", " ").replace(".", " ").split()),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{code}: {title}"},
        "helpUri": page_address(code),
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": severity},
        "properties": {"tags": ["pytest", "collection"], "precision": "high"},
    }


def _invocation(report: Report) -> dict[str, Any]:
    return {
        "executionSuccessful": True,
        "startTimeUtc": report.started_at,
        "commandLine": escape_text(report.invocation.command),
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": message_text(note)}} for note in report.notes
        ],
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.level,
        "message": {"text": message_text(finding.message) or finding.title},
        "locations": [{"physicalLocation": _physical(finding)}],
        "partialFingerprints": {"muster/v1": escape_text(finding.fingerprint)},
    }
    others = [path for path in finding.victims if path != finding.path][:_RELATED]
    if others:
        result["relatedLocations"] = [
            {"physicalLocation": {"artifactLocation": _artifact(path)}, "message": {"text": "blocked by it"}}
            for path in others
        ]
    if finding.accepted:
        kind = "inSource" if finding.in_source else "external"
        result["suppressions"] = [{"kind": kind, "justification": escape_text(finding.accepted)}]
    return result


def _physical(finding: Finding) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(finding.line, 1)}
    if finding.column:
        region["startColumn"] = finding.column
    if finding.end_line > finding.line > 0:
        region["endLine"] = finding.end_line
    if finding.quote:
        region["snippet"] = {"text": escape_text(finding.quote)}
    return {"artifactLocation": _artifact(finding.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    if path.startswith("/"):
        return {"uri": file_uri(path)}
    return {"uri": relative_uri(path), "uriBaseId": _SOURCE_ROOT}
