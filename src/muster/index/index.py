"""Where a name lives, who imports it, and how: questions to one survey of a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import dirname

from muster.facts.module_facts import ModuleFacts
from muster.index.bindings import Binding, binding_of, methods_named
from muster.index.listing import python_files
from muster.index.search import Hits, MentionsOf, read_each, search_words
from muster.index.sightings import ImportLine, ModuleSighting, NameSighting
from muster.index.spelling import spell
from muster.ports import FileTree

FactsOf = Callable[[str], ModuleFacts]
"""The facts of one file of the tree; a file that cannot be read yields facts with a problem."""

MAX_PARSED = 40
"""A name that more files define (`main`, `run`) is too common for a definition elsewhere to mean anything."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a survey looks for: bare names, and dotted modules."""

    names: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()

    def words(self) -> frozenset[str]:
        """The identifiers to search for: names, and the last part of every module; the first is in far too many files."""
        tails = {module.rpartition(".")[2] for module in self.modules}
        return frozenset(word for word in self.names | tails if word and word != "*")


@dataclass(frozen=True)
class Index:
    """The answers to one `Wanted`; asking for anything else finds modules, but neither definitions nor importers."""

    tree: FileTree
    list_files: Callable[[], tuple[str, ...]]
    roots: tuple[str, ...]
    facts: FactsOf
    hits: Hits = field(default_factory=Hits)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every Python file of the tree; listed when a question first needs it."""
        return self.list_files()

    def locate_module(self, dotted: str) -> tuple[ModuleSighting, ...]:
        """Files and packages whose path ends with the last part of `dotted`, the most parts in common first."""
        parts = dotted.split(".")
        found = [self._sighting(path, parts) for path in self._by_tail.get(parts[-1], ())]
        return tuple(sorted(found, key=lambda sighting: (-sighting.shared, sighting.path)))

    def locate_name(self, name: str) -> tuple[NameSighting, ...]:
        """Where module level defines `name`, definitions before re-exports, by path; none for a name too common to
        tell."""
        definers = self.hits.definers.get(name, [])
        importers = [line.path for line in self.hits.imports.get(name, []) if line.name == name]
        reexporters = [path for path in dict.fromkeys(importers) if path.endswith("/__init__.py")]
        if len(definers) > MAX_PARSED:
            return ()
        paths = dict.fromkeys([*definers, *reexporters[:MAX_PARSED]])
        found = [(path, binding_of(self.facts(path), name)) for path in paths]
        sightings = [self._named(path, binding) for path, binding in found if binding is not None]
        return tuple(sorted(sightings, key=lambda each: (each.kind == "import", each.path, each.line)))

    def locate_method(self, name: str) -> tuple[NameSighting, ...]:
        """Classes at module level that define `name` as a method (`Class.name`), by path; none for a name too common."""
        definers = self.hits.definers.get(name, [])
        if len(definers) > MAX_PARSED:
            return ()
        found = [(path, binding) for path in definers for binding in methods_named(self.facts(path), name)]
        return tuple(self._named(path, binding) for path, binding in found)

    def importers_of(self, module: str, name: str = "") -> tuple[ImportLine, ...]:
        """The statements that import `name` from `module`, or the module itself (`import m`, `from p import m`)."""
        parent, _, last = module.rpartition(".")
        lines = self.hits.imports.get(name or last, [])
        if name:
            return tuple(line for line in lines if line.module == module and line.name == name)
        return tuple(line for line in lines if line.module == module or (line.module == parent and line.name == last))

    def spellings_of(self, word: str) -> tuple[ImportLine, ...]:
        """Every statement that imports `word` as a name, wherever from."""
        return tuple(line for line in self.hits.imports.get(word, []) if line.name == word)

    def imports_of(self, word: str) -> tuple[ImportLine, ...]:
        """Every statement that binds `word` by an import: as a name, or as a top-level module."""
        return tuple(line for line in self.hits.imports.get(word, []) if word in (line.name, line.module))

    def names_in(self, path: str) -> tuple[str, ...]:
        """The identifiers that module level of `path` binds."""
        return self.facts(path).all_names

    @cached_property
    def top_level_modules(self) -> frozenset[str]:
        """The first parts of all module names that some root gives a file of the tree."""
        names = (spell(path, [root]) for path in self.files for root in self.roots)
        return frozenset(name.partition(".")[0] for name in names if name)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a Python file, at any depth."""
        found: set[str] = set()
        for path in self.files:
            folder = dirname(path)
            while folder not in found and len(folder) > 1:
                found.add(folder)
                folder = dirname(folder)
        return frozenset(found)

    @cached_property
    def _by_tail(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for path in self.files:
            stem = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
            table.setdefault(stem, []).append(path)
        packages = {dirname(path) for path in self.files if path.endswith("/__init__.py")}
        for folder in sorted(self.folders - packages):
            table.setdefault(folder.rpartition("/")[2], []).append(folder)
        return table

    def _sighting(self, path: str, parts: Sequence[str]) -> ModuleSighting:
        own = path.removesuffix("/__init__.py").removesuffix(".py").split("/")
        shared = 0
        while shared < len(parts) and shared < len(own) and parts[-1 - shared] == own[-1 - shared]:
            shared += 1
        return ModuleSighting(path, spell(path, self.roots), shared)

    def _named(self, path: str, binding: Binding) -> NameSighting:
        return NameSighting(binding.name, path, binding.line, binding.kind, spell(path, self.roots))


def survey(
    tree: FileTree,
    root: str,
    wanted: Wanted,
    facts: FactsOf,
    roots: Iterable[str] = (),
    list_files: Callable[[], tuple[str, ...]] | None = None,
    mentions: MentionsOf | None = None,
) -> Index:
    """An index of the tree under `root` for what is `wanted`; `roots` are the path entries that spell its modules.

    Reads every Python file that `mentions` does not know yet, and none where nothing is wanted; parses none before a
    question needs it. `list_files` saves listing the tree again.
    """
    listed = list_files or (lambda: python_files(tree, root))
    entries = tuple(dict.fromkeys([*roots, root]))
    words = wanted.words()
    hits = search_words(mentions or read_each(tree), listed(), words, entries) if words else Hits()
    return Index(tree, listed, entries, facts, hits)
