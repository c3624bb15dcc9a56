"""M202: the module has no such name, but one that is nearly the same."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.name_candidates import name_candidates
from muster.diagnosis.roots import Root
from muster.index.bindings import binding_of
from muster.index.near import nearest
from muster.model.cause import Evidence
from muster.model.collection import Confidence, NameMissing


def explain(root: Root, case: Case) -> Finding | None:
    """The nearest names that the module has today."""
    detail = root.detail
    if not isinstance(detail, NameMissing) or not detail.module_file or not detail.module_file.endswith(".py"):
        return None
    facts = case.facts(detail.module_file)
    near = nearest(detail.name, facts.all_names)
    if not near:
        return None
    bound = binding_of(facts, near[0])
    return Finding(
        "M202",
        f"{detail.module}:{detail.name}",
        f"'{detail.module}' has no '{detail.name}'; the nearest name that it has is '{near[0]}'",
        ("name", detail.module, detail.name),
        case.place_of(root.first),
        Confidence.LIKELY,
        (
            *(
                Evidence("nearest", f"'{name}'", detail.module_file, bound.line if bound and name == near[0] else 0)
                for name in near
            ),
            *case.places_of(root, "import"),
        ),
        remedies(f"import '{near[0]}', if that is what '{detail.name}' became"),
        candidates=name_candidates(detail, case),
    )
