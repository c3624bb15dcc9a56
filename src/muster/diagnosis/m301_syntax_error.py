"""M301: a file does not parse with the project's Python."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import SyntaxFailure
from muster.model.location import Location


def explain(root: Root, case: Case) -> Finding | None:
    """File, line, the parser's words and the Python version."""
    detail = root.detail
    if not isinstance(detail, SyntaxFailure):
        return None
    exception, version = root.first.exception, ".".join(map(str, case.environment.version[:2]))
    text = detail.text.strip() or case.line_text(detail.path, detail.line).strip()
    culprit = Location(detail.path, detail.line, max(detail.column, 1), detail.line, text)
    words = exception.message.partition(" (")[0]
    return Finding(
        "M301",
        case.show(detail.path),
        f"{case.show(culprit.path)}:{detail.line} does not parse with Python {version}: {words}",
        ("syntax", detail.path),
        culprit,
        exception.confidence,
        (
            Evidence("parser", f"{exception.type}: {exception.message}", detail.path, detail.line),
            Evidence("python", f"parsed as Python {version}"),
            *_markers(text),
        ),
        remedies("resolve the merge conflict" if _is_conflict(text) else f"correct line {detail.line}"),
    )


def _is_conflict(text: str) -> bool:
    return text.startswith(("<<<<<<<", "=======", ">>>>>>>"))


def _markers(text: str) -> tuple[Evidence, ...]:
    return (Evidence("conflict", "the line is a conflict marker of git"),) if _is_conflict(text) else ()
