"""M203: the history remembers the name in the module, and nothing took its place."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.fate import Fate, fate_of_name, name_traces, shown
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.methods import method_evidence, methods_named
from muster.diagnosis.name_candidates import name_candidates
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import Confidence, NameMissing


def explain(root: Root, case: Case) -> Finding | None:
    """The commit that removed the name, and the text that it removed."""
    detail = root.detail
    if not isinstance(detail, NameMissing):
        return None
    candidates = name_candidates(detail, case)
    if fate_of_name(detail, candidates, case) is not Fate.REMOVED:
        return None
    trace = next(name_traces(detail, case))
    methods = methods_named(detail, case) if trace.kind in ("function", "") else ()
    first = trace.definition.split("\n")[0].strip()
    return Finding(
        "M203",
        f"{detail.module}:{detail.name}",
        f"'{detail.name}' was removed from '{detail.module}' by {trace.commit}"
        + (f"; it is a method now: {methods[0].name}" if methods else ""),
        ("name", detail.module, detail.name),
        case.place_of(root.first),
        Confidence.CERTAIN,
        (
            *([Evidence("was", first, "", 0, trace.commit.sha)] if first else []),
            *method_evidence(methods),
            *shown(candidates),
            *case.places_of(root, "import"),
        ),
        remedies(
            f"use the method {methods[0].name} of {case.show(methods[0].path)}" if methods else "",
            f"delete the tests that need '{detail.name}', if they tested what was removed",
            f"restore '{detail.name}' in {case.show(trace.path)} as it was before {trace.commit.sha[:10]}",
        ),
        since=trace.commit,
        candidates=candidates,
    )
