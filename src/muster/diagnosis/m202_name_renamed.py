"""M202: the module has no such name, but one that is nearly the same."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.fate import Fate, fate_of_name, name_traces, removal, shown
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.methods import method_evidence, methods_named
from muster.diagnosis.name_candidates import name_candidates
from muster.diagnosis.roots import Root
from muster.index.bindings import binding_of
from muster.index.near import nearest
from muster.model.cause import Evidence
from muster.model.collection import Confidence, NameMissing
from muster.model.history import NameTrace


def explain(root: Root, case: Case) -> Finding | None:
    """The nearest names that the module has today."""
    detail = root.detail
    if not isinstance(detail, NameMissing) or not detail.module_file or not detail.module_file.endswith(".py"):
        return None
    facts = case.facts(detail.module_file)
    candidates = name_candidates(detail, case)
    fate = fate_of_name(detail, candidates, case)
    near = nearest(detail.name, facts.all_names)
    if fate is Fate.RENAMED:
        near = tuple(dict.fromkeys((candidates[0].name, *near)))
    elif fate is not Fate.UNKNOWN or not near:
        return None
    trace = next(name_traces(detail, case), None)
    bound = binding_of(facts, near[0])
    return Finding(
        "M202",
        f"{detail.module}:{detail.name}",
        _message(detail, near[0], trace),
        ("name", detail.module, detail.name),
        case.place_of(root.first),
        Confidence.CERTAIN if trace and near[0] in trace.same else Confidence.LIKELY,
        (
            *(removal(trace) if trace and near[0] not in trace.same else ()),
            *(
                Evidence("nearest", f"'{name}'", detail.module_file, bound.line if bound and name == near[0] else 0)
                for name in near
            ),
            *method_evidence(methods_named(detail, case)),
            *shown(candidates, from_first=False),
            *case.places_of(root, "import"),
        ),
        remedies(f"import '{near[0]}', if that is what '{detail.name}' became"),
        since=trace.commit if trace else None,
        candidates=candidates,
    )


def _message(detail: NameMissing, near: str, trace: NameTrace | None) -> str:
    if trace is not None and near in trace.same:
        return (
            f"'{detail.name}' of '{detail.module}' is called '{near}' since {trace.commit}: the definition is the same"
        )
    return f"'{detail.module}' has no '{detail.name}'; the nearest name that it has is '{near}'"
