"""M102: the history remembers the module, and it lives nowhere any more."""

from __future__ import annotations

from collections.abc import Iterator

from muster.diagnosis.case import Case
from muster.diagnosis.fate import path_steps, shown, since_path, traces_of
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.module_candidates import module_candidates
from muster.diagnosis.questions import MissingModule
from muster.diagnosis.roots import Root
from muster.facts.outline import outline
from muster.model.cause import Evidence
from muster.model.collection import Confidence, ModuleMissing, NameMissing
from muster.model.history import PathTrace

MOST_NAMES = 8


def explain(root: Root, case: Case) -> Finding | None:
    """The commit that removed the module, what it held, and where its names live today, if anywhere."""
    match root.detail:
        case ModuleMissing(name=name):
            wanted = case.wanted(root, name)
            asked = (*wanted.asked, name)
        case NameMissing(module=module, name=name):
            wanted = MissingModule(f"{module}.{name}")
            asked = (wanted.name,)
        case _:
            return None
    gone = next((each for each in asked if traces_of(each, case)), "")
    if not gone:
        return None
    traces = traces_of(gone, case)
    importers = frozenset(failure.report.path for failure in root.failures)
    names = wanted.names_of(gone)
    candidates = module_candidates(gone, names, case, importers)
    since = since_path(traces)
    removed = f"was removed by {since}" if since else "was removed by a change that is not committed"
    return Finding(
        "M102",
        gone,
        f"'{gone}' {removed}",
        ("removed", gone),
        case.place_of(root.first),
        Confidence.CERTAIN,
        (
            *path_steps(traces, case),
            *_held(traces[0], names),
            *shown(candidates),
            *case.places_of(root, "import"),
        ),
        remedies(
            f"delete the tests that need '{gone}', if they tested what was removed",
            f"restore {case.show(traces[0].path)}" + (f" as it was before {since.sha[:10]}" if since else ""),
        ),
        since=since,
        candidates=candidates,
    )


def _held(trace: PathTrace, names: tuple[str, ...]) -> Iterator[Evidence]:
    """What the module defined when it went, those first that are asked for."""
    defined = [each.name for each in outline(trace.source).values() if each.kind != "import" and not each.is_private]
    ordered = sorted(defined, key=lambda name: name not in names)
    if ordered:
        rest = f" and {len(ordered) - MOST_NAMES} more" if len(ordered) > MOST_NAMES else ""
        yield Evidence("held", f"it defined {', '.join(ordered[:MOST_NAMES])}{rest}")
