"""M103: no trace of the module in the tree. Without a whole history, "gone" (M102) and "never there" look alike."""

from __future__ import annotations

from collections.abc import Iterator

from muster.diagnosis.case import Case
from muster.diagnosis.fate import gaps, never_was, once_defined, shown, written_by
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.module_candidates import module_candidates
from muster.diagnosis.roots import Root
from muster.index.near import nearest
from muster.model.cause import Evidence
from muster.model.collection import Confidence, ModuleMissing
from muster.ports import EntryKind


def explain(root: Root, case: Case) -> Finding | None:
    """Whatever no other rule could explain about a missing module."""
    if not isinstance(root.detail, ModuleMissing):
        return None
    name = root.detail.name
    wanted = case.wanted(root, name)
    asked = wanted.asked[0] if len(wanted.asked) == 1 else name
    importers = frozenset(failure.report.path for failure in root.failures)
    is_certain = never_was(name, case)
    candidates = module_candidates(asked, wanted.names, case, importers)
    near = nearest(name.rpartition(".")[2], _siblings(root.detail, case))
    evidence = [*_near_evidence(root.detail, near), *_names_elsewhere(name, case)]
    evidence += [*shown(candidates), *gaps(case), *case.places_of(root, "import")]
    if root.detail.parent_is_module:
        parent = name.rpartition(".")[0]
        evidence.insert(0, Evidence("parent", f"'{parent}' is a module, not a package", root.detail.parent_file or ""))
    return Finding(
        "M103",
        asked,
        f"'{name}' never existed: it is neither in the tree nor in its history"
        if is_certain
        else f"'{name}' is in no folder of the search path and nowhere in the tree: gone or never there",
        ("absent", name),
        case.place_of(root.first),
        Confidence.CERTAIN if is_certain else Confidence.LIKELY,
        tuple(evidence),
        remedies(
            f"import '{_spelled(name, near[0])}', if that is what was meant" if near else "",
            f"write or restore '{name}', or delete the tests that need it",
        ),
        since=written_by(root, case) if is_certain else None,
        candidates=candidates,
    )


def _siblings(detail: ModuleMissing, case: Case) -> frozenset[str]:
    """The modules that stand where the missing one was looked for."""
    if "." not in detail.name:
        return case.index.top_level_modules
    found: set[str] = set()
    for folder in detail.search_path:
        for name, kind in case.tree.listing(folder).items():
            if kind is EntryKind.FOLDER and name.isidentifier():
                found.add(name)
            elif name.endswith(".py"):
                found.add(name.removesuffix(".py"))
    return frozenset(found)


def _near_evidence(detail: ModuleMissing, near: tuple[str, ...]) -> Iterator[Evidence]:
    if near:
        yield Evidence(
            "nearest", "the nearest names are " + ", ".join(f"'{_spelled(detail.name, each)}'" for each in near)
        )


def _spelled(missing: str, sibling: str) -> str:
    parent = missing.rpartition(".")[0]
    return f"{parent}.{sibling}" if parent else sibling


def _names_elsewhere(name: str, case: Case) -> Iterator[Evidence]:
    """Where the names that importers want of it are defined, if anywhere."""
    for wanted in case.answers.missing_module(name).names[:5]:
        homes = [each for each in case.index.locate_name(wanted) if each.kind != "import"]
        if homes:
            yield Evidence(
                "definition", f"'{wanted}' is defined in {case.show(homes[0].path)}", homes[0].path, homes[0].line
            )
        else:
            yield Evidence("definition", f"'{wanted}' is defined nowhere in the tree")
            yield from once_defined(wanted, case)
