"""What a session is held against: a base, whose tests must all still be there, deleted on purpose, or known by another id.

Both trees are simulated with one environment; the facts of files that are the same in both are shared through the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from muster.comparison import (
    Behind,
    Deleted,
    Difference,
    Fate,
    Kept,
    Renamed,
    Sides,
    Silent,
    Unsure,
    Version,
    difference,
    judge_tests,
)
from muster.model.collection import Collection
from muster.ports import FileTree
from muster.usecases.baseline_report import Comparison
from muster.usecases.plan import Plan
from muster.usecases.simulate import Ports, Simulation, simulate


@dataclass(frozen=True, slots=True)
class Base:
    """What is compared with: `name` is the commit, `against` says in words how it was chosen.

    `tree` is the whole world with the project as it was then, and `plan` the session that its own settings ask for.
    """

    name: str
    against: str
    tree: FileTree
    plan: Plan
    complain: Callable[[], None] = lambda: None
    """Raises a `MusterError` where what has been read of `tree` was not all there."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """The later collection, whose losses say which tests of the base they took, and the comparison itself."""

    collection: Collection
    comparison: Comparison


def hold_against(ports: Ports, base: Base, later: Simulation) -> Held:
    """What the session `later`, simulated through `ports`, has lost and gained since `base`."""
    earlier = simulate(replace(ports, tree=base.tree, history=None), base.plan.request)
    base.complain()
    found = difference(earlier.collection, later.collection)
    fates = judge_tests(found, later.collection, _sides(earlier, later, base.tree, ports.tree))
    return Held(mark_losses(later.collection, found, fates), _comparison(base, found, fates))


def mark_losses(collection: Collection, found: Difference, fates: Mapping[str, Fate]) -> Collection:
    """`collection` whose losses say which tests of the baseline they took away; those that it did not know are added."""
    taken: dict[int, list[str]] = {}
    added: dict[int, Silent] = {}
    known = {id(loss) for loss in collection.losses}
    for bare, fate in fates.items():
        if isinstance(fate, Silent):
            taken.setdefault(id(fate.loss), []).extend(_nodeids(found, bare))
            if id(fate.loss) not in known:
                added[id(fate.loss)] = fate
    losses = [*collection.losses, *(fate.loss for fate in added.values())]
    return replace(
        collection,
        losses=tuple(replace(loss, baseline=tuple(taken[id(loss)])) if id(loss) in taken else loss for loss in losses),
    )


def _sides(earlier: Simulation, later: Simulation, before: FileTree, after: FileTree) -> Sides:
    return Sides(Version.of_tree(before), Version.of_tree(after), earlier.invocation.rootdir, later.invocation.rootdir)


def _comparison(base: Base, found: Difference, fates: Mapping[str, Fate]) -> Comparison:
    lost: list[tuple[str, str]] = []
    deleted: list[str] = []
    renamed: list[tuple[str, str]] = []
    unsure: dict[str, str] = {}
    at_base: dict[str, int] = {}
    for bare, fate in fates.items():
        nodeids = _nodeids(found, bare)
        match fate:
            case Silent():
                lost.extend((nodeid, "") for nodeid in nodeids)
            case Behind(path=path) if found.before[bare].is_bare and path in found.still:
                pass  # it could not be collected before either
            case Behind(path=path):
                lost.extend((nodeid, path) for nodeid in nodeids)
                at_base[path] = at_base.get(path, 0) + len(nodeids)
            case Deleted():
                deleted.extend(nodeids)
            case Renamed(to=to):
                renamed.extend(_renamed_parameters(found, bare, to))
            case Kept(by=by):
                renamed.extend((nodeid, by) for nodeid in nodeids)
            case Unsure(reason=reason):
                unsure[bare] = reason
    targets = {new for _, new in renamed}
    return Comparison(
        base=base.name,
        against=base.against,
        tests=sum(len(group.nodeids) for group in found.before.values()),
        lost=tuple(lost),
        deleted=tuple(deleted),
        renamed=tuple(renamed),
        gained=tuple(nodeid for nodeid in _gained(found) if nodeid not in targets),
        blocked=tuple((path, at_base.get(path, 0)) for path in found.blocked),
        bare=(*found.bare, *unsure.items()),
    )


def _nodeids(found: Difference, bare: str) -> tuple[str, ...]:
    group = found.before[bare]
    return (bare,) if group.is_bare else tuple(group.nodeids)


def _renamed_parameters(found: Difference, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Each parameter of the test beside that of its new id; where one side has none of that name, the bare id."""
    there = found.after[new].nodeids
    for nodeid in _nodeids(found, old):
        moved = new + nodeid.removeprefix(old)
        yield nodeid, moved if moved in there else new


def _gained(found: Difference) -> Iterator[str]:
    for group in found.gained:
        yield from group.nodeids
    for _, _, gained in found.fewer:
        yield from gained
