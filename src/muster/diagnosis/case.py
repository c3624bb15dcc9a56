"""Everything that a rule may look at, and the few questions that many rules ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname, join, normpath

from muster.diagnosis.declaration import Declaration, normal_name
from muster.diagnosis.declared import declared_distributions
from muster.diagnosis.questions import Answers, MissingModule, wanted_by
from muster.diagnosis.roots import Failure, Root, innermost_ours, is_ours
from muster.facts.module_facts import ModuleFacts
from muster.index.index import Index
from muster.index.sightings import ImportLine
from muster.index.spelling import spell
from muster.model.cause import Evidence
from muster.model.collection import Collection, ModuleMissing, NameMissing, PathEffect
from muster.model.environment import Distribution, Environment
from muster.model.invocation import Invocation
from muster.model.location import Location
from muster.ports import EntryKind, FileTree, ReadFailure


@dataclass(frozen=True)
class Case:
    """One session to be explained."""

    collection: Collection
    invocation: Invocation
    environment: Environment
    tree: FileTree
    answers: Answers

    @property
    def index(self) -> Index:
        """Where names and modules live in the tree."""
        return self.answers.index

    def facts(self, path: str) -> ModuleFacts:
        """What the file `path` says at module level."""
        return self.answers.index.facts(path)

    def show(self, path: str) -> str:
        """`path` as the reader knows it: relative to the rootdir where it lies below it, a folder with a slash at
        its end."""
        root = self.invocation.rootdir.rstrip("/") + "/"
        shown = "." if path + "/" == root else path.removeprefix(root)
        return shown + "/" if self.tree.kind(path) is EntryKind.FOLDER and not shown.endswith("/") else shown

    def name_folder(self, folder: str) -> str:
        """A folder in the middle of a sentence."""
        return "the root" if folder == self.invocation.rootdir else self.show(folder)

    def is_ours(self, path: str) -> bool:
        """Whether `path` belongs to the project."""
        return is_ours(path, self.invocation.rootdir)

    def spell(self, path: str) -> str:
        """The dotted name of a file of the project, or "" where it has none."""
        return spell(path, self.index.roots)

    def statement(self, path: str, line: int) -> Location:
        """The place, with the text of its line."""
        path = normpath(path)
        text = self.line_text(path, line)
        column = len(text) - len(text.lstrip()) + 1
        return Location(path, line, column, line, text.strip())

    def line_text(self, path: str, line: int) -> str:
        """One line of a file, "" where it cannot be read."""
        try:
            lines = self.tree.read(path).splitlines()
        except ReadFailure:
            return ""
        return lines[line - 1].decode("utf-8", "replace") if 0 < line <= len(lines) else ""

    def place_of(self, failure: Failure) -> Location:
        """Where the failure shows in the project: the innermost frame of ours, else the file as a whole."""
        frame = innermost_ours(failure.exception, self.invocation.rootdir) or failure.frame
        return self.statement(frame.path, frame.line) if frame else Location(failure.report.path)

    def wanted(self, root: Root, name: str) -> MissingModule:
        """What the failures of `root` want of the missing module `name`: as their statements spell it, else as was asked."""
        found = wanted_by(root.failures, name, self.facts)
        return found if found.asked else self.answers.missing_module(name)

    def importers(self, lines: Sequence[ImportLine]) -> tuple[Evidence, ...]:
        """How the files that import something well spell it, and how many they are; nothing where nobody does."""
        if not lines:
            return ()
        first = lines[0]
        who = "files import" if (files := len({line.path for line in lines})) != 1 else "file imports"
        return (Evidence("importers", f"{files} {who} it today: {first}", first.path, first.line),)

    def places_of(self, root: Root, kind: str, limit: int = 5) -> tuple[Evidence, ...]:
        """One piece of evidence for each place where the root shows, the first `limit` of them."""
        places = dict.fromkeys(self.place_of(failure) for failure in root.failures)
        shown = [Evidence(kind, each.text, each.path, each.line) for each in list(places)[:limit]]
        if len(places) > limit:
            shown.append(Evidence(kind, f"and {len(places) - limit} more places"))
        return tuple(shown)

    def entry(self, value: str) -> str:
        """A search path entry as an absolute, normal path; "" is the working directory."""
        return normpath(join(self.invocation.cwd, value))

    def search_path(self, detail: ModuleMissing | NameMissing, victim: str) -> tuple[str, ...]:
        """`sys.path` when the import failed: as recorded, else as the invocation and the earlier statements make it."""
        entries = detail.sys_path or (
            detail.search_path if isinstance(detail, ModuleMissing) and "." not in detail.name else ()
        )
        return tuple(dict.fromkeys(self.entry(each) for each in entries or self._reconstructed(victim)))

    def effects_before(self, victim: str) -> tuple[PathEffect, ...]:
        """The statements that had changed the search path or `sys.modules` when `victim` was collected, its own
        included."""
        position = self._positions.get(victim, len(self._positions))
        return tuple(effect for effect in self.collection.effects if not self._is_later(effect.during, position))

    @cached_property
    def _positions(self) -> dict[str, int]:
        """Each file to its place in the order of collection."""
        return {path: position for position, path in enumerate(self.collection.files)}

    def _is_later(self, during: str, position: int) -> bool:
        """Whether the file `during` ran only after the one at `position`."""
        is_later = self._positions.get(during, -1) > position
        if is_later or not during.endswith("/conftest.py"):
            return is_later
        # A conftest runs when its folder is entered; those at and above the arguments run before everything else
        # (`_pytest/config/__init__.py`, `_set_initial_conftests`).
        folder = dirname(during) + "/"
        is_initial = any((argument.path + "/").startswith(folder) for argument in self.invocation.arguments)
        return not is_initial and bool(self._positions) and self._first_below(folder) > position

    @cached_property
    def _first_positions(self) -> dict[str, int]:
        """What `_first_below` has found."""
        return {}

    def _first_below(self, folder: str) -> int:
        """The position of the first file below `folder` (with its final slash); behind all where there is none."""
        found = self._first_positions.get(folder)
        if found is None:
            below = (position for path, position in self._positions.items() if path.startswith(folder))
            found = self._first_positions[folder] = next(below, len(self._positions) + 1)
        return found

    @cached_property
    def initial_path(self) -> tuple[str, ...]:
        """`sys.path` before the first test file or conftest ran."""
        invocation = self.invocation
        working = (invocation.cwd,) if invocation.cwd_on_path else ()
        entries = (*invocation.pythonpath, *working, *self.environment.search_path)
        return tuple(dict.fromkeys(self.entry(each) for each in entries))

    def _reconstructed(self, victim: str) -> list[str]:
        path = list(self.initial_path)
        if self.invocation.import_mode != "importlib":
            # prepend and append put the first folder upwards that is no package on the path (pytest's python_path.py).
            path.insert(0, self.package_root(victim))
        for effect in self.effects_before(victim):
            value = self.entry(effect.value)
            if effect.kind in ("insert", "append", "assign", "pytest"):
                path.insert(min(max(effect.index, 0), len(path)), value)
            elif effect.kind == "remove" and value in path:
                path.remove(value)
        return path

    def package_root(self, path: str) -> str:
        """The first folder upwards of the file `path` that has no `__init__.py`."""
        folder = dirname(path)
        while len(folder) > 1 and self.tree.kind(folder + "/__init__.py") is EntryKind.FILE:
            folder = dirname(folder)
        return folder

    @cached_property
    def declarations(self) -> tuple[Declaration, ...]:
        """The distributions that the project's own files declare."""
        return declared_distributions(self.tree, self.invocation.rootdir)

    def declarations_for(self, path: str) -> tuple[Declaration, ...]:
        """What is declared by the nearest projects that the file `path` belongs to, the innermost first, then the root's."""
        found: list[Declaration] = []
        folder, root = dirname(path), self.invocation.rootdir
        while folder != root and folder.startswith(root.rstrip("/") + "/"):
            found.extend(self._declared_in(folder))
            folder = dirname(folder)
        return (*found, *self.declarations)

    def _declared_in(self, folder: str) -> tuple[Declaration, ...]:
        known = self._declared.get(folder)
        if known is None:
            known = self._declared[folder] = declared_distributions(self.tree, folder)
        return known

    @cached_property
    def resolved(self) -> dict[str, object]:
        """What the tree's own folders gave for a module, by its name: asked for again and again."""
        return {}

    @cached_property
    def _declared(self) -> dict[str, tuple[Declaration, ...]]:
        return {}

    @cached_property
    def environment_is_foreign(self) -> bool:
        """Whether the environment is probably not the one that runs the suite: no pytest, or nothing that is
        declared."""
        if not self.environment.pytest_version and "pytest" not in self.installed:
            return True
        runtime = {each.name for each in self.declarations} - {"pytest"}
        return bool(runtime) and runtime.isdisjoint(self.installed)

    def distribution_of(self, module: str) -> Distribution | None:
        """The installed distribution that provides the top-level module of `module`."""
        top = module.partition(".")[0]
        return next((each for each in self.environment.distributions if top in each.modules), None)

    @cached_property
    def installed(self) -> frozenset[str]:
        """The PEP 503 names of the installed distributions."""
        return frozenset(normal_name(each.name) for each in self.environment.distributions)
