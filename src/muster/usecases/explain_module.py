"""`muster explain MODULE`: how an import resolves at one moment of the session, search path entry by entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from posixpath import join, normpath
from typing import assert_never

from muster.model.collection import Collection, ModuleMissing, NameMissing, Outcome
from muster.model.environment import Environment
from muster.model.invocation import Invocation
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
from muster.usecases.alone import plan_of_file
from muster.usecases.plan import Plan
from muster.usecases.report_paths import relative_path
from muster.usecases.search_path import search_path_at
from muster.usecases.simulate import Ports, Simulation, simulate


@dataclass(frozen=True, slots=True)
class EntryStep:
    """What one entry of the search path offers; `wins` where the import takes it. `origin` is the statement of an earlier file
    that put the entry there, "" for one that the session began with or pytest added itself."""

    entry: str
    offers: str
    wins: bool
    origin: str = ""


@dataclass(frozen=True, slots=True)
class PartStep:
    """One part of a dotted name: where it was looked for, what each entry offers, what came of it, and by which rule."""

    name: str
    searched: str
    entries: tuple[EntryStep, ...]
    result: str
    found: bool
    rule: str = ""


@dataclass(frozen=True, slots=True)
class ModuleExplanation:
    """How `module` resolves while `importer` is collected ("" for the session's beginning), and how if it were collected
    alone (None where the session does not collect it); `order` are the statements of earlier files that changed the path."""

    module: str
    importer: str
    steps: tuple[PartStep, ...]
    alone: tuple[PartStep, ...] | None = None
    order: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether every part was found."""
        return bool(self.steps) and self.steps[-1].found

    @property
    def depends_on_order(self) -> bool:
        """Whether the file alone would import something else, or nothing."""
        return self.alone is not None and _outcomes(self.alone) != _outcomes(self.steps)


def explain_module(ports: Ports, plan: Plan, module: str, importer: str = "") -> ModuleExplanation:
    """How `import module` resolves when the file at the absolute path `importer` does it in this session."""
    simulation = simulate(ports, plan.request)
    importer = importer or _first_victim(simulation.collection, module)
    statements = _statements_before(simulation.collection, simulation.invocation, importer, plan.root)
    steps = _steps(simulation, ports.tree, module, importer, plan.root, statements)
    if not importer:
        return ModuleExplanation(module, "", steps)
    alone = None
    if importer in simulation.collection.files:
        alone = _steps(
            simulate(ports, plan_of_file(plan, importer).request), ports.tree, module, importer, plan.root, {}
        )
    order = tuple(dict.fromkeys(statements.values()))
    return ModuleExplanation(module, relative_path(importer, plan.root), steps, alone, order)


def steps_of_import(
    simulation: Simulation, tree: FileTree, module: str, importer: str, root: str
) -> tuple[PartStep, ...]:  # fmt: skip
    """How `import module` resolves when the file at the absolute path `importer` does it in the session."""
    origins = _statements_before(simulation.collection, simulation.invocation, importer, root)
    return _steps(simulation, tree, module, importer, root, origins)


def _steps(
    simulation: Simulation, tree: FileTree, module: str, importer: str, root: str, origins: Mapping[str, str]
) -> tuple[PartStep, ...]:
    path = search_path_at(simulation.collection, simulation.invocation, simulation.environment, tree, importer)
    steps = _resolve(tree, simulation.environment, module, path, root)
    return tuple(
        replace(
            step, entries=tuple(replace(each, origin=origins.get(_absolute(each, root), "")) for each in step.entries)
        )
        if step.searched == "sys.path"
        else step
        for step in steps
    )


def _outcomes(steps: tuple[PartStep, ...]) -> list[tuple[str, str]]:
    return [(step.name, step.result) for step in steps]


def _absolute(step: EntryStep, root: str) -> str:
    return normpath(join(root, step.entry))


def _statements_before(collection: Collection, invocation: Invocation, importer: str, root: str) -> dict[str, str]:
    """Each entry that a statement of an earlier file or conftest put on the path, to that statement's place."""
    files = collection.files
    later = frozenset(files[files.index(importer) :]) if importer in files else frozenset()
    found: dict[str, str] = {}
    for effect in collection.effects:
        if effect.kind in ("insert", "append", "assign") and effect.culprit.line and effect.during not in later:
            place = f"{relative_path(effect.culprit.path, root)}:{effect.culprit.line}"
            found.setdefault(normpath(join(invocation.cwd, effect.value)), place)
    return found


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
    return PartStep(
        name, searched, entries, _result(name, found, root), is_found, _rule(tree, part, path, found)
    ), found


def _rule(tree: FileTree, part: str, path: tuple[str, ...], found: Resolution) -> str:
    """By which rule of the import system the winner wins, where more than one entry has something to offer."""
    offers = [offer for _, offer in search_each_entry(tree, part, path) if not isinstance(offer, NotFound)]
    if len(offers) < 2:
        return ""
    if isinstance(found, NamespacePackage):
        return "no entry has a regular package or module of that name: all portions together are the package (PEP 420)"
    if any(isinstance(offer, NamespacePackage) for offer in offers):
        return "a regular package or module always beats namespace portions, wherever it stands on the path (PEP 420)"
    return "the first entry that has the name wins; what later entries offer is never looked at"


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
            places = ", ".join(f"{relative_path(portion, root)}/" for portion in portions)
            return f"a namespace package, {places}: it would lose to a regular package on any later entry"
        case _:
            return _offer(found, root)
