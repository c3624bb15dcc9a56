"""M108: the distribution is installed, and this version of it has no such module or name."""

from __future__ import annotations

from collections.abc import Iterator

from muster.diagnosis.case import Case
from muster.diagnosis.declaration import Declaration, as_pep_440, normal_name
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.providers import VERSION_NOTES, provider_of
from muster.diagnosis.roots import Root
from muster.index.near import nearest
from muster.model.cause import Evidence
from muster.model.collection import Confidence, ModuleMissing, NameMissing
from muster.model.environment import Distribution


def explain(root: Root, case: Case) -> Finding | None:
    """The installed version, what the project asks for, and which versions have it where that is known offline."""
    match root.detail:
        case ModuleMissing(name=name):
            module, wanted, file = name.rpartition(".")[0] or name, name.rpartition(".")[2], root.detail.parent_file
        case NameMissing(module=module, name=wanted, module_file=file):
            pass
        case _:
            return None
    distribution = case.distribution_of(module)
    if distribution is None or distribution.editable or (file is not None and case.is_ours(file)):
        return None
    is_shared = provider_of(f"{module}.{wanted}") not in (None, provider_of(module), distribution.name)
    if is_shared or (file is None and module.partition(".")[0] in case.index.top_level_modules):
        # `google` is a namespace of many distributions: that one is installed says nothing of the others.
        return None
    return _finding(root, case, distribution, module, wanted)


def _finding(root: Root, case: Case, distribution: Distribution, module: str, wanted: str) -> Finding:
    note = VERSION_NOTES.get((module, wanted), "")
    broken = [each for each in _asked_for(distribution, case) if not each.admits(distribution.version)]
    installed = f"{distribution.name} {distribution.version}"
    is_whole = module == wanted and isinstance(root.detail, ModuleMissing)
    lacks = f"{installed} is installed, and its module '{module}' is not there: the installation is broken"
    return Finding(
        "M108",
        module if is_whole else f"{module}:{wanted}" if isinstance(root.detail, NameMissing) else f"{module}.{wanted}",
        lacks
        if is_whole
        else f"'{module}' of {installed} has no '{wanted}'" + (f": {note}" if note else _at_odds(broken, case)),
        ("at odds", module, wanted),
        case.place_of(root.first),
        Confidence.UNDECIDED if case.environment_is_foreign else Confidence.CERTAIN,
        (
            Evidence("installed", installed, distribution.location),
            *_declared(distribution, case),
            *([Evidence("versions", note)] if note else []),
            *_near(root, case, wanted),
            *case.places_of(root, "import"),
        ),
        remedies(f"install {distribution.name} again")
        if is_whole
        else remedies(
            f"install what {case.show(broken[0].path)} asks for: pip install '{broken[0].name}{as_pep_440(broken[0].specifier)}'"
            if broken
            else "",
            f"install a version of {distribution.name} that has '{wanted}', and pin it where the project declares it",
            f"change the import to what {installed} has",
        ),
    )


def _at_odds(broken: list[Declaration], case: Case) -> str:
    """That another version is installed than the project asks for."""
    if not broken:
        return ""
    first = broken[0]
    return f"; {case.show(first.path)}:{first.line} asks for {first.name}{first.specifier}, which is another version"


def _asked_for(distribution: Distribution, case: Case) -> list[Declaration]:
    """What the project's files ask for of it."""
    return [each for each in case.declarations if each.name == normal_name(distribution.name)]


def _declared(distribution: Distribution, case: Case) -> Iterator[Evidence]:
    for each in _asked_for(distribution, case):
        verb = "locked" if each.locked else "declared"
        other = "" if each.admits(distribution.version) else f", another version than {distribution.version}"
        yield Evidence("declared", f"{verb}: {each.name}{each.specifier}{other}", each.path, each.line)


def _near(root: Root, case: Case, wanted: str) -> Iterator[Evidence]:
    detail = root.detail
    if isinstance(detail, NameMissing) and detail.module_file and detail.module_file.endswith(".py"):
        near = nearest(wanted, case.index.names_in(detail.module_file))
        if near:
            yield Evidence("nearest", "it has " + ", ".join(f"'{name}'" for name in near), detail.module_file)
