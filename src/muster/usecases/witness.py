"""The real run that `--confirm` asks for: the files in doubt, several at once, whatever they do to their processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from muster.model.collection import Collection, CollectorReport, Outcome, Session
from muster.model.observation import Part
from muster.ports import FileTree, ObservedPytest
from muster.usecases.command import command_words
from muster.usecases.confirm import failures_by_path
from muster.usecases.doubt import doubtful_paths, shared_out
from muster.usecases.plan import Plan
from muster.usecases.simulate import Simulation

MOST_LOST = 20
"""So many files of one part may end or hold up their process; then the rest of it is left as simulated."""


_FAILING = (2, 1)
"""pytest's exit codes where files fail: at once, and under `--continue-on-collection-errors`."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A real pytest to confirm with, and how much of the session it collects, in how many processes at once.

    `doubtful`: what the simulation left undecided or found failing, and the whole only where a budget is to be measured.
    """

    pytest: ObservedPytest
    extent: Literal["doubtful", "whole"] = "doubtful"
    processes: int = 2


@dataclass(frozen=True, slots=True)
class Witness:
    """What really happened: `collection`, which tells of the test files `seen`; all of them where it `is_whole`.

    Its seconds are those of the team's command where one process collected everything and came to its end, else None.
    """

    collection: Collection
    seen: frozenset[str]
    is_whole: bool = False


def witness(confirmation: Confirmation, plan: Plan, simulation: Simulation, tree: FileTree) -> Witness:
    """What pytest really does with the session in `plan`, as far as it is asked. This runs the project's code."""
    simulated = simulation.collection
    doubtful = doubtful_paths(simulated, simulation.invocation.rootdir, tree)
    if confirmation.extent == "whole" or plan.budget_s is not None or doubtful is None:
        return _whole(confirmation, plan, simulation, doubtful or ())
    seen = _of_parts(confirmation, plan, simulation, doubtful)
    if _is_refuted(simulated, seen):
        # What the simulation says of this session cannot be relied on: not of other files, nor of what depends on what.
        return _whole(confirmation, plan, simulation, doubtful)
    return seen


def _is_refuted(simulated: Collection, seen: Witness) -> bool:
    """Whether a file collects that the simulation finds failing."""
    real = failures_by_path(seen.collection)
    return any(path in seen.seen and path not in real for path in failures_by_path(simulated))


def _whole(confirmation: Confirmation, plan: Plan, simulation: Simulation, doubtful: Sequence[str]) -> Witness:
    """The team's command as it is; where a file ends it before its time, what is in doubt behind that is looked at apart."""
    real = confirmation.pytest.collect(command_words(plan.command), plan.cwd)
    aborted_by = real.session.aborted_by
    if aborted_by is None:
        return Witness(real, frozenset(real.files), is_whole=True)
    real = replace(real, seconds=None)
    if aborted_by.path not in real.files or aborted_by.path == _ending(simulation.collection):
        return Witness(real, frozenset(real.files), is_whole=True)
    first = Witness(_with_end(real), frozenset(real.files))
    left = [path for path in doubtful if path not in first.seen]
    rest = _of_parts(confirmation, plan, simulation, left, lost=(aborted_by.path,))
    return _joined([first, rest], simulation.collection)


def _of_parts(
    confirmation: Confirmation,
    plan: Plan,
    simulation: Simulation,
    doubtful: Sequence[str],
    lost: Sequence[str] = (),
) -> Witness:
    """What becomes of `doubtful`, each after the files that it depends on, without those already `lost`."""
    simulated = simulation.collection
    shares = shared_out(doubtful, simulation.groups, simulated.files, confirmation.processes)
    parts = [_part_of(share, lost) for share in shares]
    argv = command_words(plan.command)
    witnesses: list[Witness] = []
    ends: dict[Part, list[Collection]] = {}
    while parts:
        collected = zip(parts, confirmation.pytest.collect_each(argv, plan.cwd, parts), strict=True)
        parts = []
        for part, real in collected:
            ended = [*ends.pop(part, ()), real]
            following = _without_what_ended_it(part, real, simulated, len(ended))
            if following is None:
                witnesses.append(_of_part(part, ended))
            else:
                ends[following] = ended
                parts.append(following)
    return _joined(witnesses, simulated)


