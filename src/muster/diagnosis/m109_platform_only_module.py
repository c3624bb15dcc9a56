"""M109: a module or name of the standard library that this platform or this Python version does not have."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.diagnosis.standard_library import ADDED, NAMES_ADDED, NAMES_REMOVED, PLATFORM_ONLY, REMOVED
from muster.model.cause import Evidence
from muster.model.collection import ModuleMissing, NameMissing


def explain(root: Root, case: Case) -> Finding | None:
    """The platform or version that has it; None for what the standard library never had."""
    match root.detail:
        case ModuleMissing(name=name) if name.partition(".")[0] not in case.index.top_level_modules:
            reason, instead = _why_no_module(name, case)
        case NameMissing(module=module, name=wanted, module_file=file) if file is None or not case.is_ours(file):
            reason, instead = _why_no_name(module, wanted, case)
            name = f"{module}.{wanted}"
        case _:
            return None
    if not reason:
        return None
    return Finding(
        "M109",
        name,
        f"'{name}' {reason}",
        ("standard library", name),
        case.place_of(root.first),
        evidence=(Evidence("rule", reason), *case.places_of(root, "import")),
        remedies=remedies(
            f"use {instead}" if instead else "",
            "guard the import by platform or version, or skip these tests where it is absent",
        ),
    )


def _why_no_module(name: str, case: Case) -> tuple[str, str]:
    version = case.environment.version[:2]
    top = name.partition(".")[0]
    if top in PLATFORM_ONLY and top not in REMOVED:
        return f"is in the standard library of {PLATFORM_ONLY[top]} only; this is {case.environment.platform}", ""
    if top in REMOVED and version >= REMOVED[top][0]:
        since, instead = REMOVED[top]
        return f"left the standard library in Python {_dotted(since)}; this is {_dotted(version)} ({instead})", ""
    added = ADDED.get(name) or ADDED.get(top)
    if added and version < added:
        return f"came into the standard library with Python {_dotted(added)}; this is {_dotted(version)}", ""
    return "", ""


def _why_no_name(module: str, name: str, case: Case) -> tuple[str, str]:
    version = case.environment.version[:2]
    removed = NAMES_REMOVED.get((module, name))
    if removed and version >= removed[0]:
        return f"left the standard library in Python {_dotted(removed[0])}; this is {_dotted(version)}", removed[1]
    added = NAMES_ADDED.get((module, name))
    if added and version < added:
        instead = "typing_extensions" if module == "typing" else ""
        return f"came into the standard library with Python {_dotted(added)}; this is {_dotted(version)}", instead
    return "", ""


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
