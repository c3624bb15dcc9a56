"""M305: two test files with one module name; `prepend` and `append` can import only one of them."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import FileMismatch
from muster.model.location import Location


def explain(root: Root, case: Case) -> Finding | None:
    """The two files with one base name."""
    detail = root.detail
    if not isinstance(detail, FileMismatch):
        return None
    later = root.first.report.path
    return Finding(
        "M305",
        detail.module,
        f"{case.show(later)} and {case.show(detail.other)} are both '{detail.module}'; the first one is kept",
        ("mismatch", detail.module, detail.other),
        Location(later),
        evidence=(
            Evidence("winner", f"{case.show(detail.other)} was imported first", detail.other),
            *(Evidence("loser", case.show(path), path) for path in _losers(root)),
            Evidence(
                "rule", "files in folders without __init__.py are top-level modules: their base names must differ"
            ),
        ),
        remedies=remedies(
            "use --import-mode=importlib, which names modules by their path",
            "rename one of the files",
            "add __init__.py to both folders",
        ),
    )


def _losers(root: Root) -> tuple[str, ...]:
    return tuple(dict.fromkeys(failure.report.path for failure in root.failures))[:5]