def _part_of(paths: Sequence[str], lost: Sequence[str]) -> Part:
    return Part(
        files=frozenset(path for path in paths if not path.endswith("/")),
        folders=tuple(path.rstrip("/") for path in paths if path.endswith("/")),
        skip=frozenset(lost),
    )


def _without_what_ended_it(part: Part, real: Collection, simulated: Collection, ends: int) -> Part | None:
    """What is left to collect of `part` in a new process, where a file that was not known to ended this one."""
    ended_by = real.session.aborted_by
    if ended_by is None or ends > MOST_LOST:
        return None
    path = ended_by.path
    is_known = path in real.files and part.holds(path)
    if path == _ending(simulated) or path in part.skip or not (is_known or path.endswith("/conftest.py")):
        return None
    return replace(part, skip=part.skip | {path})


def _ending(simulated: Collection) -> str:
    """The file that ends the session as the simulation sees it: behind it nothing is in doubt."""
    return simulated.session.aborted_by.path if simulated.session.aborted_by is not None else ""


def _of_part(part: Part, ended: Sequence[Collection]) -> Witness:
    """The last process tells of every file but those that ended the ones before it."""
    *before, last = ended
    lost = [report for real in before if (report := real.session.aborted_by) is not None]
    collection = _with_end(last)
    session = before[0].session if before else collection.session
    collection = replace(
        collection,
        session=session,
        reports=(*collection.reports, *(replace(report, outcome=Outcome.FAILED) for report in lost)),
        seconds=None,
    )
    ended_by = {report.path for report in lost}
    seen = {path for path in last.files if part.holds(path) and path not in part.skip}
    return Witness(collection, frozenset(seen | ended_by))


def _with_end(real: Collection) -> Collection:
    """`real` with what ended it among its reports."""
    ended_by = real.session.aborted_by
    if ended_by is None or not ended_by.path or ended_by in real.reports:
        return real
    return replace(real, reports=(*real.reports, replace(ended_by, outcome=Outcome.FAILED)))


def _joined(witnesses: Sequence[Witness], simulated: Collection) -> Witness:
    """All of them as one session, in the order of the simulated one; it ends as the first of them that does so early."""
    order = {file: place for place, file in enumerate(simulated.files)}
    collections = [each.collection for each in witnesses]
    files = dict.fromkeys(path for each in witnesses for path in each.collection.files if path in each.seen)
    reports: dict[tuple[str, Outcome], CollectorReport] = {}
    for each in witnesses:
        for report in each.collection.reports:
            if report.path in each.seen or report.path not in each.collection.files:
                reports.setdefault((report.nodeid, report.outcome), report)
    collection = Collection(
        session=_session_of(collections, order),
        files=tuple(sorted(files, key=lambda path: order.get(path, len(order)))),
        items=tuple(item for each in collections for item in each.items),
        reports=tuple(reports.values()),
        deselected=tuple(nodeid for each in collections for nodeid in each.deselected),
    )
    return Witness(collection, frozenset(path for each in witnesses for path in each.seen))


def _session_of(collections: Iterable[Collection], order: Mapping[str, int]) -> Session:
    """How they end together: as the first that is ended by a file, else with the exit code of files that fail, or of tests."""
    sessions = [each.session for each in collections]
    ended = [(order.get(ended_by.path, -1), each) for each in sessions if (ended_by := each.aborted_by) is not None]
    if ended:
        return min(ended, key=lambda pair: pair[0])[1]
    codes = (*_FAILING, 0)
    ranked = sorted(
        sessions, key=lambda each: codes.index(each.pytest_exit) if each.pytest_exit in codes else len(codes)
    )
    return next(iter(ranked), Session())
