"""What a session is held against: a base, whose tests must all still be there, deleted on purpose, or known by another id.

Both trees are simulated with one environment; the facts of files that are the same in both are shared through the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname, join
from types import MappingProxyType

from muster.comparison import (
    Behind,
    Deleted,
    Difference,
    Fate,
    FewerParameters,
    Kept,
    Renamed,
    Sides,
    Silent,
    Unsure,
    Version,
    difference,
    judge_parameters,
    judge_tests,
)
from muster.model.collection import Collection, Loss
from muster.model.record import BaselineRecord
from muster.ports import Clock, EntryKind, FileTree, Revisions
from muster.usecases.baseline_report import Comparison
from muster.usecases.blame import NO_BLAME, Blame, find_commits
from muster.usecases.plan import Plan
from muster.usecases.record import recorded_collection, recorded_rootdir, recorded_version
from muster.usecases.revision_facts import at_revision
from muster.usecases.simulate import Ports, Simulation, simulate

_NO_STAMPS: Mapping[str, str] = MappingProxyType({})
_MOST_NEW_FILES = 2_000
_ELSEWHERE = frozenset(("node_modules", "__pycache__", "venv", "site-packages", "build", "dist"))


@dataclass(frozen=True, slots=True)
class Earlier:
    """The session of a base: its collection, the sources of its tests, and pytest's rootdir."""

    collection: Collection
    version: Version
    rootdir: str


@dataclass(frozen=True, slots=True)
class Base:
    """What is compared with: `name` is the commit, or the file of a record; `against` says in words how it was chosen.

    `session` tells its tests, with the environment of the ports that it is given. `plan` is the session that it asks for,
    and `tree` the whole world with the project as it was then, where that is known.
    """

    name: str
    against: str
    plan: Plan
    session: Callable[[Ports], Earlier]
    tree: FileTree | None = None
    revisions: Revisions | None = None
    notes: tuple[str, ...] = ()


def base_of_tree(
    name: str,
    against: str,
    plan: Plan,
    tree: FileTree,
    revisions: Revisions | None = None,
    stamps: Mapping[str, str] = _NO_STAMPS,
    complain: Callable[[], None] = lambda: None,
    notes: tuple[str, ...] = (),
) -> Base:
    """The base whose files are those of `tree`, and their contents known by `stamps`; `complain` raises a `MusterError`
    where what was read of it was not all there."""

    def session(ports: Ports) -> Earlier:
        simulation = simulate(at_revision(ports, name, tree, stamps), plan.request)
        complain()
        return Earlier(simulation.collection, Version.of_tree(tree), simulation.invocation.rootdir)

    return Base(name, against, plan, session, tree, revisions, notes)


def base_of_record(path: str, record: BaselineRecord, plan: Plan) -> Base:
    """The base that the file at `path` records."""
    root = plan.root
    earlier = Earlier(recorded_collection(record, root), recorded_version(record, root), recorded_rootdir(record, root))
    return Base(path, f"the record of {record.recorded_at[:10]}", plan, lambda ports: earlier)


@dataclass(frozen=True, slots=True)
class Held:
    """The later collection, whose losses say which tests of the base they took, and the comparison itself."""

    collection: Collection
    comparison: Comparison


def hold_against(ports: Ports, clock: Clock, base: Base, later: Simulation) -> Held:
    """What the session `later`, simulated through `ports`, has lost and gained since `base`."""
    earlier = base.session(ports)
    found = difference(earlier.collection, later.collection)
    sides = Sides(
        earlier.version,
        Version.of_tree(ports.tree),
        earlier.rootdir,
        later.invocation.rootdir,
        lambda: _new_files(base.tree, ports.tree, later.invocation.rootdir),
        lambda path: _imported(later, ports.tree, path),
    )
    fates = judge_tests(found, later.collection, sides)
    fewer = tuple(judge_parameters(found, earlier.collection, later.collection, sides))
    losses = _taken_by_losses(found, fates, fewer)
    blame = NO_BLAME
    if base.revisions is not None and (losses or found.blocked):
        blame = find_commits(ports, clock, base.revisions, base.plan, found, fates, sides.before, sides.rootdir_before)
    return Held(_mark_losses(later.collection, losses, blame), _comparison(base, found, fates, fewer, blame))


def _new_files(before: FileTree | None, after: FileTree, root: str) -> Sequence[str]:
    """The Python files below `root` that only the later tree has."""
    found: list[str] = []
    pending = [root] if before is not None else []
    while pending and before is not None and len(found) < _MOST_NEW_FILES:
        folder = pending.pop()
        for name, kind in sorted(after.listing(folder).items()):
            path = join(folder, name)
            if kind is EntryKind.FOLDER:
                if not (name.startswith(".") or name in _ELSEWHERE or after.is_symlink(path)):
                    pending.append(path)
            elif name.endswith(".py") and before.kind(path) is None:
                found.append(path)
    return found


def _imported(later: Simulation, tree: FileTree, path: str) -> Sequence[str]:
    """The files that absolute imports of `path` name, looked for beside it and below the root."""
    folders = dict.fromkeys((dirname(path), later.invocation.rootdir, *later.invocation.pythonpath))
    names = later.store.facts(path).imports
    files = (f"{folder}/{name.replace('.', '/')}" for folder in folders for name in names)
    return [
        each for file in files for each in (f"{file}.py", f"{file}/__init__.py") if tree.kind(each) is EntryKind.FILE
    ]


def _taken_by_losses(
    found: Difference, fates: Mapping[str, Fate], fewer: Sequence[FewerParameters]
) -> dict[int, tuple[Loss, list[str]]]:
    """Each loss, by its identity, with the node ids of the baseline that it took."""
    taken: dict[int, tuple[Loss, list[str]]] = {}
    for bare, fate in fates.items():
        if isinstance(fate, Silent):
            taken.setdefault(id(fate.loss), (fate.loss, []))[1].extend(_nodeids(found, bare))
    for each in fewer:
        if each.loss is not None:
            taken.setdefault(id(each.loss), (each.loss, []))[1].extend(each.lost)
    return taken


def _mark_losses(collection: Collection, taken: Mapping[int, tuple[Loss, list[str]]], blame: Blame) -> Collection:
    """`collection` whose losses say which tests of the baseline they took away; those that it did not know are added."""
    known = {id(loss) for loss in collection.losses}
    marked = [_marked(loss, taken, blame) for loss in collection.losses]
    for key, (loss, nodeids) in taken.items():
        if key not in known:
            marked.append(replace(_marked(loss, taken, blame), lost=tuple(nodeids), lost_count=len(nodeids)))
    return replace(collection, losses=tuple(marked))


def _marked(loss: Loss, taken: Mapping[int, tuple[Loss, list[str]]], blame: Blame) -> Loss:
    found = taken.get(id(loss))
    return loss if found is None else replace(loss, baseline=tuple(found[1]), since=blame.losses.get(id(loss)))


def _comparison(
    base: Base, found: Difference, fates: Mapping[str, Fate], fewer: Sequence[FewerParameters], blame: Blame
) -> Comparison:
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
    for each in fewer:
        lost.extend((nodeid, "") for nodeid in each.lost)
        deleted.extend(each.deleted)
        renamed.extend(each.renamed)
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
        blamed=tuple(blame.files.items()),
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
