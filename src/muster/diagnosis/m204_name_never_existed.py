"""M204: the module has no such name and no near one. Without a whole history, "removed" (M203) and "never there" look alike."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.fate import Fate, fate_of_name, gaps, once_defined, shown, written_by
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.m201_name_moved import definitions_elsewhere
from muster.diagnosis.methods import method_evidence, methods_named
from muster.diagnosis.name_candidates import name_candidates
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import Confidence, NameMissing
from muster.model.location import Location


def explain(root: Root, case: Case) -> Finding | None:
    """Whatever no other rule could explain about a missing name."""
    detail = root.detail
    if not isinstance(detail, NameMissing):
        return None
    homes = definitions_elsewhere(detail, case)
    where = _where(detail, case)
    candidates = name_candidates(detail, case)
    is_certain = fate_of_name(detail, candidates, case) is Fate.NEVER
    return Finding(
        "M204",
        f"{detail.module}:{detail.name}",
        f"'{detail.module}' ({where}) never had '{detail.name}'"
        if is_certain
        else f"'{detail.module}' ({where}) has no '{detail.name}': gone or never there",
        ("name", detail.module, detail.name),
        _culprit(root, detail, case),
        Confidence.CERTAIN if is_certain else Confidence.LIKELY,
        (
            *(
                Evidence("definition", f"{each.kind} {each.name}, perhaps another one", each.path, each.line)
                for each in homes[:5]
            ),
            *([] if homes else [Evidence("definition", f"no module of the tree defines '{detail.name}'")]),
            *once_defined(detail.name, case),
            *method_evidence(methods_named(detail, case)),
            *shown(candidates),
            *gaps(case),
            *case.places_of(root, "import"),
        ),
        remedies(
            f"define '{detail.name}' in {where}: {_count(root)} with it" if _is_ours(detail, case) else "",
            "delete the import and what needs it",
        ),
        since=written_by(root, case) if is_certain else None,
        candidates=candidates,
    )


def _where(detail: NameMissing, case: Case) -> str:
    """What lacks the name."""
    if detail.module.partition(".")[0] in case.environment.stdlib_modules and not _is_ours(detail, case):
        return "of the standard library"
    return case.show(detail.module_file) if detail.module_file else "a namespace package"


def _is_ours(detail: NameMissing, case: Case) -> bool:
    return detail.module_file is not None and case.is_ours(detail.module_file)


def _culprit(root: Root, detail: NameMissing, case: Case) -> Location:
    """The import of a lone victim; the module itself where many files want the name of it."""
    files = {failure.report.path for failure in root.failures}
    if len(files) > 1 and detail.module_file and case.is_ours(detail.module_file):
        return Location(detail.module_file)
    return case.place_of(root.first)


def _count(root: Root) -> str:
    files = len({failure.report.path for failure in root.failures})
    return "1 file comes back" if files == 1 else f"{files} files come back"
