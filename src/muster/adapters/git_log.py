"""`git log` as values: commits with what each did to which path. Arguments never come from the repository."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from muster.adapters.git_objects import LOG_SWITCHES, Repository
from muster.model.cause import Commit

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


def log_of_paths(repository: Repository, paths: Iterable[str], timeout_s: float, *, full: bool = False) -> Log:
    """Every commit that changed one of `paths` (below the folder of the repository), with those changes alone.

    Renames show as a deletion and an addition. `full` also follows the sides of merges that git would leave out, and shows
    a merge against each parent.
    """
    order = ("--full-history", "--diff-merges=separate") if full else ("-c",)
    given = (
        repository.head.encode("ascii")
        + b"\n--\n"
        + b"".join(os.fsencode(path) + b"\n" for path in paths if "\n" not in path)
    )
    return _log(repository, ["--stdin", "--no-renames", *order], given, timeout_s)


def log_of_commits(repository: Repository, commits: Iterable[str], timeout_s: float, *, exact: bool = False) -> Log:
    """The whole of each commit, with renames detected (`exact`: of unchanged files only); merges against their first parent."""
    given = b"".join(commit.encode("ascii") + b"\n" for commit in commits)
    renames = ["-M100%" if exact else "-M", "-l1000", "--no-rename-empty"]
    arguments = ["--no-walk=unsorted", "--stdin", "--diff-merges=first-parent", *renames]
    return _log(repository, arguments, given, timeout_s)


def children_of(repository: Repository, commits: frozenset[str], timeout_s: float) -> dict[str, list[str]]:
    """The commits right after each of `commits`, as far as the time allows."""
    told = repository.run("log", *LOG_SWITCHES, "--format=%H %P", repository.head, timeout_s=timeout_s)
    found: dict[str, list[str]] = {}
    for line in told.data.decode("ascii", "replace").splitlines():
        commit, *parents = line.split()
        for parent in commits.intersection(parents):
            found.setdefault(parent, []).append(commit)
    return found


def _log(repository: Repository, arguments: Sequence[str], given: bytes, timeout_s: float) -> Log:
    told = repository.run(
        "log", *LOG_SWITCHES, "--raw", "--no-abbrev", "-z", _FORMAT, *arguments, data=given, timeout_s=timeout_s
    )
    return Log(tuple(_entries(told.data)), told.is_whole, told.failure)


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
