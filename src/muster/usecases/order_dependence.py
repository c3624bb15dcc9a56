"""Files that fail in the session and not alone: which earlier file does it, by the trace or by bisection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from muster.model.collection import CollectorReport, ModuleMissing, NameMissing
from muster.model.observation import Part
from muster.model.trace import Change, TracedSession
from muster.ports import FileTree, TracedPytest
from muster.usecases.confirm import failures_by_path, same_exception

MOST_SUSPECTS = 6


@dataclass(frozen=True, slots=True)
class Alone:
    """One file collected alone: `report` is its failure then, None where it is well.

    `polluter` is the earlier file that with it alone gives the session's failure again; `change` what that file did.
    """

    report: CollectorReport | None
    polluter: str = ""
    by: Literal["trace", "bisection"] = "trace"
    change: Change | None = None


def collect_alone(
    traced: TracedPytest, argv: Sequence[str], cwd: str, session: TracedSession, tree: FileTree, paths: Sequence[str]
) -> dict[str, Alone]:
    """What each of `paths`, which fail in `session`, does collected alone, and who makes the difference."""
    failures = failures_by_path(session.collection)
    found: dict[str, Alone] = {}
    for path, observation in zip(
        paths, traced.probe_each(argv, cwd, [Part(frozenset((path,))) for path in paths]), strict=True
    ):
        report = failures_by_path(observation.collection).get(path)
        found[path] = Alone(report)
        if not same_failure(report, failures[path]):
            search = _Search(traced, argv, cwd, session, path, failures[path])
            found[path] = search.by_trace(report, tree) or search.by_bisection(report) or Alone(report)
    return found


def same_failure(one: CollectorReport | None, other: CollectorReport | None) -> bool:
    """Whether both end with the same exception."""
    if one is None or other is None:
        return one is other
    return same_exception(one, other)


@dataclass(frozen=True, slots=True)
class _Search:
    traced: TracedPytest
    argv: Sequence[str]
    cwd: str
    session: TracedSession
    path: str
    failure: CollectorReport

    @property
    def earlier(self) -> Sequence[str]:
        files = self.session.collection.files
        return files[: files.index(self.path)] if self.path in files else ()

    def fails_behind(self, paths: Iterable[str]) -> bool:
        """Whether the file fails as in the session when only `paths` are collected before it."""
        observation = self.traced.probe(self.argv, self.cwd, Part(frozenset((*paths, self.path))))
        return same_failure(failures_by_path(observation.collection).get(self.path), self.failure)

    def by_trace(self, alone: CollectorReport | None, tree: FileTree) -> Alone | None:
        earlier = frozenset(self.earlier)
        tried: set[str] = set()
        for change in suspicious(self.session.changes, [self.failure, alone], tree):
            if change.during in earlier and change.during not in tried and len(tried) < MOST_SUSPECTS:
                tried.add(change.during)
                if self.fails_behind((change.during,)):
                    return Alone(alone, change.during, "trace", change)
        return None

    def by_bisection(self, alone: CollectorReport | None) -> Alone | None:
        """The one earlier file without which the failure is another; None where it takes several together."""
        left = list(self.earlier)
        if not left or not self.fails_behind(left):
            return None
        while len(left) > 1:
            half = left[: len(left) // 2]
            rest = left[len(left) // 2 :]
            if self.fails_behind(half):
                left = half
            elif self.fails_behind(rest):
                left = rest
            else:
                return None
        return Alone(alone, left[0], "bisection")


def suspicious(changes: Sequence[Change], failures: Iterable[CollectorReport | None], tree: FileTree) -> list[Change]:
    """The changes that the imports of `failures` depend on, the likeliest first."""
    tops = {_top_name(failure) for failure in failures if failure is not None} - {""}
    ranked: Mapping[int, list[Change]] = {0: [], 1: [], 2: []}
    for change in changes:
        match change.kind:
            case "module" if change.value.split(".")[0] in tops:
                ranked[0].append(change)
            case "path" if change.sign == "-" or _holds(tree, change.value, tops):
                ranked[0].append(change)
            case "meta_path" | "cwd":
                ranked[1].append(change)
            case "environ" | "module" | "filters":
                ranked[2].append(change)
            case _:
                continue
    return [change for rank in sorted(ranked) for change in ranked[rank]]


def _top_name(failure: CollectorReport) -> str:
    detail = failure.exception.detail if failure.exception is not None else None
    match detail:
        case ModuleMissing(name=name):
            return name.split(".")[0]
        case NameMissing(module=module):
            return module.split(".")[0]
        case _:
            return ""


def _holds(tree: FileTree, folder: str, names: set[str]) -> bool:
    return any(entry.removesuffix(".py") in names for entry in tree.listing(folder))
