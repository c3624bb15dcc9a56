"""M201: the module no longer has the name, and another module of the tree defines it."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.fate import Fate, fate_of_name, name_traces, removal, shown
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.likeness import is_test, leading_parts
from muster.diagnosis.name_candidates import name_candidates
from muster.diagnosis.roots import Root
from muster.index.sightings import NameSighting
from muster.model.cause import Candidate, Evidence
from muster.model.collection import Confidence, NameMissing

FEW = 3
"""A name that more modules define is an ordinary word; where it went can then not be told by the name."""


def explain(root: Root, case: Case) -> Finding | None:
    """Where the name is defined today, and how the other importers spell it."""
    detail = root.detail
    if not isinstance(detail, NameMissing):
        return None
    homes = definitions_elsewhere(detail, case)
    candidates = name_candidates(detail, case)
    fate = fate_of_name(detail, candidates, case)
    if fate is Fate.UNKNOWN and (not homes or len(homes) > FEW):
        return None
    if fate not in (Fate.UNKNOWN, Fate.MOVED):
        return None
    moved = [each for each in candidates if each.change == "moved"]
    best = moved[0] if moved else Candidate(homes[0].dotted, detail.name, path=homes[0].path)
    trace = next(name_traces(detail, case), None)
    return Finding(
        "M201",
        f"{detail.module}:{detail.name}",
        f"'{detail.module}' has no '{detail.name}'; {_found_as(detail, best, homes)}",
        ("name", detail.module, detail.name),
        case.place_of(root.first),
        Confidence.LIKELY,
        (
            *(Evidence("definition", f"{each.kind} {each.name}", each.path, each.line) for each in homes[:FEW]),
            *removal(trace),
            *case.importers(case.index.importers_of(best.module, detail.name)),
            *shown(candidates, from_first=False),
            *case.places_of(root, "import"),
        ),
        remedies(
            f"import '{best.name or detail.name}' from '{best.module}'",
            f"re-export it in {case.show(detail.module_file)}: from {best.module} import {best.name or detail.name}"
            if detail.module_file
            else "",
        ),
        since=trace.commit if trace else None,
        candidates=candidates,
    )


def _found_as(detail: NameMissing, best: Candidate, homes: list[NameSighting]) -> str:
    """What the best candidate has of it, in words."""
    if best.name not in ("", detail.name):
        return f"it was renamed in the move: '{best.module}' has '{best.name}'"
    verb = "defines" if any(each.dotted == best.module for each in homes) else "has"
    return f"'{best.module}' {verb} it"


def definitions_elsewhere(detail: NameMissing, case: Case) -> list[NameSighting]:
    """Definitions of the name in other modules, those outside of test files and near the old home first."""
    found = [
        each
        for each in case.index.locate_name(detail.name)
        if each.kind != "import" and each.dotted and each.path not in (detail.module_file, detail.importer)
    ]
    return sorted(
        found, key=lambda each: (is_test(each.path), -leading_parts(each.dotted, detail.module), each.path, each.line)
    )
