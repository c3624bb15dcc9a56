"""A fix laid over the tree, and the session simulated again: what comes back, what is lost, what fails now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from muster.model.cause import Cause
from muster.model.collection import Collection, CollectorReport, Item, Outcome, SessionState
from muster.model.fix import FileChange
from muster.model.report import Verdict, VerdictState
from muster.trees.overlay import OverlayTree
from muster.usecases.plan import Plan
from muster.usecases.report_paths import relative_path
from muster.usecases.simulate import Ports, simulate

_UNCOVERED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two collections of one session: node ids that come and go, and files that fail in another way or no longer."""

    back: tuple[str, ...]
    lost: tuple[str, ...]
    new_failures: tuple[str, ...]
    uncovered: tuple[str, ...]
    mended: tuple[str, ...]


def overlaid(ports: Ports, changes: Iterable[FileChange]) -> Ports:
    """`ports` with a tree in which `changes` are made. The facts of all other files stay shared through the cache.

    Sessions of such trees are not kept: there are many, and each would take the place of the work tree's.
    """
    return replace(ports, tree=OverlayTree(ports.tree, {change.path: change.after for change in changes}), edition="")


def prove(ports: Ports, plan: Plan, before: Collection, cause: Cause | None, changes: Sequence[FileChange]) -> Verdict:
    """What the simulated session says of `changes`, against the session `before` that shows `cause` (None: all of it)."""
    after = simulate(overlaid(ports, changes), plan.request).collection
    if cause is None:
        return judge_all(compare(before, after))
    return judge(compare(before, after), cause, after, plan.root)


def prove_together(
    ports: Ports, plan: Plan, before: Collection, causes: Sequence[Cause], changes: Sequence[FileChange]
) -> list[Verdict] | None:
    """The verdict on the fix of each of `causes`, whose `changes` are made at once; None where together they do harm.

    The causes must not share a victim: what comes back in its victims is what a fix has brought back.
    """
    after = simulate(overlaid(ports, changes), plan.request).collection
    whole = compare(before, after)
    if whole.lost or whole.new_failures:
        return None
    verdicts: list[Verdict] = []
    for cause in causes:
        own = frozenset(cause.victims)
        ours, theirs = restricted(before, own), restricted(after, own)
        verdicts.append(judge(compare(ours, theirs), cause, theirs, plan.root))
    return verdicts


def judge(found: Comparison, cause: Cause, after: Collection, root: str) -> Verdict:
    """The verdict: `proved` only where something comes back, nothing is lost and nothing fails that did not."""
    back, lost, new = len(found.back), len(found.lost), len(found.new_failures)
    still = _still_failing(cause, after, found)
    state: VerdictState = "proved"
    reason = ""
    if new:
        state, reason = "refuted", f"it would make this fail: {found.new_failures[0]}"
    elif lost:
        state, reason = "refuted", f"{lost} tests would be lost, {found.lost[0]} among them"
    elif not back and not found.mended and not found.uncovered:
        state, reason = "refuted", _unchanged(cause, after, root)
    elif still or found.uncovered or (not back and not found.mended):
        state = "partial"
        reason = found.uncovered[0] if found.uncovered else f"{len(still)} files still fail as before" if still else ""
    return Verdict(
        state=state, by="simulation", back=back, lost=lost, new_failures=new,
        uncovers=found.uncovered[:_UNCOVERED_SHOWN], reason=reason,
    )  # fmt: skip


def judge_all(found: Comparison, by: str = "simulation") -> Verdict:
    """The verdict on several fixes together: `partial` where files still show what stood behind."""
    harmful = bool(found.lost or found.new_failures)
    gains = bool(found.back or found.mended)
    state: VerdictState = "refuted" if harmful else "partial" if found.uncovered or not gains else "proved"
    first = [*found.new_failures, *found.lost, *found.uncovered]
    return Verdict(
        state=state, by=by, back=len(found.back), lost=len(found.lost), new_failures=len(found.new_failures),
        uncovers=found.uncovered[:_UNCOVERED_SHOWN], reason=first[0] if first else "",
    )  # fmt: skip


def restricted(collection: Collection, paths: frozenset[str]) -> Collection:
    """What `collection` says of the files `paths` alone."""
    return replace(
        collection,
        items=tuple(item for item in collection.items if item.path in paths),
        reports=tuple(report for report in collection.reports if report.path in paths),
    )


def compare(before: Collection, after: Collection) -> Comparison:
    """What changed between two sessions; a bare id stands for all its parameters."""
    old, new = _ids(before.items), _ids(after.items)
    failed, fails = _failures(before), _failures(after)
    changed = {path: text for path, text in fails.items() if path in failed and failed[path] != text}
    # A file that an aborted session or a broken conftest never reached did not fail by itself before.
    unreached = {path for path, _ in before.blocked} | _never_reached(before, after)
    fresh = {path: text for path, text in fails.items() if path not in failed}
    uncovered = {**changed, **{path: text for path, text in fresh.items() if path in unreached}}
    worse = {path: text for path, text in fresh.items() if path not in unreached}
    return Comparison(
        back=tuple(nodeid for nodeid in new if nodeid not in old and nodeid.partition("[")[0] not in old),
        lost=tuple(nodeid for nodeid in old if nodeid not in new and not _stands_for(nodeid, new)),
        new_failures=tuple(f"{path}: {text}" for path, text in worse.items()),
        uncovered=tuple(f"{path}: {text}" for path, text in uncovered.items()),
        mended=tuple(path for path in failed if path not in fails),
    )


def _ids(items: Iterable[Item]) -> dict[str, None]:
    return dict.fromkeys(item.nodeid for item in items)


def _stands_for(nodeid: str, others: Mapping[str, None]) -> bool:
    """Whether a bare id of one session is spelled out in the other, or the other way round."""
    bare = nodeid.partition("[")[0]
    return bare in others or any(other.startswith(nodeid + "[") for other in others)


def _failures(collection: Collection) -> dict[str, str]:
    """Each failed file with what it shows."""
    found: dict[str, str] = {}
    for report in _failed(collection):
        found.setdefault(report.nodeid or report.path, str(report.exception or report.reason))
    return found


def _failed(collection: Collection) -> list[CollectorReport]:
    failed = [report for report in collection.reports if report.outcome is Outcome.FAILED]
    aborted = collection.session.aborted_by
    return failed if aborted is None or aborted in failed else [aborted, *failed]


def _never_reached(before: Collection, after: Collection) -> set[str]:
    """Node ids of files that only the later session came to, since the earlier one ended before.

    A file that a wider pattern brings in was not kept from being collected: where it fails, that is new.
    """
    if before.session.state is not SessionState.ABORTED:
        return set()
    return {report.nodeid or report.path for report in _failed(after)}


def _still_failing(cause: Cause, after: Collection, found: Comparison) -> list[str]:
    """Victims that fail after the fix as they did before."""
    if cause.exception is None:
        return []
    text = str(cause.exception)
    return [report.path for report in _failed(after) if report.path in cause.victims and str(report.exception) == text]


def _unchanged(cause: Cause, after: Collection, root: str) -> str:
    for report in _failed(after):
        if report.path in cause.victims:
            return f"{relative_path(report.path, root)} still fails: {report.exception or report.reason}"
    return "nothing changes"
