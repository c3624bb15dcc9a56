"""`muster fix`: the fixes of every cause, each proved on its own, the best of them together, round by round where asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from muster import __version__
from muster.errors import UsageError
from muster.fixes import Site, merge_fixes, propose_fixes, unified_diff
from muster.fixes.ignored import IgnoreRules
from muster.fixes.site import RestoreSource
from muster.model.cause import Cause, Scope, Severity
from muster.model.collection import Collection
from muster.model.fix import FileChange, Fix
from muster.model.fix_report import ChosenFix, FixReport, FixRound
from muster.model.history import HistoryQuestions
from muster.model.report import CauseReport, Report, Verdict
from muster.model.report import Fix as FixItem
from muster.ports import Clock, History
from muster.usecases.check import examine
from muster.usecases.diagnose import HISTORY_BUDGET_S
from muster.usecases.kept_facts import KeptFacts
from muster.usecases.plan import Plan
from muster.usecases.prove import compare, judge_all, overlaid, prove, prove_together
from muster.usecases.report import Checked, make_report
from muster.usecases.simulate import Ports, Simulation

MOST_ROUNDS = 25
PROOF_SECONDS = 300.0
"""Proofs that would begin later are not tried, and said to be unproved."""

_MOST_FIXES = 8
_EVIDENCE_TOLD = 8
_LOCAL = frozenset(
    ("rewrite", "re-export", "import", "respell", "rename", "setup", "unused", "guard", "defer", "stub", "restore", "delete")
)  # fmt: skip
"""Kinds that change what their own files say, and neither the configuration nor the search path."""
_STATES = ("proved", "partial", "unproved", "refuted")
_WEIGHT = {"re-export": 10, "restore": 10, "importlib": 20, "stub": 30, "quarantine": 40, "delete": 50}
"""As many edited files as a kind of fix is worth: a re-export comes before eleven rewritten tests, not before two."""


@dataclass(frozen=True, slots=True)
class FixRequest:
    """What is to be fixed: one cause by its number (0: all), one of its fixes by its letter, and whether to go on until
    nothing more can be put right."""

    cause: int = 0
    fix: str = ""
    until_green: bool = False


@dataclass(frozen=True, slots=True)
class ProvedFix:
    """A fix with what proving it showed; `letter` is its id among those of its cause."""

    letter: str
    fix: Fix
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Stage:
    """One chosen fix, and what it changes after all stages before it."""

    cause: Cause
    chosen: ProvedFix
    changes: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One look at the session, with the fixes of each cause."""

    checked: Checked
    fixes: tuple[tuple[ProvedFix, ...], ...]
    chosen: tuple[tuple[int, ProvedFix], ...] = ()


@dataclass(frozen=True, slots=True)
class FixPlan:
    """Everything that was found out; `changes` are those of all stages together, against the tree as it lies."""

    root: str
    rounds: tuple[Round, ...]
    stages: tuple[Stage, ...] = ()
    changes: tuple[FileChange, ...] = ()
    verdict: Verdict | None = None
    left: int = 0
    after: Collection | None = None
    """The session as it is simulated with all changes."""


@dataclass(slots=True)
class _Prover:
    """Proves fixes against one session, within the time that all proofs share."""

    ports: Ports
    plan: Plan
    clock: Clock
    until: float
    before: Collection

    def verdicts(self, pairs: Sequence[tuple[Cause, Fix]]) -> list[Verdict]:
        """What the simulation says of the fix of each cause. Fixes that cannot meet are tried in one session, which is
        halved where they do harm; what may bear on every file is tried alone."""
        found: dict[int, Verdict] = {}
        together: list[int] = []
        victims: set[str] = set()
        for number, (cause, fix) in enumerate(pairs):
            own = {*cause.victims, *fix.paths}
            is_apart = fix.kind in _LOCAL and cause.scope is Scope.FILE and cause.victims and not own & victims
            if is_apart and not fix.needs and self.before.session.aborted_by is None:
                together.append(number)
                victims |= own
            else:
                found[number] = self.verdict(fix, cause)
        found.update(self._together(pairs, together))
        return [found[number] for number in range(len(pairs))]

    def _together(self, pairs: Sequence[tuple[Cause, Fix]], numbers: Sequence[int]) -> dict[int, Verdict]:
        if len(numbers) < 2 or self.clock.monotonic() > self.until:
            return {number: self.verdict(pairs[number][1], pairs[number][0]) for number in numbers}
        changes, taken = merge_fixes(pairs[number][1] for number in numbers)
        causes = [pairs[number][0] for number in numbers]
        told = None
        if len(taken) == len(numbers):
            told = prove_together(self.ports, self.plan, self.before, causes, changes)
        if told is None:
            half = len(numbers) // 2
            return self._together(pairs, numbers[:half]) | self._together(pairs, numbers[half:])
        judged = zip(numbers, told, strict=True)
        return {number: _tempered(verdict, pairs[number][1], pairs[number][0]) for number, verdict in judged}

    def verdict(self, fix: Fix, cause: Cause) -> Verdict:
        """What the simulation says of `fix` alone."""
        if not fix.changes:
            return _unproved("it needs more than a change of files")
        if fix.needs:
            return _unproved(fix.needs)
        if self.clock.monotonic() > self.until:
            return _unproved("not tried: the time for proofs was over")
        return _tempered(prove(self.ports, self.plan, self.before, cause, fix.changes), fix, cause)


