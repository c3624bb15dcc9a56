"""Which node ids one collection has and the other has not.

A bare id stands for all its parameters: where parameters are not known on one side, or a file is blocked there, only bare
ids can be compared, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from muster.model.collection import Collection, Item, Outcome, SessionState

WAS_BLOCKED = "the baseline could not collect it"
IS_BLOCKED = "it cannot be collected now"
ONE_SIDE = "its parameters are known on one side only"
ABORTED = "the baseline's session ends before everything is collected"
ESTIMATED = "the baseline could not parse it: what it held is not compared"


@dataclass(slots=True)
class TestGroup:
    """A bare id with all its parameters; `is_bare` where those are not known."""

    __test__ = False  # its name is no test class's

    bare: str
    item: Item
    nodeids: dict[str, None] = field(default_factory=dict)
    is_bare: bool = False

    @property
    def file(self) -> str:
        """The file's own node id."""
        return self.bare.partition("::")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The classes and the function."""
        return tuple(self.bare.split("::")[1:])


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs. `lost` are bare ids that are gone with all their parameters, `fewer` those that lost some only, with
    the parameters lost and gained, `unknown` those whose parameters only the later one knows.

    `blocked` are the paths of files that fail now and did not, `still` those that fail on both sides. `bare` maps a file
    or bare id to why no parameters are compared there.
    """

    before: dict[str, TestGroup]
    after: dict[str, TestGroup]
    lost: tuple[TestGroup, ...]
    gained: tuple[TestGroup, ...]
    fewer: tuple[tuple[TestGroup, tuple[str, ...], tuple[str, ...]], ...]
    unknown: tuple[TestGroup, ...]
    blocked: tuple[str, ...]
    still: frozenset[str]
    bare: tuple[tuple[str, str], ...]


def bare_id(nodeid: str) -> str:
    """`nodeid` without its parameters; a `[` in the file's own name is none of them."""
    path, colons, names = nodeid.partition("::")
    return f"{path}{colons}{names.partition('[')[0]}"


def difference(before: Collection, after: Collection) -> Difference:
    """Every node id that is gone or new, and every file that fails now."""
    failed_before, failed_after = blocked_files(before), blocked_files(after)
    old, new = _groups(before.items), _groups(after.items)
    bare: dict[str, str] = {}
    _add_blocked(before, old, bare)
    if before.session.state is SessionState.ABORTED:
        bare["."] = ABORTED
    behind = _groups(item for _, items in after.blocked for item in items)
    lost, fewer, unknown = [], [], []
    for group in old.values():
        other = new.get(group.bare)
        if other is None:
            if not (group.bare in behind and _was_blocked(group, failed_before)):
                lost.append(group)
        elif group.is_bare or other.is_bare:
            if not (group.is_bare and other.is_bare) and group.file not in bare:
                bare[group.bare] = ONE_SIDE
            if group.is_bare and not other.is_bare:
                unknown.append(group)
        elif gone := tuple(nodeid for nodeid in group.nodeids if nodeid not in other.nodeids):
            fewer.append((group, gone, tuple(nodeid for nodeid in other.nodeids if nodeid not in group.nodeids)))
    gained = tuple(group for group in new.values() if group.bare not in old)
    return Difference(
        old, new, tuple(lost), gained, tuple(fewer), tuple(unknown),
        tuple(path for path in failed_after if path not in failed_before),
        frozenset(failed_after) & frozenset(failed_before),
        tuple(bare.items()),
    )  # fmt: skip


def blocked_files(collection: Collection) -> dict[str, None]:
    """The files that fail, and those that a failure above them keeps from being collected."""
    failed = [report.path for report in collection.reports if report.outcome is Outcome.FAILED and report.path]
    aborted = collection.session.aborted_by
    if collection.session.state is SessionState.ABORTED and aborted is not None and aborted.path:
        failed.append(aborted.path)
    return dict.fromkeys((*failed, *(path for path, _ in collection.blocked)))


def _groups(items: Iterable[Item]) -> dict[str, TestGroup]:
    groups: dict[str, TestGroup] = {}
    for item in items:
        bare = bare_id(item.nodeid)
        group = groups.get(bare)
        if group is None:
            group = groups[bare] = TestGroup(bare, item)
        group.nodeids[item.nodeid] = None
        group.is_bare = group.is_bare or not item.expanded
    return groups


def _add_blocked(before: Collection, old: dict[str, TestGroup], bare: dict[str, str]) -> None:
    """Add what the blocked files of the baseline would have yielded, without parameters."""
    for path, items in before.blocked:
        if path in before.estimated:
            bare[path] = ESTIMATED
            continue
        found = _groups(items)
        for group in found.values():
            if group.bare not in old:
                group.is_bare = True
                old[group.bare] = group
        if found:
            bare[next(iter(found.values())).file] = WAS_BLOCKED


def _was_blocked(group: TestGroup, failed_before: dict[str, None]) -> bool:
    return group.is_bare and any(path == group.file or path.endswith("/" + group.file) for path in failed_before)
