"""`git log` as values: commits with what each did to which path. Arguments never come from the repository."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from muster.adapters.git_objects import LOG_SWITCHES, Output, Repository
from muster.model.commit import Commit

_FORMAT = "--format=tformat:%x00%H%x00%P%x00%an%x00%aI%x00%s"
_NO_OBJECT = "0" * 40


@dataclass(frozen=True, slots=True)
class Change:
    """One path in one commit: `status` is A, D, M, T or R; `before` and `after` are blobs, "" where there is none."""

    status: str
    path: str
    before: str
    after: str
    source: str = ""
    likeness: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """The path, and the one that it had before where it was renamed."""
        return (self.path, self.source) if self.source else (self.path,)


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit, its parents, and its changes."""

    commit: Commit
    parents: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """Commits in git's order, newest first; `is_whole` and `failure` as of the output."""

    entries: tuple[Entry, ...]
    is_whole: bool = True
    failure: str = ""


class WholeLog:
    """Every change of a Python file in all of the history, as far as the time allows; renames show as a deletion and an
    addition, a merge only with what no parent has.

    Limiting git to the paths in question would have it match each of them against each entry of each folder: for 200 paths
    that takes ten times as long as listing everything.
    """

    def __init__(self, repository: Repository, timeout_s: float) -> None:
        told = _told(repository, ["-c", "--no-renames", repository.head], b"", timeout_s)
        self.is_whole, self.failure = told.is_whole, told.failure
        self._commits: list[list[bytes]] = []
        self._positions: dict[bytes, int] = {}
        self._changes: dict[bytes, list[tuple[int, bytes]]] = {}
        self._read(told.data.split(b"\0"))

    def _read(self, fields: list[bytes]) -> None:
        """The grammar: an empty field, five fields of a commit, then a meta field and a path for each change."""
        position, last = 0, len(fields) - 1
        while position < last:
            field = fields[position]
            if field.startswith((b":", b"\n:")):
                path = fields[position + 1]
                if path.endswith(b".py"):
                    self._changes.setdefault(path, []).append((len(self._commits) - 1, field))
                position += 2
            elif field in (b"", b"\n") and fields[position + 1] and position + 5 <= last:
                self._commits.append(fields[position + 1 : position + 6])
                position += 6
            else:
                position += 1

    def changes_of(self, path: str) -> list[tuple[Entry, Change]]:
        """What happened to the file at `path` below the repository's top, newest first."""
        raw = os.fsencode(path)
        return [
            (self._entry(commit), _change(meta.lstrip(b"\n"), iter((raw,))))
            for commit, meta in self._changes.get(raw, ())
        ]

    def _entry(self, number: int) -> Entry:
        sha, parents, author, date, subject = map(_text, self._commits[number])
        return Entry(Commit(sha, author, date, subject), tuple(parents.split()), ())

    def position(self, commit: str) -> int:
        """How many commits are listed up to this one, the newest first; 0 where it is not listed."""
        if not self._positions:
            self._positions.update({fields[0]: number for number, fields in enumerate(self._commits, 1)})
        return self._positions.get(commit.encode("ascii"), 0)

    def children_of(self, commits: frozenset[str]) -> dict[str, list[str]]:
        """The commits right after each of `commits`."""
        wanted = {commit.encode("ascii") for commit in commits}
        found: dict[str, list[str]] = {}
        for sha, parents, *_ in self._commits:
            for parent in wanted.intersection(parents.split()):
                found.setdefault(_text(parent), []).append(_text(sha))
        return found


def log_of_paths(repository: Repository, paths: Iterable[str], timeout_s: float) -> Log:
    """What happened to a few `paths` (below the folder of the repository), of whatever kind; renames as deletions."""
    return _log(repository, ["--stdin", "--no-renames", "-c"], _limited(repository, paths), timeout_s)