def _tempered(verdict: Verdict, fix: Fix, cause: Cause) -> Verdict:
    """`verdict`, but for what only looks like a cure: a stub, tests that are given up, a warning that is an error here."""
    if (
        verdict.state in ("partial", "refuted")
        and fix.kind == "re-export"
        and "DeprecationWarning: '" in verdict.reason
    ):
        reason = "the project makes warnings errors, and the re-export warns"
        return msgspec.structs.replace(verdict, state="refuted", reason=reason)
    if verdict.state == "proved" and fix.stub:
        reason = "a stub: the tests are collected, and fail until somebody writes it"
        return msgspec.structs.replace(verdict, state="partial", reason=reason)
    if verdict.state == "proved" and fix.gives_up:
        reason = f"it gives up {cause.blocked_tests} tests" if cause.blocked_tests != 1 else "it gives up 1 test"
        return msgspec.structs.replace(verdict, state="partial", reason=reason)
    return verdict


def plan_fixes(ports: Ports, clock: Clock, plan: Plan, request: FixRequest) -> FixPlan:
    """What to write so that the session of `plan` collects more. Nothing is written. Raises `UsageError` for a cause or
    fix that does not exist."""
    ports = replace(ports, cache=KeptFacts(ports.cache))
    until = clock.monotonic() + PROOF_SECONDS
    rounds: list[Round] = []
    stages: list[Stage] = []
    total: dict[str, FileChange] = {}
    first: list[Collection] = []
    while len(rounds) < (MOST_ROUNDS if request.until_green else 1):
        here = overlaid(ports, total.values()) if total else ports
        simulation, checked = examine(here, clock, plan)
        first.append(simulation.collection)
        prover = _Prover(here, plan, clock, until, simulation.collection)
        looked = _look(prover, simulation, checked, request)
        picked = _hold_together(_picked(looked, request), prover)
        rounds.append(replace(looked, chosen=picked))
        if not picked:
            break
        for stage in _stages(picked, checked.causes):
            stages.append(stage)
            _add(total, stage.changes)
    changes = tuple(change for change in total.values() if change.before != change.after)
    return _concluded(FixPlan(plan.root, tuple(rounds), tuple(stages), changes), first[0], total, ports, plan, clock)


def _concluded(
    found: FixPlan, first: Collection, total: dict[str, FileChange], ports: Ports, plan: Plan, clock: Clock
) -> FixPlan:
    """`found` with what all its changes do together."""
    if not found.changes:
        return replace(found, left=_errors(found.rounds[-1].checked.causes))
    last = found.rounds[-1]
    if last.chosen:
        simulation, checked = examine(overlaid(ports, total.values()), clock, plan)
        after, causes = simulation.collection, checked.causes
    else:
        after, causes = last.checked.collection, last.checked.causes
    return replace(found, verdict=judge_all(compare(first, after)), left=_errors(causes), after=after)


def check_with_fixes(
    ports: Ports, clock: Clock, plan: Plan, seen: Callable[[Simulation], None] = lambda simulation: None
) -> Report:
    """The Report of the session in which each cause has its fixes, proved or not; `seen` is given what was simulated."""
    kept = replace(ports, cache=KeptFacts(ports.cache))
    simulation, checked = examine(kept, clock, plan)
    seen(simulation)
    prover = _Prover(kept, plan, clock, clock.monotonic() + PROOF_SECONDS, simulation.collection)
    looked = _look(prover, simulation, checked, FixRequest())
    report = make_report(checked)
    return msgspec.structs.replace(report, causes=_cause_reports(looked, report))


