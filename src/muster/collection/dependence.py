"""Which test files must be imported by one process together, in session order, for each to fare as in the whole session.

A file depends on others where what it imports is resolved by something that a test file did to the process: an entry put
on `sys.path` (by code, or by pytest's own `prepend` and `append` import modes), a module put in `sys.modules`, a
submodule that somebody else imported, an environment variable, an attribute set on a module from outside. Both
directions count: a file that only imports well thanks to an earlier one, and a file that an earlier one breaks, or would
break were it earlier. What files share too little to disturb each other is left apart, so that workers can share it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from posixpath import basename, dirname, join, normpath

from muster.collection.nodeids import parents
from muster.execution.trace import ImportTrace
from muster.model.collection import PathEffect
from muster.ports import EntryKind, FileTree
from muster.resolver.finder import NamespacePackage, NotFound, resolve_on_path, search_each_entry


@dataclass(frozen=True, slots=True)
class SessionTrace:
    """A finished session, for the question which of its files belong together.

    `roots` maps each test file to the folder from which pytest counts its module name, and the first part of that name;
    pytest puts the folder on `sys.path` unless the import `mode` is `importlib`, where it puts the name's parents into
    `sys.modules` itself. `conftests` maps those that are loaded to the same
    folder; `cwd` is what relative entries start from.
    """

    files: Sequence[str]
    trace: ImportTrace
    effects: Sequence[PathEffect]
    roots: Mapping[str, tuple[str, str]]
    mode: str
    conftests: Mapping[str, str]
    cwd: str
    tree: FileTree


def dependent_groups(session: SessionTrace) -> tuple[tuple[str, ...], ...]:
    """The groups of two or more files that belong together, each in session order."""
    groups = _Groups(session.files)
    needs = _Needs(session)
    _join_by_search_path(session, needs, groups)
    _join_by_module_table(session, needs, groups)
    _join_by_submodules(session, needs, groups)
    _join_by_state(session, needs, groups)
    return groups.found()


class _Groups:
    """Disjoint sets of files (union by path halving)."""

    def __init__(self, files: Sequence[str]) -> None:
        self.place = {file: place for place, file in enumerate(files)}
        self.parent = {file: file for file in files}

    def _root(self, file: str) -> str:
        while self.parent[file] != file:
            self.parent[file] = self.parent[self.parent[file]]
            file = self.parent[file]
        return file

    def join(self, files: Iterable[str]) -> None:
        """Put these together; what is no test file of the session is passed over."""
        known = [file for file in files if file in self.parent]
        for other in known[1:]:
            self.parent[self._root(other)] = self._root(known[0])

    def found(self) -> tuple[tuple[str, ...], ...]:
        members: defaultdict[str, list[str]] = defaultdict(list)
        for file in self.place:
            members[self._root(file)].append(file)
        return tuple(tuple(group) for group in members.values() if len(group) > 1)


class _Needs:
    """What importing a test file would load were it alone: sets of modules and of code files, as bits of an integer.

    It is everything below the file in the graph of who asks for what, its conftests' part included.
    """

    def __init__(self, session: SessionTrace) -> None:
        self._bits: dict[str, int] = {}
        self._code: dict[str, int] = {}
        modules, code = self._closure(session.trace, {*session.files, *session.conftests})
        above = _conftests_above(session)
        self.modules = {file: _union(modules, (file, *above(file))) for file in session.files}
        self.code = {file: _union(code, (file, *above(file))) for file in session.files}
        self._tops: defaultdict[str, int] = defaultdict(int)
        for name, bit in self._bits.items():
            self._tops[name.partition(".")[0]] |= bit

    def _closure(self, trace: ImportTrace, start: set[str]) -> tuple[dict[str, int], dict[str, int]]:
        nodes = dict.fromkeys([*start, *trace.imports, *(file for files in trace.files.values() for file in files)])
        modules = {file: self._asked(trace, file) for file in nodes}
        code = {file: self._code_bit(file) for file in nodes}
        following = {file: _following(trace, file) for file in nodes}
        changed = True
        while (
            changed
        ):  # import cycles need more than one round; what was loaded last mostly asks for what was loaded before
            changed = False
            for file in reversed(nodes):
                more, ran = modules[file], code[file]
                for other in following[file]:
                    more |= modules[other]
                    ran |= code[other]
                if more != modules[file] or ran != code[file]:
                    modules[file], code[file], changed = more, ran, True
        return modules, code

    def _asked(self, trace: ImportTrace, file: str) -> int:
        bits = 0
        for name in trace.imports.get(file, ()):
            if basename(file) == "conftest.py" and file in trace.files.get(name, ()):
                continue  # pytest imports it by its place, whatever else has its name
            for each in _with_parents(name):
                bits |= self._bits.setdefault(each, 1 << len(self._bits))
        return bits

    def _code_bit(self, file: str) -> int:
        return self._code.setdefault(file, 1 << len(self._code))

    def users_of(self, top_level: str) -> set[str]:
        """The test files that need a module of this top-level name."""
        bits = self._tops.get(top_level, 0)
        return {file for file, modules in self.modules.items() if modules & bits} if bits else set()

    def users_of_module(self, name: str) -> set[str]:
        """The test files that need this module or one below it."""
        prefix = name + "."
        bits = sum(bit for each, bit in self._bits.items() if each == name or each.startswith(prefix))
        return {file for file, modules in self.modules.items() if modules & bits}

    def lacks_module(self, file: str, name: str) -> bool:
        """Whether the test file would not load this module."""
        return not self.modules[file] & self._bits.get(name, 0)

    def running(self, code: str) -> list[str]:
        """The test files for which the code of this file runs."""
        bit = self._code.get(code, 0)
        return [file for file, ran in self.code.items() if ran & bit]


def _conftests_above(session: SessionTrace) -> Callable[[str], tuple[str, ...]]:
    by_folder = {dirname(path): path for path in session.conftests}

    @cache
    def above(folder: str) -> tuple[str, ...]:
        return tuple(by_folder[each] for each in (folder, *parents(folder)) if each in by_folder)

    return lambda file: above(dirname(file))


def _union(bits: Mapping[str, int], files: Iterable[str]) -> int:
    union = 0
    for file in files:
        union |= bits.get(file, 0)
    return union


def _following(trace: ImportTrace, file: str) -> set[str]:
    return {
        other
        for name in trace.imports.get(file, ())
        for each in _with_parents(name)
        for other in trace.files.get(each, ())
    }


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


# sys.path


def _join_by_search_path(session: SessionTrace, needs: _Needs, groups: _Groups) -> None:
    base = dict.fromkeys(_absolute(session.cwd, entry) for entry in session.trace.base)
    owners = _owners(session, needs, base)
    names = {name.partition(".")[0] for entry in owners for name in session.tree.listing(entry)}
    for name in sorted(names):
        # `prepend` puts a file's own folder first: nobody else can offer the file's own name.
        wanting = {file for file in needs.users_of(name) if session.mode != "prepend" or session.roots[file][1] != name}
        if wanting:
            _join_by_name(session, name, wanting, [*base, *owners], owners, groups)
    _join_namesakes(session, groups)
    _join_by_spec(session, needs, groups)


def _join_by_name(
    session: SessionTrace,
    name: str,
    wanting: set[str],
    entries: Sequence[str],
    owners: Mapping[str, set[str]],
    groups: _Groups,
) -> None:
    """Join those that want `name` with those that put on the path what decides which one they get."""
    found = dict(search_each_entry(session.tree, name, entries))
    offering = [entry for entry in found if found[entry] != NotFound()]
    whole = [entry for entry in offering if not isinstance(found[entry], NamespacePackage)]
    added = [entry for entry in offering if entry in owners]
    if not added or (len(whole) == 1 and whole[0] not in owners):
        return  # a lone regular package or module wins over bare folders, wherever they stand (PEP 420)
    if len(offering) == 1:
        _join_by_only_entry(wanting - owners[added[0]], owners[added[0]], groups)
        return
    involved = {file for entry in added for file in owners[entry]}
    if wanting <= involved and all(owners[entry] >= wanting for entry in added):
        return
    groups.join([*wanting, *involved])


def _join_by_only_entry(strangers: set[str], putting: set[str], groups: _Groups) -> None:
    """Nothing else has the module: who does not put the entry there finds it once somebody has, the first who does."""
    first = min((groups.place[file] for file in putting if file in groups.place), default=0)
    early = [file for file in strangers if groups.place[file] < first]
    needed = [file for file in putting if early or groups.place.get(file) == first]
    if strangers:
        groups.join([*needed, *strangers])


def _owners(session: SessionTrace, needs: _Needs, base: Iterable[str]) -> dict[str, set[str]]:
    """By entry that is not there from the start: the test files that put it on the path, or would if it were missing."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for effect in session.effects:
        if effect.kind not in ("module", "remove", "pytest"):
            owners[_absolute(session.cwd, effect.value)].update(needs.running(effect.culprit.path))
    for code, asked in session.trace.asked.items():
        for entry in asked:
            if _absolute(session.cwd, entry) in owners:
                owners[_absolute(session.cwd, entry)].update(needs.running(code))
    for file, (root, _) in session.roots.items():
        if session.mode != "importlib":
            owners[root].add(file)
    for path, root in session.conftests.items():
        if session.mode != "importlib":
            owners[root].update(needs.running(path))
    present = set(base)
    return {entry: files for entry, files in owners.items() if entry not in present}