def log_of_definitions(repository: Repository, names: Iterable[str], timeout_s: float) -> Log:
    """The commits that added or took a line which defines one of `names` (plain words) at the top level of any file, and
    those files.

    Every change of every commit is compared for that: the last resort.
    """
    pattern = f"^((async +)?def +|class +)?({'|'.join(names)})[[:space:]]*[(:=]"
    return _log(repository, ["--no-renames", "-G", pattern, repository.head, "--"], b"", timeout_s)


def log_of_merged(repository: Repository, paths: Iterable[str], timeout_s: float) -> Log:
    """What happened to `paths` (below the folder of the repository), each merge shown against each of its parents."""
    arguments = ["--stdin", "--no-renames", "--full-history", "--diff-merges=separate"]
    return _log(repository, arguments, _limited(repository, paths), timeout_s)


def _limited(repository: Repository, paths: Iterable[str]) -> bytes:
    """The head and nothing but `paths`, for standard input."""
    listed = b"".join(os.fsencode(path) + b"\n" for path in paths if "\n" not in path)
    return repository.head.encode("ascii") + b"\n--\n" + listed


def log_between(repository: Repository, base: str, head: str, timeout_s: float) -> Log:
    """The commits that `head` has and `base` has not, along first parents, a merge with all that it brought."""
    arguments = ["--first-parent", "--diff-merges=first-parent", "--no-renames", head, "^" + base, "--"]
    return _log(repository, arguments, b"", timeout_s)


def log_of_commits(repository: Repository, commits: Iterable[str], timeout_s: float, *, exact: bool = False) -> Log:
    """The whole of each commit, with renames detected (`exact`: of unchanged files only); merges against their first parent."""
    given = b"".join(commit.encode("ascii") + b"\n" for commit in commits)
    renames = ["-M100%" if exact else "-M", "-l1000", "--no-rename-empty"]
    arguments = ["--no-walk=unsorted", "--stdin", "--diff-merges=first-parent", *renames]
    return _log(repository, arguments, given, timeout_s)


def _log(repository: Repository, arguments: Sequence[str], given: bytes, timeout_s: float) -> Log:
    told = _told(repository, arguments, given, timeout_s)
    return Log(tuple(_entries(told.data)), told.is_whole, told.failure)


def _told(repository: Repository, arguments: Sequence[str], given: bytes, timeout_s: float) -> Output:
    switches = (*LOG_SWITCHES, "--raw", "--no-abbrev", "-z", _FORMAT)
    return repository.run("log", *switches, *arguments, data=given, timeout_s=timeout_s)


def _entries(data: bytes) -> Iterator[Entry]:
    """The grammar: an empty field, five fields of a commit, then for each change its meta field and one or two paths."""
    fields = iter(data.split(b"\0"))
    commit: Commit | None = None
    parents: tuple[str, ...] = ()
    changes: list[Change] = []
    try:
        for field in fields:
            start = field.lstrip(b"\n")
            if start.startswith(b":"):
                changes.append(_change(start, fields))
            elif not start:
                sha = next(fields)
                if not sha:
                    continue
                if commit is not None:
                    yield Entry(commit, parents, tuple(changes))
                above, author, date, subject = next(fields), next(fields), next(fields), next(fields)
                commit = Commit(_text(sha), _text(author), _text(date), _text(subject))
                parents, changes = tuple(_text(above).split()), []
    except (StopIteration, RuntimeError, ValueError, IndexError):
        pass  # cut off in the middle: what came whole counts
    if commit is not None:
        yield Entry(commit, parents, tuple(changes))


def _change(meta: bytes, fields: Iterator[bytes]) -> Change:
    sides = len(meta) - len(meta.lstrip(b":"))
    parts = meta.decode("ascii").lstrip(":").split()
    objects, status = parts[sides + 1 : 2 * sides + 2], parts[-1]
    before, after = objects[0].replace(_NO_OBJECT, ""), objects[-1].replace(_NO_OBJECT, "")
    first = os.fsdecode(next(fields))
    if sides == 1 and status[0] in "RC":
        return Change(status[0], os.fsdecode(next(fields)), before, after, first, int(status[1:] or 0))
    return Change(status[0], first, before, after)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