def make_fix_report(
    plan: FixPlan, confirmed: Verdict | None = None, applied: Iterable[str] = (), commits: Iterable[str] = ()
) -> FixReport:
    """The published form of `plan`."""
    return FixReport(
        schema="muster.fixes/1",
        muster=__version__,
        root=plan.root,
        rounds=tuple(_round_report(number, each) for number, each in enumerate(plan.rounds, 1)),
        patch=unified_diff(plan.changes, plan.root),
        files=tuple(_shown(change.path, plan.root) for change in plan.changes),
        verdict=plan.verdict,
        confirmed=confirmed,
        left=plan.left,
        applied=tuple(applied),
        commits=tuple(commits),
    )


def confirm_plan(plan: FixPlan, observed: Collection) -> Verdict:
    """What a real collection of a copy with all changes shows, against the session as it was simulated before; only partial
    where a file fails that the simulation sees mended."""
    verdict = judge_all(compare(plan.rounds[0].checked.collection, observed), by="collection")
    unforeseen = compare(plan.after, observed).new_failures if plan.after is not None else ()
    if verdict.state != "proved" or not unforeseen:
        return verdict
    return msgspec.structs.replace(verdict, state="partial", reason=f"for real this still fails: {unforeseen[0]}")


def commit_message(stage: Stage, root: str) -> str:
    """What a commit of one stage says: the cause, its evidence, the fix and its verdict; one line each."""
    cause, chosen = stage.cause, stage.chosen
    verdict = chosen.verdict
    facts = [f"{each.kind}: {each.text}" for each in cause.evidence if each.text][:_EVIDENCE_TOLD]
    place = f"{_shown(cause.culprit.path, root)}:{cause.culprit.line}" if cause.culprit else ""
    lines = [
        f"Fix {cause.code}: {chosen.fix.title}",
        "",
        cause.message,
        *([f"At {place}: {cause.culprit.text}"] if cause.culprit and cause.culprit.text else []),
        "",
        *(f"- {fact}" for fact in facts),
        *([""] if facts else []),
        f"{verdict.state} by {verdict.by}: {verdict.back} tests back, {verdict.lost} lost"
        if verdict.by
        else verdict.state,
    ]
    return "\n".join(" ".join(line.split()) for line in lines) + "\n"


# one round


def _look(prover: _Prover, simulation: Simulation, checked: Checked, request: FixRequest) -> Round:
    if request.cause and not 1 <= request.cause <= len(checked.causes):
        raise UsageError(f"--cause {request.cause}: there are {len(checked.causes)} causes")
    kept = prover.ports.working_copy
    site = Site(
        tree=prover.ports.tree,
        root=prover.plan.root,
        collection=simulation.collection,
        invocation=simulation.invocation,
        environment=simulation.environment,
        facts=simulation.store.facts,
        words=frozenset(
            part for cause in checked.causes for part in re.split(r"[.:]", cause.subject) if part.isidentifier()
        ),
        past=_past(prover.ports.history),
        versions=kept.versions if kept else None,
        ignored=IgnoreRules(prover.ports.tree, prover.plan.root, prover.ports.environ, kept.tracks if kept else None),
    )
    wanted = [
        propose_fixes(cause, site)[:_MOST_FIXES] if not cause.accepted and request.cause in (0, number) else ()
        for number, cause in enumerate(checked.causes, 1)
    ]
    tried: list[list[tuple[Fix, Verdict]]] = [[] for _ in wanted]
    for turn in range(max(map(len, wanted), default=0)):
        # The first fix of every cause, then the second of every cause: fixes of one cause never share a session.
        having = [number for number, fixes in enumerate(wanted) if turn < len(fixes)]
        pairs = [(checked.causes[number], wanted[number][turn]) for number in having]
        for number, (_, fix), verdict in zip(having, pairs, prover.verdicts(pairs), strict=True):
            tried[number].append((fix, verdict))
    return Round(checked, tuple(_ranked(each) for each in tried))


def _past(history: History | None) -> RestoreSource | None:
    """What files that are gone held, asked of the history."""
    if history is None:
        return None

    def restore(paths: tuple[str, ...]) -> dict[str, bytes]:
        told = history.ask(HistoryQuestions(paths=paths), HISTORY_BUDGET_S).paths
        return {path: trace.source for path, trace in told.items() if trace.steps and not trace.end}

    return restore


def _ranked(tried: Sequence[tuple[Fix, Verdict]]) -> tuple[ProvedFix, ...]:
    """The fixes of one cause, the smallest of those that bring back most first."""
    ranked = sorted(tried, key=lambda pair: _rank(*pair))
    return tuple(ProvedFix(chr(ord("a") + number), *pair) for number, pair in enumerate(ranked))