def _join_namesakes(session: SessionTrace, groups: _Groups) -> None:
    """Test files of one module name: only one of them is imported, the others do not match (`import file mismatch`)."""
    namesakes: defaultdict[str, list[str]] = defaultdict(list)
    for file, (root, _) in session.roots.items():
        if root:
            namesakes[file.removeprefix(root)].append(file)
    for files in namesakes.values():
        groups.join(files)
    packages: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file, (root, top) in session.roots.items():
        if root and session.tree.kind(join(root, top)) is EntryKind.FOLDER:
            packages[top][root].append(file)
    for by_root in packages.values():
        if len(by_root) > 1:
            # Two packages of one name: the first that is imported wins for both.
            groups.join([file for files in by_root.values() for file in files])


def _join_by_spec(session: SessionTrace, needs: _Needs, groups: _Groups) -> None:
    """`importlib` mode makes `pkg` importable from then on, once it has imported `pkg/test_x.py`, wherever that lies."""
    if session.mode != "importlib":
        return
    base = [_absolute(session.cwd, entry) for entry in session.trace.base]
    packages: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for file, place in session.roots.items():
        packages[place].append(file)
    for (root, top), files in packages.items():
        ordinary = resolve_on_path(session.tree, top, base)
        if ordinary != resolve_on_path(session.tree, top, [root]):
            groups.join([*files[:1], *(needs.users_of(top) - set(files))])


