"""Every cause that exists: its code, its title and its severity by default."""

from __future__ import annotations

from dataclasses import dataclass

from muster.model.cause import Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue; each has its page in the documentation."""

    code: str
    title: str
    severity: Severity


CATALOGUE: tuple[Entry, ...] = (
    Entry("M001", "file unreadable or beyond limits", ERROR),
    Entry("M002", "internal error in one file", ERROR),
    Entry("M101", "module moved", ERROR),
    Entry("M102", "module removed", ERROR),
    Entry("M103", "module gone or never there", ERROR),
    Entry("M104", "module shadowed", ERROR),
    Entry("M105", "search path polluted", ERROR),
    Entry("M106", "module not on the search path", ERROR),
    Entry("M107", "distribution missing", ERROR),
    Entry("M108", "distribution at odds", ERROR),
    Entry("M109", "platform-only module", ERROR),
    Entry("M110", "module replaced in sys.modules", ERROR),
    Entry("M201", "name moved", ERROR),
    Entry("M202", "name renamed", ERROR),
    Entry("M203", "name removed", ERROR),
    Entry("M204", "name gone or never there", ERROR),
    Entry("M205", "circular import", ERROR),
    Entry("M301", "syntax error", ERROR),
    Entry("M302", "undefined name at import time", ERROR),
    Entry("M303", "exception at import time", ERROR),
    Entry("M304", "conftest or plugin fails", ERROR),
    Entry("M305", "import file mismatch", ERROR),
    Entry("M306", "configuration error", ERROR),
    Entry("M307", "unknown marker", ERROR),
    Entry("M308", "session dies at import", ERROR),
    Entry("M309", "fixture or signature error", ERROR),
    Entry("M401", "test class with __init__", WARNING),
    Entry("M402", "test defined twice", WARNING),
    Entry("M403", "outside the naming patterns", WARNING),
    Entry("M404", "folder or file excluded", WARNING),
    Entry("M405", "zero tests where some are expected", ERROR),
    Entry("M406", "tests lost against the baseline", ERROR),
    Entry("M407", "module-level skip", WARNING),
    Entry("M408", "decorated away", WARNING),
    Entry("M409", "parameters lost", WARNING),
    Entry("M501", "collection over budget", WARNING),
    Entry("M502", "heavy import", WARNING),
    Entry("M503", "input or output at import time", WARNING),
    Entry("M601", "service unreachable", WARNING),
    Entry("M602", "service misconfigured", WARNING),
)

BY_CODE = {entry.code: entry for entry in CATALOGUE}

ONLY_PROFILED = frozenset(("M502", "M503"))
"""Codes that a profile may show where a check does not: that a check meets none says nothing of what silences them."""

DIRECTIVE_PROBLEM = "M000"
"""The code of a problem with a `# muster: ignore` comment: unused, without a reason, or without codes. It is no
cause."""