def _rank(fix: Fix, verdict: Verdict) -> tuple[object, ...]:
    return (
        _STATES.index(verdict.state),
        fix.stub,
        fix.choice,
        -verdict.back,
        _WEIGHT.get(fix.kind, len(fix.changes)),
    )


def _picked(looked: Round, request: FixRequest) -> list[tuple[int, ProvedFix]]:
    """For each cause the fix to make: the one that was asked for, else the first that may be made without asking."""
    picked: list[tuple[int, ProvedFix]] = []
    for number, fixes in enumerate(looked.fixes, 1):
        if request.fix and fixes:
            picked.append((number, _asked_for(fixes, request)))
            continue
        allowed = ("proved", "partial") if request.until_green or request.cause else ("proved",)
        fit = [each for each in fixes if each.verdict.state in allowed and not each.fix.choice and not each.fix.stub]
        picked += [(number, fit[0])] if fit else []
    return picked


def _asked_for(fixes: Sequence[ProvedFix], request: FixRequest) -> ProvedFix:
    for each in fixes:
        if each.letter == request.fix:
            if each.verdict.state == "refuted":
                raise UsageError(f"--fix {request.fix} is refuted: {each.verdict.reason}")
            return each
    raise UsageError(f"--fix {request.fix}: cause {request.cause} has {', '.join(each.letter for each in fixes)}")


def _hold_together(picked: list[tuple[int, ProvedFix]], prover: _Prover) -> tuple[tuple[int, ProvedFix], ...]:
    """Those of `picked` that do no harm together: all at once, and one by one only where that fails."""
    together = _compatible(picked)
    if len(together) < 2 or _is_harmless(together, prover):
        return together
    held: tuple[tuple[int, ProvedFix], ...] = ()
    for pair in together:
        if _is_harmless((*held, pair), prover):
            held = (*held, pair)
    return held


def _compatible(picked: Sequence[tuple[int, ProvedFix]]) -> tuple[tuple[int, ProvedFix], ...]:
    """Those whose changes do not contend; the rest has its turn in the next round."""
    _, taken = merge_fixes(proved.fix for _, proved in picked)
    return tuple(pair for pair in picked if pair[1].fix in taken)


def _is_harmless(picked: Sequence[tuple[int, ProvedFix]], prover: _Prover) -> bool:
    changes, _ = merge_fixes(proved.fix for _, proved in picked)
    verdict = prove(prover.ports, prover.plan, prover.before, None, changes)
    return verdict.lost == 0 and verdict.new_failures == 0


def _stages(picked: Sequence[tuple[int, ProvedFix]], causes: Sequence[Cause]) -> Iterable[Stage]:
    """Each chosen fix with its changes as they are once those before it are made."""
    known: dict[str, FileChange] = {}
    for position, (number, proved) in enumerate(picked):
        merged, _ = merge_fixes(each.fix for _, each in picked[: position + 1])
        changes = []
        for change in merged:
            before = known[change.path].after if change.path in known else change.before
            if before != change.after:
                changes.append(FileChange(change.path, before, change.after))
            known[change.path] = change
        yield Stage(causes[number - 1], proved, tuple(changes))


def _add(total: dict[str, FileChange], changes: Iterable[FileChange]) -> None:
    for change in changes:
        known = total.get(change.path)
        total[change.path] = change if known is None else FileChange(change.path, known.before, change.after)


def _errors(causes: Iterable[Cause]) -> int:
    return sum(cause.severity is Severity.ERROR and not cause.accepted for cause in causes)


def _unproved(reason: str) -> Verdict:
    return Verdict(state="unproved", by="", back=0, lost=0, new_failures=0, uncovers=(), reason=reason)


# what is published


def _round_report(number: int, looked: Round) -> FixRound:
    return FixRound(
        number=number,
        causes=_cause_reports(looked, make_report(looked.checked)),
        chosen=tuple(
            ChosenFix(cause=cause, fix=proved.letter, title=proved.fix.title) for cause, proved in looked.chosen
        ),
    )


def _cause_reports(looked: Round, report: Report) -> tuple[CauseReport, ...]:
    """The causes with the fixes that were tried; where none was written, with the words of the diagnosis."""
    return tuple(
        msgspec.structs.replace(cause, fixes=tuple(_item(each, looked.checked.root) for each in fixes))
        if fixes
        else cause
        for cause, fixes in zip(report.causes, looked.fixes, strict=True)
    )


def _item(proved: ProvedFix, root: str) -> FixItem:
    fix = proved.fix
    return FixItem(id=proved.letter, title=fix.title, patch=unified_diff(fix.changes, root), verdict=proved.verdict)


def _shown(path: str, root: str) -> str:
    return path.removeprefix(root.rstrip("/") + "/")
