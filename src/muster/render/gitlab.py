"""GitLab's code quality report: a subset of Code Climate's JSON, one entry for each root cause."""

from __future__ import annotations

from typing import Any

from muster.model.report import Report
from muster.render.escape import escape_text
from muster.render.finding import Finding, findings_of
from muster.render.json import dump_json

_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}


def render_gitlab(report: Report, prefix: str) -> str:
    """The findings that count, as a JSON list, pure ASCII."""
    seen: dict[str, int] = {}
    entries = [_entry(finding, seen) for finding in findings_of(report, prefix) if not finding.accepted]
    return dump_json(entries)


def _entry(finding: Finding, seen: dict[str, int]) -> dict[str, Any]:
    return {
        "description": escape_text(f"{finding.code} {finding.title}: " + "; ".join(finding.message.split("\n"))),
        "check_name": finding.code,
        "fingerprint": _unique(escape_text(finding.fingerprint), seen),
        "severity": "blocker"
        if finding.level == "error" and finding.scope == "session"
        else _SEVERITIES[finding.level],
        "location": {"path": escape_text(finding.path), "lines": {"begin": max(finding.line, 1)}},
    }


def _unique(fingerprint: str, seen: dict[str, int]) -> str:
    """GitLab drops all but one entry of a fingerprint; two causes share theirs where one line fails twice alike."""
    seen[fingerprint] = seen.get(fingerprint, 0) + 1
    return fingerprint if seen[fingerprint] == 1 else f"{fingerprint}-{seen[fingerprint]}"
