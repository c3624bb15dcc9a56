"""`muster explain MODULE`: how an import resolves at one moment of the session, search path entry by entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from muster.model.collection import Collection, ModuleMissing, NameMissing, Outcome
from muster.model.environment import Environment
from muster.ports import FileTree
from muster.resolver.finder import (
    BinaryModule,
    NamespacePackage,
    NotFound,
    RegularPackage,
    Resolution,
    SourceModule,
    Undecided,
    folder_of,
    resolve_on_path,
    search_each_entry,
)
from muster.usecases.plan import Plan
from muster.usecases.report_paths import relative_path
from muster.usecases.search_path import search_path_at
from muster.usecases.simulate import Ports, simulate


@dataclass(frozen=True, slots=True)
class EntryStep:
    """What one entry of the search path offers; `wins` where the import takes it."""

    entry: str
    offers: str
    wins: bool


@dataclass(frozen=True, slots=True)
class PartStep:
    """One part of a dotted name: where it was looked for, what each entry offers, and what came of it."""

    name: str
    searched: str
    entries: tuple[EntryStep, ...]
    result: str
    found: bool


@dataclass(frozen=True, slots=True)
class ModuleExplanation:
    """How `module` resolves while `importer` is collected ("" for the session's beginning)."""

    module: str
    importer: str
    steps: tuple[PartStep, ...]

    @property
    def found(self) -> bool:
        """Whether every part was found."""
        return bool(self.steps) and self.steps[-1].found


def explain_module(ports: Ports, plan: Plan, module: str, importer: str = "") -> ModuleExplanation:
    """How `import module` resolves when the file at the absolute path `importer` does it in this session."""
    simulation = simulate(ports, plan.request)
    importer = importer or _first_victim(simulation.collection, module)
    search_path = search_path_at(
        simulation.collection, simulation.invocation, simulation.environment, ports.tree, importer
    )
    steps = _resolve(ports.tree, simulation.environment, module, search_path, plan.root)
    return ModuleExplanation(module, relative_path(importer, plan.root) if importer else "", steps)


def _first_victim(collection: Collection, module: str) -> str:
    """The first file that fails over `module`, which is the moment that a reader asks about."""
    for report in collection.reports:
        if report.outcome is Outcome.FAILED and report.exception is not None:
            match report.exception.detail:
                case ModuleMissing(name=name) | NameMissing(module=name) if _are_related(name, module):
                    return report.path
                case _:
                    pass
    return ""


def _are_related(one: str, other: str) -> bool:
    return one == other or one.startswith(other + ".") or other.startswith(one + ".")


def _resolve(
    tree: FileTree, environment: Environment, module: str, search_path: tuple[str, ...], root: str
) -> tuple[PartStep, ...]:
    steps: list[PartStep] = []
    path, searched, name = search_path, "sys.path", ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        if step := _known_step(environment, name):
            steps.append(step)
            path, searched = _preloaded_path(tree, environment, name), f"{name}.__path__"
            continue
        step, found = _part_step(tree, name, part, path, searched, root)
        steps.append(step)
        if isinstance(found, NotFound | Undecided):
            break
        path, searched = folder_of(found), f"{name}.__path__"
    return tuple(steps)


def _known_step(environment: Environment, name: str) -> PartStep | None:
    """The step of a module that no search path is asked for: built in, or imported before the first test file."""
    if name in environment.builtin_modules:
        return PartStep(name, "sys.modules", (), "is built into the interpreter", True)
    if name in environment.preloaded:
        file = environment.preloaded[name] or "no file"
        return PartStep(name, "sys.modules", (), f"was imported before collection began ({file})", True)
    return None


def _preloaded_path(tree: FileTree, environment: Environment, name: str) -> tuple[str, ...]:
    folder, _, file = environment.preloaded.get(name, "").rpartition("/")
    return (folder,) if file.startswith("__init__.") else ()


def _part_step(
    tree: FileTree, name: str, part: str, path: tuple[str, ...], searched: str, root: str
) -> tuple[PartStep, Resolution]:
    found = resolve_on_path(tree, part, path)
    entries = tuple(
        EntryStep(relative_path(entry, root) or ".", _offer(offer, root), _wins(offer, found))
        for entry, offer in search_each_entry(tree, part, path)
    )
    if not path and searched != "sys.path":
        parent = searched.removesuffix(".__path__")
        return PartStep(
            name, searched, (), f"'{parent}' is a module, not a package: nothing is below it", False
        ), NotFound()
    is_found = not isinstance(found, NotFound | Undecided)
    return PartStep(name, searched, entries, _result(name, found, root), is_found), found


def _offer(offer: Resolution, root: str) -> str:
    match offer:
        case SourceModule(path=path):
            return f"the module {relative_path(path, root)}"
        case RegularPackage(path=path):
            return f"the regular package {relative_path(path, root)}"
        case NamespacePackage(portions=portions):
            return f"a namespace portion {', '.join(relative_path(portion, root) for portion in portions)}/"
        case BinaryModule(path=path):
            return f"the extension module {relative_path(path, root)}"
        case Undecided(reason=reason):
            return f"undecided: {reason}"
        case NotFound():
            return ""
        case _:
            assert_never(offer)


def _wins(offer: Resolution, found: Resolution) -> bool:
    if isinstance(offer, NamespacePackage) and isinstance(found, NamespacePackage):
        return set(offer.portions) <= set(found.portions)
    return offer == found and not isinstance(offer, NotFound)


def _result(name: str, found: Resolution, root: str) -> str:
    match found:
        case NotFound():
            return f"no entry has '{name.rpartition('.')[2]}': ModuleNotFoundError"
        case NamespacePackage(portions=portions):
            parts = "portion" if len(portions) == 1 else "portions"
            return (
                f"a namespace package of {len(portions)} {parts}: it would lose to a regular package on any later entry"
            )
        case _:
            return _offer(found, root)
