"""What became of paths and names, and which commit wrote an import: the questions of a check, answered from one walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from muster.adapters.git_log import Change, Entry, log_of_definitions
from muster.adapters.git_since import since_when
from muster.adapters.git_versions import Versions
from muster.adapters.git_walk import LATE, ROUNDS, UNCOMMITTED, Walk
from muster.facts.outline import Definition, outline
from muster.model.commit import Commit
from muster.model.history import Chronicle, Fault, HistoryQuestions, NameTrace, PathTrace, Step

MOST_TAKERS = 60
"""Files of one commit that are searched for the names of a deleted one."""


MOST_TAKEN = 3

PICKAXE_S = 1.0
"""So long at most every change of the history is searched for names that nothing else explains."""


@dataclass(frozen=True, slots=True)
class _Removal:
    """A commit that took a name out of a file, and both versions of the file."""

    commit: Commit
    before: str
    after: str


class Inquiry:
    """One round of questions, on its way to the answers."""

    def __init__(self, walk: Walk, versions: Versions, questions: HistoryQuestions) -> None:
        self._walk = walk
        self._versions = versions
        self._questions = questions
        self._starred: set[str] = set()

    def answer(self) -> Chronicle:
        """All that can be told."""
        asked = self._questions
        self._walk.visit(
            (
                *asked.paths,
                *(path for path, _ in asked.names),
                *(path for path, _, _ in asked.imports),
                *asked.origins,
                *(fault.path for fault in asked.faults),
            )
        )
        since = self._since(asked.faults)
        paths = {path: trace for path in asked.paths if (trace := self._trace(path)) is not None}
        names = self._names(asked.names)
        imports = {key: commit for key in asked.imports if (commit := self._import(*key)) is not None}
        origins = {path: trace for path in asked.origins if (trace := self._past(path)) is not None}
        notes: dict[str, None] = {}
        lost = self._lost(paths, names, notes)
        starred, gaps = frozenset(self._starred), tuple(self._walk.gaps)
        return Chronicle(True, paths, names, imports, origins, since, lost, starred, gaps, tuple(notes))

    def _since(self, faults: Sequence[Fault]) -> dict[Fault, Commit]:
        """The commit of each fault, newest first in git's order: commits of one script can share their second."""
        found = [(fault, commit) for fault in faults if (commit := since_when(fault, self._walk, self._versions))]
        return dict(sorted(found, key=lambda pair: self._walk.position(pair[1].sha)))

    # Paths ----------------------------------------------------------------------------------------------------------

    def _trace(self, path: str) -> PathTrace | None:
        if path in self._walk.present:
            return PathTrace(
                path,
                (Step("deleted", path, UNCOMMITTED),),
                self._versions.read(f"{self._walk.repository.head}:{self._walk.short(path)}"),
            )
        self._follow_all()
        steps: list[Step] = []
        seen, current, source = {path}, path, b""
        for _ in range(ROUNDS):
            self._walk.visit([current])
            deleted = self._walk.deletion(current)
            if deleted is None:
                break
            step = self._step(*deleted, current)
            source = self._versions.read(deleted[1].before) or source
            steps.append(step)
            if not step.to or step.to in self._walk.present or step.to in seen:
                break
            seen.add(step.to)
            current = step.to
        return PathTrace(path, tuple(steps), source) if steps else None

    def _follow_all(self) -> None:
        """Look at all deleting commits of the questions in one go."""
        deleting = [found[0].commit.sha for path in self._questions.paths if (found := self._walk.deletion(path))]
        self._walk.look_at(deleting)

    def _step(self, entry: Entry, change: Change, path: str) -> Step:
        """What the commit did to `path`: git's own word first, then whole folders, then the names that it held."""
        self._walk.look_at([entry.commit.sha])
        whole = self._walk.whole(entry.commit.sha)
        if whole is not None:
            for other in whole.changes:
                if other.status == "R" and self._walk.place(other.source) == path:
                    return Step("renamed", path, entry.commit, self._walk.place(other.path), other.likeness)
            folder = _moved_folder(self._walk.short(path), whole.changes)
            if folder and self._walk.place(folder) in self._known_after(whole):
                return Step("renamed", path, entry.commit, self._walk.place(folder))
        taken = self._taker(entry, change)
        return Step("moved", path, entry.commit, taken) if taken else Step("deleted", path, entry.commit)

    def _known_after(self, whole: Entry) -> frozenset[str]:
        return self._walk.present | {self._walk.place(change.path) for change in whole.changes if change.status in "AR"}

    def _taker(self, entry: Entry, change: Change) -> str:
        """The file that took most of the names of a deleted one, in the same commit or one next to it."""
        names = _public(self._versions.read(change.before))
        if not names or self._walk.is_late("where the names of deleted files went was"):
            return ""
        commit = entry.commit.sha
        near = [commit, *self._walk.children_of(commit)[:2], *entry.parents[:1]]
        self._walk.look_at(near)
        best, most = "", 0.0
        for sha in near:
            whole = self._walk.whole(sha)
            share, path = self._best_taker(names, whole, change.path) if whole else (0.0, "")
            if share > most:
                best, most = path, share
            if most >= 0.99:
                break
        return best if most >= 0.5 else ""

    def _best_taker(self, names: frozenset[str], whole: Entry, gone: str) -> tuple[float, str]:
        candidates = [change for change in _written(whole.changes) if change.path != gone]
        found = []
        for change in candidates[:MOST_TAKERS]:
            if self._walk.left_s() <= 0:
                break
            new = _public(self._versions.read(change.after)) - _public(self._versions.read(change.before))
            found.append((len(names & new) / len(names), self._walk.place(change.path)))
        return max(found, default=(0.0, ""))

    # Names ----------------------------------------------------------------------------------------------------------

    def _names(self, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], NameTrace]:
        """What became of each name, where any commit took it out of its file."""
        removals = {key: removal for key in asked if (removal := self._removal_of(*key)) is not None}
        self._walk.look_at(removal.commit.sha for removal in removals.values())
        return {key: self._name_trace(*key, removal) for key, removal in removals.items()}

    def _removal_of(self, path: str, name: str) -> _Removal | None:
        """The newest commit that took `name` out of the file, followed back over the file's own renames."""
        current, seen = path, {path}
        for _ in range(ROUNDS):
            self._walk.visit([current])
            for entry, change in self._walk.events_of(current):
                if self._walk.is_late("older versions of some files were"):
                    return None
                if self._versions.has_star(change.before) or self._versions.has_star(change.after):
                    self._starred.add(path)
                if change.before and self._versions.loses(change.before, change.after, name):
                    return _Removal(entry.commit, change.before, change.after)
            origin = self._walk.origin(current)
            if origin is None or origin[1] in seen:
                return None
            entry, source, before, after = origin
            if self._versions.loses(before, after, name):
                return _Removal(entry.commit, before, after)
            seen.add(source)
            current = source
        return None

    def _past(self, path: str) -> PathTrace | None:
        """The renames that brought a file of today to where it is, oldest first."""
        steps: list[Step] = []
        current, seen = path, {path}
        for _ in range(ROUNDS):
            self._walk.visit([current])
            origin = self._walk.origin(current)
            if origin is None or origin[1] in seen:
                break
            steps.insert(0, Step("renamed", origin[1], origin[0].commit, current))
            current = origin[1]
            seen.add(current)
        return PathTrace(path, tuple(steps)) if steps else None

    def _name_trace(self, path: str, name: str, removal: _Removal) -> NameTrace:
        definition = self._versions.outline(removal.before).get(name)
        if definition is None:
            return NameTrace(path, name, removal.commit)
        added, same = self._versions.successors(removal.before, removal.after, definition)
        taken = tuple(self._taken_by_others(path, definition, removal.commit))
        return NameTrace(path, name, removal.commit, definition.text, definition.kind, added, same, taken)

    def _taken_by_others(self, path: str, gone: Definition, commit: Commit) -> Iterator[tuple[str, str]]:
        """Files that gained the name in the same commit, then those that gained its text under another name."""
        whole = self._walk.whole(commit.sha)
        found: list[tuple[float, str, str]] = []
        for change in _written(whole.changes if whole else ())[:MOST_TAKERS]:
            place = self._walk.place(change.path)
            if place == path or self._walk.is_late("which files took what a commit removed was"):
                continue
            for score, name in self._versions.gains(change.before, change.after, gone):
                found.append((-score, place, name))
        yield from ((place, name) for _, place, name in sorted(found)[:MOST_TAKEN])

    def _lost(
        self, paths: Mapping[str, PathTrace], names: Mapping[tuple[str, str], NameTrace], notes: dict[str, None]
    ) -> dict[str, NameTrace]:
        """The commits that took away the last definition of names that nothing else explains, wherever they were."""
        known = {name for _, name in names} | {name for trace in paths.values() for name in outline(trace.source)}
        wanted = [name for name in self._questions.lost if name not in known and _is_searchable(name)]
        left_s = min(self._walk.left_s() / 2, PICKAXE_S)
        log = log_of_definitions(self._walk.repository, wanted, left_s) if wanted and left_s else None
        found: dict[str, NameTrace] = {}
        for entry in log.entries if log is not None else ():
            for change in entry.changes if self._walk.left_s() else ():
                for name in wanted:
                    if name not in found and self._versions.loses(change.before, change.after, name):
                        gone = self._versions.outline(change.before)[name]
                        found[name] = NameTrace(self._walk.place(change.path), name, entry.commit, gone.text, gone.kind)
        missing = ", ".join(f"'{name}'" for name in wanted if name not in found)
        if missing and (log is None or not log.is_whole):
            notes[f"{LATE}whether any file ever defined {missing} was not looked at to the end"] = None
        elif missing and log is not None and log.failure:
            notes[f"git could not search every change for {missing}: {log.failure}"] = None
        return found

    # Imports --------------------------------------------------------------------------------------------------------

    def _import(self, path: str, module: str, name: str) -> Commit | None:
        """The commit that wrote the import, followed back over the file's own renames."""
        current, seen = path, {path}
        for _ in range(ROUNDS):
            self._walk.visit([current])
            for entry, change in self._walk.events_of(current):
                if self._walk.is_late("who wrote some of the imports was"):
                    return None
                if not change.after or not self._versions.imports(change.after, module, name):
                    if change.status == "A":
                        return None
                    continue
                if change.before and not self._versions.imports(change.before, module, name):
                    return entry.commit
            origin = self._walk.origin(current)
            if origin is None:
                return self._walk.creation(current)
            entry, source, before, _ = origin
            if source in seen or not self._versions.imports(before, module, name):
                return entry.commit
            seen.add(source)
            current = source
        return None


def _is_searchable(name: str) -> bool:
    """Whether git's regular expressions take the name as it stands, and as one word."""
    return name.isascii() and name.isidentifier()


def _written(changes: Sequence[Change]) -> list[Change]:
    """Those that left a Python file with other content."""
    return [change for change in changes if change.status in "AMR" and change.path.endswith(".py")]


def _public(source: bytes) -> frozenset[str]:
    return frozenset(
        each.name for each in outline(source).values() if each.kind != "import" and not each.name.startswith("__")
    )


def _moved_folder(path: str, changes: Sequence[Change]) -> str:
    """Where `path` lies if its whole folder was renamed: as most of its neighbours went."""
    folder, _, name = path.rpartition("/")
    found: dict[str, int] = {}
    while folder:
        for change in changes:
            if change.status == "R" and change.source.startswith(folder + "/"):
                rest = change.source.removeprefix(folder)
                if change.path.endswith(rest):
                    target = change.path.removesuffix(rest)
                    found[target] = found.get(target, 0) + 1
        if found:
            best = max(sorted(found), key=lambda target: found[target])
            return f"{best}/{name}"
        folder, _, last = folder.rpartition("/")
        name = f"{last}/{name}"
    return ""
