"""`muster profile --fix`: heavy imports moved to where they are used, each proved by the simulation and measured for real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from muster.fixes import Site, unified_diff
from muster.fixes.heavy_imports import fix_heavy_import
from muster.fixes.ignored import IgnoreRules
from muster.model.collection import Collection
from muster.model.fix import FileChange, Fix
from muster.model.profile import HeavyImport
from muster.model.profile_report import Deferral, Measured
from muster.model.report import Verdict
from muster.ports import PairedRuns, TimedRun
from muster.trees.overlay import OverlayTree
from muster.usecases.command import command_words
from muster.usecases.kept_facts import KeptFacts
from muster.usecases.profile import Profiled
from muster.usecases.prove import compare, overlaid
from muster.usecases.simulate import Ports, simulate
from muster.usecases.statement_uses import role_of

LEAST_OF_THE_PREDICTED = 0.25
"""A change that saves less of what was predicted has not been shown to save anything."""

MOST_PAIRS = 0.75
"""So many of the pairs must be faster."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """What was tried, and the changes of all that was kept, with what they do together."""

    deferrals: tuple[Deferral, ...]
    changes: tuple[FileChange, ...] = ()
    together: Measured | None = None


NOTHING_TRIED = Deferred(())


def defer_imports(ports: Ports, found: Profiled, runs: PairedRuns, rounds: int) -> Deferred:
    """Each deferrable import of `found`, on top of those that were kept before it. Nothing is written; runs the project's
    code in copies, `rounds` times in pairs for each."""
    tried: list[Deferral] = []
    kept: dict[str, FileChange] = {}
    ports = replace(ports, cache=KeptFacts(ports.cache))
    for heavy in found.deferrable:
        fix = fix_heavy_import(
            heavy, _site(ports, found, kept), lambda path: role_of(path, found.python_floor), found.python_floor
        )
        if fix is None:
            tried.append(_refused(found, heavy, "it could not be moved without a change to something else"))
            continue
        trial = _merged(kept, fix.changes)
        deferral = _tried(ports, found, runs, rounds, heavy, fix, kept, trial)
        tried.append(deferral)
        if deferral.kept:
            kept = trial
    changes = tuple(kept.values())
    measured = [each.measured for each in tried if each.kept]
    together = measured[0] if len(measured) == 1 else None
    if len(measured) > 1:
        together = _measured(runs.alternate((), changes, command_words(found.plan.command), found.plan.cwd, rounds))
    return Deferred(tuple(tried), changes, together)


def _tried(
    ports: Ports,
    found: Profiled,
    runs: PairedRuns,
    rounds: int,
    heavy: HeavyImport,
    fix: Fix,
    kept: dict[str, FileChange],
    trial: dict[str, FileChange],
) -> Deferral:
    before = simulate(overlaid(ports, kept.values()), found.plan.request).collection
    verdict = prove_unchanged(
        before, simulate(overlaid(ports, trial.values()), found.plan.request).collection, "simulation"
    )
    if verdict.state != "proved":
        return _deferral(found, heavy, fix, verdict, None, verdict.reason)
    pairs = runs.alternate(
        tuple(kept.values()), tuple(trial.values()), command_words(found.plan.command), found.plan.cwd, rounds
    )
    real = prove_unchanged(pairs[0][0].collection, pairs[0][1].collection, "collection")
    measured = _measured(pairs)
    if real.state != "proved":
        return _deferral(found, heavy, fix, real, measured, real.reason)
    return _deferral(found, heavy, fix, real, measured, why_not_kept(measured, heavy.seconds / found.spans.seconds))


def prove_unchanged(before: Collection, after: Collection, by: str) -> Verdict:
    """Whether two collections of one session have the same tests in the same order, and the second no failure of its own."""
    found = compare(before, after)
    reason = ""
    if found.new_failures or found.uncovered:
        reason = f"it would make this fail: {(*found.new_failures, *found.uncovered)[0]}"
    elif [item.nodeid for item in before.items] != [item.nodeid for item in after.items]:
        changed = (*found.lost, *found.back)
        reason = f"the tests would not stay the same: {changed[0]}" if changed else "the tests would change their order"
    return Verdict(
        state="refuted" if reason else "proved",
        by=by,
        back=0,
        lost=len(found.lost),
        new_failures=len(found.new_failures),
        uncovers=(),
        reason=reason,
    )


def why_not_kept(measured: Measured, predicted: float) -> str:
    """Why a change does not count as saving, "" where it does: on the clock or on the processor the fastest run, the median of
    the pairs and most pairs must agree. `predicted` is the share of the whole that it should save.

    A busy machine stretches the clock, and what waits takes no processor: either may tell where the other cannot.
    """
    clock, processor = (measured.before, measured.after), (measured.before_cpu, measured.after_cpu)
    if any(_has_saved(*times, predicted * LEAST_OF_THE_PREDICTED) for times in (clock, processor)):
        return ""
    return (
        f"{predicted:.1%} were predicted, and real runs do not show a quarter of that: "
        f"{_saved(*clock):.2f} s on the clock, {_saved(*processor):.2f} s of processor"
    )


def _has_saved(before: Sequence[float], after: Sequence[float], least: float) -> bool:
    wins = sum(two < one for one, two in zip(before, after, strict=True))
    return wins >= MOST_PAIRS * len(before) and _saved(before, after) > least * min(before)


def _saved(before: Sequence[float], after: Sequence[float]) -> float:
    """What is saved as the medians of the pairs' differences and the fastest runs tell it, the lesser of the two."""
    differences = [one - two for one, two in zip(before, after, strict=True)]
    return min(median(differences), min(before) - min(after))


