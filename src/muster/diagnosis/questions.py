"""Everything that a diagnosis wants to know, gathered once; and the answers that the tree itself can give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from muster.diagnosis.roots import Failure, failures_of
from muster.index.bindings import Binding, imports_at
from muster.index.index import FactsOf, Index, Wanted, survey
from muster.index.search import MentionsOf
from muster.model.collection import Collection, ModuleMissing, NameMissing, UndefinedName
from muster.model.history import Chronicle
from muster.model.invocation import Invocation
from muster.ports import EntryKind, FileTree


@dataclass(frozen=True, slots=True)
class MissingModule:
    """A module that was not found: `asked` are the full names that importers spell, `names` what they want of any of them,
    `by_asked` what of each."""

    name: str
    asked: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    by_asked: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def names_of(self, asked: str) -> tuple[str, ...]:
        """What is wanted of the one module `asked`."""
        return next((names for module, names in self.by_asked if module == asked), self.names)


@dataclass(frozen=True, slots=True)
class MissingName:
    """A name that a module does not have."""

    module: str
    name: str
    module_file: str | None = None


@dataclass(frozen=True, slots=True)
class Questions:
    """All missing modules and names of a session, each once, in the order met."""

    modules: tuple[MissingModule, ...] = ()
    names: tuple[MissingName, ...] = ()
    undefined: tuple[str, ...] = ()

    def wanted(self, is_ours: Callable[[str], bool]) -> Wanted:
        """What to search the tree's files for; modules that are not the tree's (`is_ours`) have no place in it."""
        names = {missing.name for missing in self.names} | set(self.undefined)
        modules = {f"{missing.module}.{missing.name}" for missing in self.names}
        for missing in self.modules:
            if is_ours(missing.name):
                names.update(missing.names)
                modules.update((missing.name, *missing.asked))
        return Wanted(frozenset(names), frozenset(modules))


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found out: the tree's own index, and what its history tells. What was not asked is evidence too."""

    index: Index
    questions: Questions = Questions()
    history: Chronicle = field(default_factory=Chronicle)

    def missing_module(self, name: str) -> MissingModule:
        """What importers wanted of the module `name`."""
        known = (missing for missing in self.questions.modules if missing.name == name)
        return next(known, MissingModule(name))


def questions(collection: Collection, facts: FactsOf) -> Questions:
    """What has to be looked up to explain `collection`; `facts` are those of the importing files."""
    modules: dict[str, dict[str, None]] = {}
    names_of: dict[str, dict[str, None]] = {}
    names: dict[MissingName, None] = {}
    undefined: dict[str, None] = {}
    for failure in (*failures_of(collection), *failures_of(Collection(reports=collection.hidden))):
        match failure.exception.detail:
            case ModuleMissing(name=name):
                for asked, wanted in _asked(failure, name, facts):
                    modules.setdefault(name, {})[asked] = None
                    names_of.setdefault(name, {}).update(dict.fromkeys(wanted))
                modules.setdefault(name, {})
            case NameMissing(module=module, name=name, module_file=file):
                names[MissingName(module, name, file)] = None
            case UndefinedName(name=name):
                undefined[name] = None
            case _:
                pass
    found = tuple(MissingModule(name, tuple(asked), tuple(names_of.get(name, ()))) for name, asked in modules.items())
    return Questions(found, tuple(names), tuple(undefined))


def wanted_by(failures: Iterable[Failure], name: str, facts: FactsOf) -> MissingModule:
    """What these failures over the missing module `name` want of it."""
    asked: dict[str, dict[str, None]] = {}
    for failure in failures:
        for module, own in _asked(failure, name, facts):
            asked.setdefault(module, {}).update(dict.fromkeys(own))
    names = dict.fromkeys(each for wanted in asked.values() for each in wanted)
    by_asked = tuple((module, tuple(wanted)) for module, wanted in asked.items())
    return MissingModule(name, tuple(asked), tuple(names), by_asked)


def _asked(failure: Failure, name: str, facts: FactsOf) -> Iterator[tuple[str, Sequence[str]]]:
    """Full module names below `name` that the failing statement spells, with the names it wants of each."""
    if failure.frame is None:
        return
    statement = imports_at(facts(failure.frame.path), failure.frame.line)
    for module in dict.fromkeys(binding.module.lstrip(".") for binding in statement):
        asked = _absolute(module, name)
        if asked:
            yield asked, [each.original for each in statement if _is_wanted(each, module)]


def _is_wanted(binding: Binding, module: str) -> bool:
    return binding.module.lstrip(".") == module and binding.original not in ("", "*")


def _absolute(module: str, name: str) -> str:
    """`module`, perhaps written relatively, as an absolute name at or below the missing `name`, or ""."""
    if module == name or module.startswith(name + "."):
        return module
    return name if module and name.endswith("." + module) else ""


def answer_from_tree(
    asked: Questions, tree: FileTree, invocation: Invocation, facts: FactsOf, mentions: MentionsOf | None = None
) -> Answers:
    """The answers of the tree's own index: one pass over what its files mention, only hits are parsed.

    Files are read for that where `mentions`, which may know them already, is None.
    """
    layout = survey(tree, invocation.rootdir, Wanted(), facts, spelling_roots(tree, invocation))
    wanted = asked.wanted(lambda module: is_probably_ours(module, layout))
    index = survey(tree, invocation.rootdir, wanted, facts, layout.roots, lambda: layout.files, mentions)
    return Answers(index, asked)


def is_probably_ours(module: str, layout: Index) -> bool:
    """Whether the tree has the top level of `module`, or a file of its last name that it may have become."""
    return module.partition(".")[0] in layout.top_level_modules or bool(layout.locate_module(module))


def spelling_roots(tree: FileTree, invocation: Invocation) -> tuple[str, ...]:
    """The folders below which modules of the project are spelled: those that the invocation puts on the path, and
    `src`."""
    roots = list(invocation.pythonpath)
    if invocation.cwd_on_path:
        roots.append(invocation.cwd)
    source = invocation.rootdir.rstrip("/") + "/src"
    # A `src` that is itself a package is imported as `src.x` by the projects that have it.
    if tree.kind(source) is EntryKind.FOLDER and tree.kind(source + "/__init__.py") is None:
        roots.append(source)
    return tuple(dict.fromkeys([*roots, invocation.rootdir]))