def _absolute(cwd: str, entry: str) -> str:
    return normpath(join(cwd, entry))


# sys.modules


def _join_by_module_table(session: SessionTrace, needs: _Needs, groups: _Groups) -> None:
    """Who sets or drops a module joins those that need it; who looks whether it is there, those that load it."""
    trace = session.trace
    for code, names in trace.replaced.items():
        changing = needs.running(code)
        for name in names:
            strangers = needs.users_of_module(name).difference(changing)
            if strangers:
                groups.join([*changing, *strangers])
    for code, names in trace.looked.items():
        if code not in groups.place and code not in session.conftests:
            continue  # shared code looks for the module of its caller (`sys.modules[cls.__module__]`), which is there
        for name in names:
            lacking = [file for file in needs.running(code) if needs.lacks_module(file, name)]
            if lacking and name in trace.files:
                groups.join([*lacking, *needs.users_of_module(name)])


def _join_by_submodules(session: SessionTrace, needs: _Needs, groups: _Groups) -> None:
    """`pkg.sub` works after `import pkg` alone only where somebody else has imported `pkg.sub`."""
    for code, names in session.trace.reached.items():
        running = needs.running(code)
        for name in names:
            lacking = [file for file in running if needs.lacks_module(file, name)]
            if lacking:
                groups.join([*session.trace.loaders.get(name, ()), *lacking])


# Everything else that the process holds


def _join_by_state(session: SessionTrace, needs: _Needs, groups: _Groups) -> None:
    """Environment variables and attributes: who looks at what somebody else has changed."""
    trace = session.trace
    for changes, looks in ((trace.written, trace.read), (trace.patched, trace.got)):
        changers: defaultdict[str, set[str]] = defaultdict(set)
        for code, names in changes.items():
            for name in names:
                changers[name].update(needs.running(code))
        for code, names in looks.items():
            for name in names & changers.keys():
                strangers = [file for file in needs.running(code) if file not in changers[name]]
                if strangers:
                    groups.join([*changers[name], *strangers])