def _measured(pairs: Sequence[tuple[TimedRun, TimedRun]]) -> Measured:
    before = tuple(one.collection.seconds or 0.0 for one, _ in pairs)
    after = tuple(two.collection.seconds or 0.0 for _, two in pairs)
    before_cpu, after_cpu = tuple(one.cpu_s for one, _ in pairs), tuple(two.cpu_s for _, two in pairs)
    return Measured(
        before=before,
        after=after,
        before_cpu=before_cpu,
        after_cpu=after_cpu,
        saved=_saved(before, after),
        saved_cpu=_saved(before_cpu, after_cpu),
    )


def _site(ports: Ports, found: Profiled, kept: dict[str, FileChange]) -> Site:
    """The project with what was kept made in it."""
    tree = OverlayTree(ports.tree, {change.path: change.after for change in kept.values()})
    copy = ports.working_copy
    return Site(
        tree=tree,
        root=found.plan.root,
        collection=found.simulation.collection,
        invocation=found.simulation.invocation,
        environment=found.simulation.environment,
        facts=found.simulation.store.facts,
        ignored=IgnoreRules(ports.tree, found.plan.root, ports.environ, copy.tracks if copy else None),
    )


def _merged(kept: dict[str, FileChange], changes: Sequence[FileChange]) -> dict[str, FileChange]:
    merged = dict(kept)
    for change in changes:
        known = merged.get(change.path)
        merged[change.path] = FileChange(change.path, known.before if known else change.before, change.after)
    return merged


def _refused(found: Profiled, heavy: HeavyImport, reason: str) -> Deferral:
    verdict = Verdict(state="unproved", by="", back=0, lost=0, new_failures=0, uncovers=(), reason=reason)
    return _deferral(found, heavy, Fix("defer", f"import {heavy.module} where it is used"), verdict, None, reason)


def _deferral(
    found: Profiled, heavy: HeavyImport, fix: Fix, verdict: Verdict, measured: Measured | None, reason: str
) -> Deferral:  # fmt: skip
    return Deferral(
        cause=_cause_of(found, heavy),
        module=heavy.module,
        title=fix.title,
        patch=unified_diff(fix.changes, found.plan.root),
        verdict=verdict,
        measured=measured,
        kept=not reason,
        reason=reason,
    )


def _cause_of(found: Profiled, heavy: HeavyImport) -> int:
    """The number of the cause among those reported."""
    subjects = [(cause.code, cause.subject) for cause in found.checked.causes]
    return subjects.index(("M502", heavy.module)) + 1 if ("M502", heavy.module) in subjects else 0
