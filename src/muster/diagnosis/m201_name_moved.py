"""M201: the module no longer has the name, and another module of the tree defines it."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.likeness import is_test, leading_parts
from muster.diagnosis.name_candidates import name_candidates
from muster.diagnosis.roots import Root
from muster.index.sightings import NameSighting
from muster.model.cause import Evidence
from muster.model.collection import Confidence, NameMissing

FEW = 3
"""A name that more modules define is an ordinary word; where it went can then not be told by the name."""


def explain(root: Root, case: Case) -> Finding | None:
    """Where the name is defined today, and how the other importers spell it."""
    detail = root.detail
    if not isinstance(detail, NameMissing):
        return None
    homes = definitions_elsewhere(detail, case)
    if not homes or len(homes) > FEW:
        return None
    best = homes[0]
    return Finding(
        "M201",
        f"{detail.module}:{detail.name}",
        f"'{detail.module}' has no '{detail.name}'; '{best.dotted}' defines it",
        ("name", detail.module, detail.name),
        case.place_of(root.first),
        Confidence.LIKELY,
        (
            *(Evidence("definition", f"{each.kind} {each.name}", each.path, each.line) for each in homes),
            *case.importers(case.index.importers_of(best.dotted, detail.name)),
            *case.places_of(root, "import"),
        ),
        remedies(
            f"import '{detail.name}' from '{best.dotted}'",
            f"re-export it in {case.show(detail.module_file)}: from {best.dotted} import {detail.name}"
            if detail.module_file
            else "",
        ),
        candidates=name_candidates(detail, case),
    )


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
