"""From a simulated collection to the work of a run: which files, in which pieces, at which expected cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from muster.model.collection import Collection, Item, Outcome, SessionExit
from muster.model.invocation import Invocation
from muster.model.run import FileDurations, Task, Unit
from muster.runs.names import bare_id, file_of, files_by_head, path_of

SPLIT_SECONDS = 2.0
SPLIT_TESTS = 500
"""A file is only torn apart where that is worth a second import: its tests are known to be slow, or are very many."""
PARTS_OF_A_SHARE = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """What a category says of each of its tests."""

    timeout_s: float | None = None
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """The tests of a run as foreseen, file by file in the session's order.

    `blocked` are files that cannot be collected, `undecided` those whose tests are not known. Both are given to pytest
    all the same: it has the last word. `deselected` tests are those of files that are not given to it.
    """

    files: Mapping[str, tuple[Item, ...]]
    blocked: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    deselected: int = 0

    @property
    def tests(self) -> int:
        """How many tests are foreseen; a bare id counts once."""
        return sum(map(len, self.files.values()))


def plan_tests(collection: Collection, rootdir: str, last_failed: Sequence[str] = ()) -> Planned:
    """What `collection` lets expect. With `last_failed` only these node ids, where any of them is there."""
    by_path: dict[str, list[Item]] = {path: [] for path in collection.files}
    heads = files_by_head(collection.files, rootdir)
    for item in collection.items:
        by_path.setdefault(file_of(item, heads), []).append(item)
    blocked = {path for path, _ in collection.blocked}
    if (ended_by := _file_that_ends_the_session(collection)) is not None:
        # pytest ends there; a worker only loses that file, so all others are there to be run.
        by_path = {path: list(items) for path, items in collection.blocked} | by_path
        blocked = {ended_by}
    blocked |= {report.path for report in collection.reports if report.outcome is Outcome.FAILED}
    undecided = {report.path for report in collection.reports if report.outcome is Outcome.UNDECIDED}
    skipped = {report.path for report in collection.reports if report.outcome is Outcome.SKIPPED}
    by_path = by_path | {path: [] for path in blocked if path not in by_path}
    # A file of which nothing is left would be imported for nothing; one that skips itself is asked, as pytest counts it.
    files = {path: tuple(items) for path, items in by_path.items() if items or path in blocked | undecided | skipped}
    # What is deselected in files that pytest is given, pytest itself will count.
    deselected = sum(path_of(nodeid, heads) not in files for nodeid in collection.deselected)
    planned = Planned(files, frozenset(blocked), frozenset(undecided - blocked), deselected)
    return _only_failed(planned, last_failed) if last_failed else planned


def _file_that_ends_the_session(collection: Collection) -> str | None:
    """The test file whose import calls `sys.exit`, if it is that which ends the session."""
    report = collection.session.aborted_by
    if report is None or report.exception is None or not isinstance(report.exception.detail, SessionExit):
        return None
    return report.path if report.path in dict(collection.blocked) or report.path in collection.files else None


def _only_failed(planned: Planned, last_failed: Sequence[str]) -> Planned:
    """`LFPlugin.pytest_collection_modifyitems`: the failed ones; everything where none of them is selected."""
    failed = frozenset(last_failed)
    bare = frozenset(map(bare_id, failed))
    kept: dict[str, tuple[Item, ...]] = {}
    for path, items in planned.files.items():
        chosen = tuple(item for item in items if item.nodeid in failed or (not item.expanded and item.nodeid in bare))
        if chosen:
            kept[path] = chosen
    if not kept:
        return planned
    left_out = planned.tests - sum(map(len, kept.values()))
    return replace(
        planned, files=kept, blocked=frozenset(), undecided=frozenset(), deselected=planned.deselected + left_out
    )


@dataclass(frozen=True, slots=True)
class Costs:
    """What files are expected to take: `seconds` where they are known, else by `sizes` in bytes."""

    durations: Mapping[str, FileDurations] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    def of(self, path: str) -> float:
        """The cost of a file; comparable within one run only."""
        known = self.durations.get(path)
        if known is not None:
            return max(known.seconds, 0.001)
        return max(self.sizes.get(path, 0) * self._seconds_per_byte(), 0.001)

    def _seconds_per_byte(self) -> float:
        measured = [(known.seconds, self.sizes[path]) for path, known in self.durations.items() if self.sizes.get(path)]
        total_bytes = sum(size for _, size in measured)
        # One second for 40 kB of tests, where nothing better is known.
        return sum(seconds for seconds, _ in measured) / total_bytes if total_bytes else 1 / 40_000


def plan_units(
    planned: Planned,
    invocation: Invocation,
    costs: Costs,
    limits: Mapping[str, Limits],
    groups: Iterable[Sequence[str]] = (),
    only: Mapping[str, tuple[str, ...]] | None = None,
) -> list[Unit]:
    """One unit for each file or group of files that must be together, in the session's order.

    `only` names, for files of which a part is asked for, the node ids.
    """
    order = {path: place for place, path in enumerate(planned.files)}
    named = _named_arguments(invocation)
    tasks = {
        path: Task(
            path=path,
            arguments=named.get(path, (path,)),
            only=(only or {}).get(path, ()),
            timeout_s=limits.get(path, Limits()).timeout_s,
            retries=limits.get(path, Limits()).retries,
        )
        for path in planned.files
    }
    units = []
    together: dict[str, tuple[str, ...]] = {}
    for group in groups:
        members = tuple(sorted((path for path in group if path in tasks), key=order.__getitem__))
        together.update(dict.fromkeys(members, members))
    for path in planned.files:
        members = together.get(path, (path,))
        if members[0] == path:
            weight = sum(costs.of(member) for member in members)
            bound = path in together
            units.append(Unit(tuple(replace(tasks[member], is_bound=bound) for member in members), weight, order[path]))
    return units


def _named_arguments(invocation: Invocation) -> dict[str, tuple[str, ...]]:
    """Files that the command names by node id only, with these arguments; a folder or file above it takes them all."""
    whole = [argument.path for argument in invocation.arguments if not argument.names]
    named: dict[str, list[str]] = {}
    for argument in invocation.arguments:
        if argument.names and not any(f"{argument.path}/".startswith(f"{path.rstrip('/')}/") for path in whole):
            named.setdefault(argument.path, []).append(str(argument))
    return {path: tuple(dict.fromkeys(arguments)) for path, arguments in named.items()}


def split_units(units: Sequence[Unit], planned: Planned, costs: Costs, workers: int) -> list[Unit]:
    """`units` with those of one file torn apart that would keep one worker busy beyond its share."""
    share = sum(unit.weight for unit in units) / max(workers, 1)
    return [part for unit in units for part in _split(unit, planned, costs, share)] if workers > 1 else list(units)


def _split(unit: Unit, planned: Planned, costs: Costs, share: float) -> list[Unit]:
    if len(unit.tasks) != 1 or unit.weight <= share:
        return [unit]
    (task,) = unit.tasks
    if task.is_bound:
        return [unit]
    items = planned.files.get(task.path, ())
    known = costs.durations.get(task.path)
    is_slow = known is not None and known.tests >= max(SPLIT_SECONDS, 2 * known.collecting)
    many = known is None and len(items) >= SPLIT_TESTS
    if task.only or task.path in planned.blocked | planned.undecided or not (is_slow or many):
        return [unit]
    parts = ceil(unit.weight * PARTS_OF_A_SHARE / share)
    if known is not None and known.collecting:
        parts = min(parts, int(known.tests / known.collecting))  # none imports for longer than it runs tests
    if all(item.expanded for item in items):
        parts = min(parts, len(items))
    return [
        replace(unit, tasks=(replace(task, part=(number, parts)),), weight=unit.weight / parts)
        for number in range(parts)
    ]
