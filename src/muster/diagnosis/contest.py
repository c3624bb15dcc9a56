"""Two modules of one name: which one won the import, which one lost, and what would be found without an entry."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname

from muster.diagnosis.case import Case
from muster.diagnosis.roots import Failure
from muster.model.collection import ModuleMissing, NameMissing
from muster.ports import EntryKind
from muster.resolver.finder import (
    BinaryModule,
    Found,
    NamespacePackage,
    RegularPackage,
    SourceModule,
    folder_of,
    place_of,
    resolve_dotted,
    resolve_on_path,
)


@dataclass(frozen=True, slots=True)
class Contest:
    """The top-level `module` was met below `entry` as `winner`; without that entry the import would have found
    `loser`."""

    module: str
    winner: Found
    entry: str
    loser: Found
    search_path: tuple[str, ...]


def find_contest(failure: Failure, case: Case) -> Contest | None:
    """The contest that the failing import lost, or None where there was none."""
    detail = failure.exception.detail
    if not isinstance(detail, ModuleMissing | NameMissing):
        return None
    winner, target = winner_of(detail, case), detail.name if isinstance(detail, ModuleMissing) else detail.module
    if winner is None:
        return None
    top = target.partition(".")[0]
    met = target.rpartition(".")[0] if isinstance(detail, ModuleMissing) else target
    entry = entry_of(winner, met)
    search_path = case.search_path(detail, failure.report.path)
    rest = tuple(each for each in search_path if each != entry)
    loser = resolve_dotted(case.tree, target, rest)
    if loser is None or place_of(loser) == winner or not _would_serve(loser, detail, case):
        return None
    won, lost = resolve_on_path(case.tree, top, (entry,)), resolve_on_path(case.tree, top, rest)
    if not isinstance(won, Found) or not isinstance(lost, Found):
        return None
    return Contest(top, won, entry, lost, search_path)


def describe(found: Found) -> str:
    """What kind of module it is, in the import system's own words."""
    match found:
        case SourceModule():
            return "a module"
        case RegularPackage():
            return "a regular package"
        case NamespacePackage():
            return "a namespace package"
        case BinaryModule():
            return "an extension module"


def winner_of(detail: ModuleMissing | NameMissing, case: Case) -> str | None:
    """The file (or namespace folder) of the module that was met instead."""
    if isinstance(detail, NameMissing):
        return detail.module_file or _namespace_folder(detail, case)
    if "." not in detail.name:
        return None
    if detail.parent_file:
        return detail.parent_file
    if len(detail.search_path) != 1 or detail.parent_is_module:
        return None
    folder = case.entry(detail.search_path[0])
    package = folder + "/__init__.py"
    return package if case.tree.kind(package) is EntryKind.FILE else folder


def _namespace_folder(detail: NameMissing, case: Case) -> str | None:
    """The first portion of the namespace package that was asked for a name."""
    found = resolve_dotted(case.tree, detail.module, case.search_path(detail, detail.importer))
    return found.portions[0] if isinstance(found, NamespacePackage) else None


def entry_of(winner: str, dotted: str) -> str:
    """The search path entry below which `winner` is `dotted`."""
    folder = dirname(winner) if winner.endswith(".py") else winner
    ups = len(dotted.split(".")) - (0 if winner.endswith("/__init__.py") or not winner.endswith(".py") else 1)
    for _ in range(ups):
        folder = dirname(folder)
    return folder


def _would_serve(loser: Found, detail: ModuleMissing | NameMissing, case: Case) -> bool:
    """Whether the import would go well with `loser`; of a module that nothing can be read of, it might."""
    if isinstance(detail, ModuleMissing):
        return True
    name = detail.name
    if any(isinstance(resolve_on_path(case.tree, name, (folder,)), Found) for folder in folder_of(loser)):
        return True
    match loser:
        case SourceModule(path=path) | RegularPackage(path=path):
            facts = case.facts(path)
            return name in facts.all_names or "__getattr__" in facts.all_names
        case BinaryModule():
            return True
        case NamespacePackage():
            return False
