"""git's history as evidence: what became of paths and names, and which commit wrote an import.

All questions share one walk over the history; the commits that took something away are then looked at once more, whole and
with renames detected. A file that was renamed is followed under its new name, round by round.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence

import msgspec

from muster.adapters.git_log import Change, Entry, Log, WholeLog, log_of_commits, log_of_merged
from muster.adapters.git_objects import Objects, Repository
from muster.adapters.git_versions import Versions
from muster.facts.outline import outline
from muster.model.commit import Commit
from muster.model.history import Chronicle, HistoryQuestions, NameTrace, PathTrace, Step
from muster.ports import FactCache

ROUNDS = 6
"""A file that was renamed more often is followed so far."""

MOST_COMMITS = 400
"""Commits that are looked at whole, the newest first."""

MOST_TAKERS = 60
"""Files of one commit that are searched for the names of a deleted one."""

LATE = "the time was up: "

_KIND = "history"
_FORMAT = "2"
"""Raised whenever other answers come out of the same history, so that older records are misses."""

UNCOMMITTED = Commit("", subject="a change that is not committed")


class GitHistory:
    """The history of the repository that holds `folder`, up to `revision`; without one, or without git, it tells nothing."""

    def __init__(self, folder: str, cache: FactCache | None = None, revision: str = "HEAD") -> None:
        self._folder = folder.rstrip("/") or "/"
        self._cache = cache
        self._revision = revision

    def ask(self, questions: HistoryQuestions, budget_s: float) -> Chronicle:
        """What git tells of all `questions` within the time."""
        deadline = time.monotonic() + budget_s
        if not questions:
            return Chronicle()
        repository = Repository(self._folder, self._revision)
        if not repository:
            return Chronicle(gaps=(f"no history: {repository.failure}",))
        # A commit's history never changes: what was told of it once holds, as far as it went in that time.
        key = _key(self._folder, repository, questions, budget_s)
        known = self._cache.load(_KIND, key) if self._cache else None
        if known is not None:
            return _decode(known)
        with repository.objects() as objects:
            told = _Inquiry(repository, objects, self._folder, questions, deadline).answer()
        if self._cache:
            self._cache.store(_KIND, key, _encode(told))
        return told


_encoder = msgspec.msgpack.Encoder()
_Imports = list[tuple[tuple[str, str, str], Commit]]
_Record = tuple[bool, list[PathTrace], list[NameTrace], _Imports, list[PathTrace], list[str], tuple[str, ...]]
_decoder = msgspec.msgpack.Decoder(_Record)


def _encode(told: Chronicle) -> bytes:
    imports = list(told.imports.items())
    names, origins = list(told.names.values()), list(told.origins.values())
    return _encoder.encode(
        (told.asked, list(told.paths.values()), names, imports, origins, sorted(told.starred), told.gaps)
    )


def _decode(record: bytes) -> Chronicle:
    asked, paths, names, imports, origins, starred, gaps = _decoder.decode(record)
    return Chronicle(
        asked,
        {trace.path: trace for trace in paths},
        {(trace.path, trace.name): trace for trace in names},
        dict(imports),
        {trace.path: trace for trace in origins},
        frozenset(starred),
        gaps,
    )


def _key(folder: str, repository: Repository, questions: HistoryQuestions, budget_s: float) -> str:
    parts = (_FORMAT, folder, repository.head, repository.is_shallow, questions, budget_s)
    return hashlib.blake2b(_encoder.encode(parts), digest_size=16).hexdigest()


class _Inquiry:
    """One round of questions, on its way to the answers."""

    def __init__(
        self, repository: Repository, objects: Objects, folder: str, questions: HistoryQuestions, deadline: float
    ) -> None:
        self._repository = repository
        self._objects = objects
        self._folder = folder
        self._questions = questions
        self._deadline = deadline
        self._gaps: dict[str, None] = {}
        self._versions = Versions(objects)
        self._whole: dict[str, Entry] = {}
        self._children: dict[str, list[str]] | None = None
        self._log: WholeLog | None = None
        self._events: dict[str, list[tuple[Entry, Change]]] = {}
        self._present: frozenset[str] = frozenset()
        self._starred: set[str] = set()

    def answer(self) -> Chronicle:
        """All that can be told."""
        if self._repository.is_shallow:
            self._gaps["the clone is shallow: what happened before its first commit is not known"] = None
        self._present = frozenset(self._place(path) for _, _, path in self._repository.paths(self._repository.head))
        asked = self._questions
        self._walk(
            (*asked.paths, *(path for path, _ in asked.names), *(path for path, _, _ in asked.imports), *asked.origins)
        )
        paths = {path: trace for path in asked.paths if (trace := self._trace(path)) is not None}
        names = {key: taken for key in asked.names if (taken := self._name(*key)) is not None}
        imports = {key: commit for key in asked.imports if (commit := self._import(*key)) is not None}
        origins = {path: trace for path in asked.origins if (trace := self._past(path)) is not None}
        return Chronicle(True, paths, names, imports, origins, frozenset(self._starred), tuple(self._gaps))

    # The walk -------------------------------------------------------------------------------------------------------

    def _left_s(self) -> float:
        return max(self._deadline - time.monotonic(), 0.0)

    def _is_late(self, what: str) -> bool:
        if self._left_s() > 0:
            return False
        self._gaps[f"{LATE}{what} not looked at"] = None
        return True

    def _walk(self, paths: Iterable[str]) -> None:
        """The events of `paths`, newest first; those already known are not asked for again."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._events]
        if not wanted or (self._log is None and self._is_late(f"{len(wanted)} files were")):
            return
        if self._log is None:
            # A quarter of the time is kept for what the commits in question did.
            self._log = WholeLog(self._repository, self._left_s() * 0.75)
            self._check(self._log, "older commits were")
        for path in wanted:
            self._events[path] = self._log.changes_of(self._short(path))
        self._look_into_merges([path for path in wanted if self._is_dropped(path)])

    def _is_dropped(self, path: str) -> bool:
        """Whether the file came and, by what any commit alone did, never went: then a merge dropped it."""
        return bool(self._events[path]) and path not in self._present and self._deletion(path) is None

    def _look_into_merges(self, paths: Sequence[str]) -> None:
        wanted = {self._below(path): path for path in paths if self._below(path)}
        if not wanted or self._is_late("the sides of merges were"):
            return
        log = log_of_merged(self._repository, wanted, self._left_s())
        self._check(log, "the sides of merges were")
        for path in wanted.values():
            self._events[path] = []
        for entry in log.entries:
            for change in entry.changes:
                if self._place(change.path) in wanted.values():
                    self._events[self._place(change.path)].append((entry, change))

    def _check(self, log: Log | WholeLog, what: str) -> None:
        if not log.is_whole:
            self._gaps[f"{LATE}{what} not looked at"] = None
        if log.failure:
            self._gaps[f"git could not read all of the history: {log.failure}"] = None

    def _place(self, path: str) -> str:
        """A path of git's as the project spells it."""
        return f"{self._repository.top.rstrip('/')}/{path}"

    def _below(self, path: str) -> str:
        """`path` as git takes it in the project's folder, "" where it lies outside."""
        return (
            path.removeprefix(self._folder.rstrip("/") + "/") if path.startswith(self._folder.rstrip("/") + "/") else ""
        )

    def _deletion(self, path: str) -> tuple[Entry, Change] | None:
        """The newest commit that took the file away."""
        return next(((entry, change) for entry, change in self._events.get(path, ()) if change.status == "D"), None)

    def _look_at(self, commits: Iterable[str]) -> None:
        """Read these commits whole, those not yet known."""
        wanted = [sha for sha in dict.fromkeys(commits) if sha not in self._whole][:MOST_COMMITS]
        if not wanted or self._is_late(f"what {len(wanted)} commits renamed was"):
            return
        log = log_of_commits(self._repository, wanted, self._left_s())
        if log.failure and self._left_s():
            # A partial clone lacks the contents that likeness is judged by; what was moved unchanged is known without.
            self._gaps["the clone is partial: only files that were moved unchanged are followed"] = None
            log = log_of_commits(self._repository, wanted, self._left_s(), exact=True)
        self._check(log, f"what some of {len(wanted)} commits renamed was")
        for entry in log.entries:
            self._whole[entry.commit.sha] = entry

    # Paths ----------------------------------------------------------------------------------------------------------

    def _trace(self, path: str) -> PathTrace | None:
        if path in self._present:
            return PathTrace(
                path,
                (Step("deleted", path, UNCOMMITTED),),
                self._versions.read(f"{self._repository.head}:{self._short(path)}"),
            )
        self._follow_all()
        steps: list[Step] = []
        seen, current, source = {path}, path, b""
        for _ in range(ROUNDS):
            self._walk([current])
            deleted = self._deletion(current)
            if deleted is None:
                break
            step = self._step(*deleted, current)
            source = self._versions.read(deleted[1].before) or source
            steps.append(step)
            if not step.to or step.to in self._present or step.to in seen:
                break
            seen.add(step.to)
            current = step.to
        return PathTrace(path, tuple(steps), source) if steps else None

    def _short(self, path: str) -> str:
        return path.removeprefix(self._repository.top.rstrip("/") + "/")

    def _follow_all(self) -> None:
        """Look at all deleting commits of the questions in one go."""
        deleting = [found[0].commit.sha for path in self._questions.paths if (found := self._deletion(path))]
        self._look_at(deleting)

    def _step(self, entry: Entry, change: Change, path: str) -> Step:
        """What the commit did to `path`: git's own word first, then whole folders, then the names that it held."""
        self._look_at([entry.commit.sha])
        whole = self._whole.get(entry.commit.sha)
        if whole is not None:
            for other in whole.changes:
                if other.status == "R" and self._place(other.source) == path:
                    return Step("renamed", path, entry.commit, self._place(other.path), other.likeness)
            folder = _moved_folder(self._short(path), whole.changes)
            if folder and self._place(folder) in self._known_after(whole):
                return Step("renamed", path, entry.commit, self._place(folder))
        taken = self._taker(entry, change)
        return Step("moved", path, entry.commit, taken) if taken else Step("deleted", path, entry.commit)

    def _known_after(self, whole: Entry) -> frozenset[str]:
        return self._present | {self._place(change.path) for change in whole.changes if change.status in "AR"}

    def _taker(self, entry: Entry, change: Change) -> str:
        """The file that took most of the names of a deleted one, in the same commit or one next to it."""
        names = _public(self._versions.read(change.before))
        if not names or self._is_late("where the names of deleted files went was"):
            return ""
        commit = entry.commit.sha
        if self._children is None:
            deleting = frozenset(found[0].commit.sha for path in self._events if (found := self._deletion(path)))
            self._children = self._log.children_of(deleting) if self._log else {}
        near = [commit, *self._children.get(commit, ())[:2], *entry.parents[:1]]
        self._look_at(near)
        best, most = "", 0.0
        for sha in near:
            whole = self._whole.get(sha)
            share, path = self._best_taker(names, whole, change.path) if whole else (0.0, "")
            if share > most:
                best, most = path, share
            if most >= 0.99:
                break
        return best if most >= 0.5 else ""

    def _best_taker(self, names: frozenset[str], whole: Entry, gone: str) -> tuple[float, str]:
        candidates = [
            change
            for change in whole.changes
            if change.status in "AMR" and change.path.endswith(".py") and change.path != gone
        ]
        found = []
        for change in candidates[:MOST_TAKERS]:
            if self._left_s() <= 0:
                break
            new = _public(self._versions.read(change.after)) - _public(self._versions.read(change.before))
            found.append((len(names & new) / len(names), self._place(change.path)))
        return max(found, default=(0.0, ""))

    # Names ----------------------------------------------------------------------------------------------------------

    def _name(self, path: str, name: str) -> NameTrace | None:
        """The newest commit that took `name` out of the file, followed back over the file's own renames."""
        current, seen = path, {path}
        for _ in range(ROUNDS):
            self._walk([current])
            for entry, change in self._events.get(current, ()):
                if self._is_late("older versions of some files were"):
                    return None
                if self._versions.has_star(change.before):
                    self._starred.add(path)
                if change.before and self._versions.loses(change.before, change.after, name):
                    return self._removal(path, name, entry.commit, change.before, change.after)
            origin = self._origin(current)
            if origin is None or origin[1] in seen:
                return None
            entry, source, before, after = origin
            if self._versions.loses(before, after, name):
                return self._removal(path, name, entry.commit, before, after)
            seen.add(source)
            current = source
        return None

    def _origin(self, path: str) -> tuple[Entry, str, str, str] | None:
        """The commit that renamed another file to `path`, with the other path and both contents."""
        created = [entry for entry, change in self._events.get(path, ()) if change.status == "A"]
        if not created:
            return None
        self._look_at([created[-1].commit.sha])
        whole = self._whole.get(created[-1].commit.sha)
        for change in whole.changes if whole else ():
            if change.status == "R" and self._place(change.path) == path:
                return created[-1], self._place(change.source), change.before, change.after
        return None

    def _past(self, path: str) -> PathTrace | None:
        """The renames that brought a file of today to where it is, oldest first."""
        steps: list[Step] = []
        current, seen = path, {path}
        for _ in range(ROUNDS):
            self._walk([current])
            origin = self._origin(current)
            if origin is None or origin[1] in seen:
                break
            steps.insert(0, Step("renamed", origin[1], origin[0].commit, current))
            current = origin[1]
            seen.add(current)
        return PathTrace(path, tuple(steps)) if steps else None

    def _removal(self, path: str, name: str, commit: Commit, before: str, after: str) -> NameTrace:
        definition = self._versions.outline(before).get(name)
        if definition is None:
            return NameTrace(path, name, commit)
        added, same = self._versions.successors(before, after, definition)
        return NameTrace(path, name, commit, definition.text, definition.kind, added, same)

    # Imports --------------------------------------------------------------------------------------------------------

    def _import(self, path: str, module: str, name: str) -> Commit | None:
        """The commit that wrote the import, followed back over the file's own renames."""
        current, seen = path, {path}
        for _ in range(ROUNDS):
            self._walk([current])
            for entry, change in self._events.get(current, ()):
                if self._is_late("who wrote some of the imports was"):
                    return None
                if not change.after or not self._versions.imports(change.after, module, name):
                    if change.status == "A":
                        return None
                    continue
                if change.before and not self._versions.imports(change.before, module, name):
                    return entry.commit
            origin = self._origin(current)
            if origin is None:
                return self._creation(current)
            entry, source, before, _ = origin
            if source in seen or not self._versions.imports(before, module, name):
                return entry.commit
            seen.add(source)
            current = source
        return None

    def _creation(self, path: str) -> Commit | None:
        """The commit that made the file; in a shallow clone its first commit seems to have made them all."""
        created = [entry for entry, change in self._events.get(path, ()) if change.status == "A"]
        return created[-1].commit if created and not self._repository.is_shallow else None


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
