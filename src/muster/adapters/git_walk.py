"""One walk over the history for many files: what happened to each, and the commits in question looked at whole.

The walk lists everything once; the commits that took something away are then read again, with renames detected.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from muster.adapters.git_log import Change, Entry, Log, WholeLog, log_of_commits, log_of_merged, log_of_paths
from muster.adapters.git_objects import Repository
from muster.model.commit import Commit

MOST_COMMITS = 400
"""Commits that are looked at whole, the newest first."""

ROUNDS = 6
"""A file that was renamed more often is followed so far."""

UNCOMMITTED = Commit("", subject="a change that is not committed")

LATE = "the time was up: "


class Walk:
    """The history of the repository up to its `head`, as far as the time until `deadline` allows.

    `gaps` say what it did not look at. With `is_limited` git lists only the files that are asked for: quicker for a few.
    `log` is what was listed before of the same history.
    """

    def __init__(
        self,
        repository: Repository,
        folder: str,
        deadline: float,
        *,
        log: WholeLog | None = None,
        is_limited: bool = False,
    ) -> None:
        self.repository = repository
        self.gaps: dict[str, None] = {}
        self.present = frozenset(self.place(path) for _, _, path in repository.paths(repository.head))
        self._folder = folder
        self._deadline = deadline
        self._is_limited = is_limited
        self._positions: dict[str, int] = {}
        self._whole: dict[str, Entry] = {}
        self._children: dict[str, list[str]] | None = None
        self.log = log
        self._events: dict[str, list[tuple[Entry, Change]]] = {}
        if repository.is_shallow:
            self.gaps["the clone is shallow: what happened before its first commit is not known"] = None

    def left_s(self) -> float:
        """The seconds that are left."""
        return max(self._deadline - time.monotonic(), 0.0)

    def is_late(self, what: str) -> bool:
        """Whether the time is up; that `what` was not looked at is then a gap."""
        if self.left_s() > 0:
            return False
        self.gaps[f"{LATE}{what} not looked at"] = None
        return True

    def visit(self, paths: Iterable[str]) -> None:
        """Read what happened to `paths`; those already known are not asked for again."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._events]
        if not wanted or (self.log is None and self.is_late(f"{len(wanted)} files were")):
            return
        if self._is_limited:
            self._read_each(
                wanted, lambda below: log_of_paths(self.repository, below, self.left_s()), "older commits were"
            )
            return
        if self.log is None:
            # A quarter of the time is kept for what the commits in question did.
            self.log = WholeLog(self.repository, self.left_s() * 0.75)
            self._check(self.log, "older commits were")
        for path in wanted:
            self._events[path] = self.log.changes_of(self.short(path))
        self._look_into_merges([path for path in wanted if self._is_dropped(path)])

    def _is_dropped(self, path: str) -> bool:
        """Whether the file came and, by what any commit alone did, never went: then a merge dropped it."""
        return bool(self._events[path]) and path not in self.present and self.deletion(path) is None

    def _look_into_merges(self, paths: Sequence[str]) -> None:
        if paths and not self.is_late("the sides of merges were"):
            self._read_each(
                paths, lambda below: log_of_merged(self.repository, below, self.left_s()), "the sides of merges were"
            )

    def _read_each(self, paths: Sequence[str], log_of: Callable[[Sequence[str]], Log], what: str) -> None:
        """The events of those `paths` that lie in the project, from a log of nothing else."""
        wanted = {self._below(path): path for path in paths if self._below(path)}
        if not wanted:
            return
        log = log_of(tuple(wanted))
        self._check(log, what)
        fresh: dict[str, list[tuple[Entry, Change]]] = {path: [] for path in wanted.values()}
        for entry in log.entries:
            self._positions.setdefault(entry.commit.sha, len(self._positions))
            for change in entry.changes:
                place = self.place(change.path)
                if place in fresh:
                    fresh[place].append((entry, change))
        self._events |= fresh

    def events_of(self, path: str) -> Sequence[tuple[Entry, Change]]:
        """What happened to the visited file at `path`, newest first."""
        return self._events.get(path, ())

    def position(self, commit: str) -> int:
        """The place of the commit in git's order among those that changed a visited file; 0 for what is not committed."""
        if self.log is not None:
            return self.log.position(commit)
        return self._positions.get(commit, -1) + 1

    def whole(self, commit: str) -> Entry | None:
        """The commit as `look_at` read it."""
        return self._whole.get(commit)

    def children_of(self, commit: str) -> Sequence[str]:
        """The commits right after one that deleted a visited file."""
        if self._children is None:
            deleting = frozenset(found[0].commit.sha for path in self._events if (found := self.deletion(path)))
            self._children = self.log.children_of(deleting) if self.log else {}
        return self._children.get(commit, ())

    def _check(self, log: Log | WholeLog, what: str) -> None:
        if not log.is_whole:
            self.gaps[f"{LATE}{what} not looked at"] = None
        if log.failure:
            self.gaps[f"git could not read all of the history: {log.failure}"] = None

    def place(self, path: str) -> str:
        """A path of git's as the project spells it."""
        return f"{self.repository.top.rstrip('/')}/{path}"

    def is_below(self, path: str) -> bool:
        """Whether `path` lies in the project."""
        return bool(self._below(path))

    def _below(self, path: str) -> str:
        """`path` as git takes it in the project's folder, "" where it lies outside."""
        folder = self._folder.rstrip("/") + "/"
        return path.removeprefix(folder) if path.startswith(folder) else ""

    def deletion(self, path: str) -> tuple[Entry, Change] | None:
        """The newest commit that took the file away."""
        return next(((entry, change) for entry, change in self._events.get(path, ()) if change.status == "D"), None)

    def look_at(self, commits: Iterable[str]) -> None:
        """Read these commits whole, those not yet known."""
        wanted = [sha for sha in dict.fromkeys(commits) if sha not in self._whole][:MOST_COMMITS]
        if not wanted or self.is_late(f"what {len(wanted)} commits renamed was"):
            return
        log = log_of_commits(self.repository, wanted, self.left_s())
        if log.failure and self.left_s():
            # A partial clone lacks the contents that likeness is judged by; what was moved unchanged is known without.
            self.gaps["the clone is partial: only files that were moved unchanged are followed"] = None
            log = log_of_commits(self.repository, wanted, self.left_s(), exact=True)
        self._check(log, f"what some of {len(wanted)} commits renamed was")
        for entry in log.entries:
            self._whole[entry.commit.sha] = entry

    def short(self, path: str) -> str:
        """A path of the project as git spells it."""
        return path.removeprefix(self.repository.top.rstrip("/") + "/")

    def origin(self, path: str) -> tuple[Entry, str, str, str] | None:
        """The commit that renamed another file to `path`, with the other path and both contents."""
        created = [entry for entry, change in self._events.get(path, ()) if change.status == "A"]
        if not created:
            return None
        self.look_at([created[-1].commit.sha])
        whole = self._whole.get(created[-1].commit.sha)
        for change in whole.changes if whole else ():
            if change.status == "R" and self.place(change.path) == path:
                return created[-1], self.place(change.source), change.before, change.after
        return None

    def creation(self, path: str) -> Commit | None:
        """The commit that made the file; in a shallow clone its first commit seems to have made them all."""
        created = [entry for entry, change in self._events.get(path, ()) if change.status == "A"]
        return created[-1].commit if created and not self.repository.is_shallow else None
