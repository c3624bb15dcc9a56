"""From a collection and the answers to its questions: the root causes, ranked by the tests that they cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from muster.diagnosis import (
    m001_file_unreadable,
    m306_configuration_error,
    m405_zero_tests,
    m503_input_output_at_import,
)
from muster.diagnosis.aftermath import fold_aftermath
from muster.diagnosis.behind import Wanted, wanted_behind, wanted_by
from muster.diagnosis.case import Case
from muster.diagnosis.catalogue import BY_CODE
from muster.diagnosis.directives import Directives, reason_at
from muster.diagnosis.finding import Finding
from muster.diagnosis.loss_words import lost_tests
from muster.diagnosis.m403_outside_patterns import is_meant
from muster.diagnosis.m405_zero_tests import ExpectedTests
from muster.diagnosis.m407_module_level_skip import is_optional
from muster.diagnosis.questions import Answers
from muster.diagnosis.registry import LOSS_RULES, explain_root
from muster.diagnosis.roots import Failure, Root, roots_of
from muster.diagnosis.split import split_by_module
from muster.diagnosis.toll import Ledger, Toll
from muster.facts.module_facts import Directive
from muster.model.cause import Cause, Evidence, Scope, Seen, Severity
from muster.model.collection import Collection, Confidence, Loss, Outcome, Problem, Wait
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.model.location import Location
from muster.ports import FileTree

NO_SEVERITIES: Mapping[str, str] = MappingProxyType({})
NO_DIRECTIVES: Mapping[str, Sequence[Directive]] = MappingProxyType({})

MOST_OF_A_KIND = 5

PLACES = frozenset(("import", "use", "place"))
"""Kinds of evidence that only say where a cause shows."""

_BREADTH = (Scope.FILE, Scope.FOLDER, Scope.SESSION)


def conclude(
    collection: Collection,
    invocation: Invocation,
    environment: Environment,
    tree: FileTree,
    answers: Answers,
    *,
    severity: Mapping[str, str] = NO_SEVERITIES,
    directives: Directives = NO_DIRECTIVES,
    expected: Iterable[ExpectedTests] = (),
) -> tuple[Cause, ...]:
    """The causes of everything that `collection` lacks, most tests first, then by place and code; silenced ones last.

    `severity` overrides the catalogue's by code, `directives` are the ignore comments by file, `expected` what the
    checked categories must hold.
    """
    case = Case(collection, invocation, environment, tree, answers)
    causes = [
        *_of_refusals(case),
        *_of_failures(case),
        *_of_losses(case, directives),
        *_of_problems(case),
        *_of_waits(case),
        *_of_expectations(case, expected),
    ]
    judged = (_accept(_weigh(_spell_out(cause, case), severity), directives) for cause in causes)
    return tuple(sorted(judged, key=_rank))


def judge_findings(
    findings: Iterable[Finding], severity: Mapping[str, str], directives: Directives
) -> tuple[Cause, ...]:  # fmt: skip
    """The causes that `findings` about a real run are, silenced ones last; arguments as for `conclude`."""
    causes = (replace(_bare(finding), seen=Seen.OBSERVED) for finding in findings)
    return tuple(sorted((_accept(_weigh(cause, severity), directives) for cause in causes), key=_rank))


def _rank(cause: Cause) -> tuple[object, ...]:
    place = cause.culprit
    where = (place.path, place.line, place.column) if place else ("", 0, 0)
    is_inner = cause.scope is not Scope.SESSION
    return (
        bool(cause.accepted),
        is_inner,
        -(cause.blocked_tests + cause.lost_count),
        *where,
        cause.code,
        cause.subject,
    )


def _spell_out(cause: Cause, case: Case) -> Cause:
    """`cause` with the text of its culprit's line, where whoever saw it gave only the line."""
    place = cause.culprit
    if place is None or not place.line or place.text:
        return cause
    return replace(cause, culprit=case.statement(place.path, place.line))


def _weigh(cause: Cause, severity: Mapping[str, str]) -> Cause:
    # Whoever lives with a warning of old has not agreed to lose tests that were collected.
    chosen = severity.get("M406" if cause.is_regression else cause.code)
    return replace(cause, severity=Severity(chosen)) if chosen else cause


def _accept(cause: Cause, directives: Directives) -> Cause:
    return cause if cause.accepted else replace(cause, accepted=reason_at(directives, cause.code, cause.culprit))


@dataclass(slots=True)
class _Row:
    """One cause in the making."""

    finding: Finding
    failures: list[Failure] = field(default_factory=list)
    behind: list[Failure] = field(default_factory=list)
    more: list[Evidence] = field(default_factory=list)


def _of_failures(case: Case) -> Iterator[Cause]:
    rows: dict[tuple[str, ...], _Row] = {}
    for root in fold_aftermath(roots_of(case.collection, case.invocation.rootdir), case.facts):
        for part in split_by_module(root, case):
            _row_of(part, case, rows).failures.extend(part.failures)
    hidden = replace(case.collection, reports=case.collection.hidden, session=type(case.collection.session)())
    for root in roots_of(hidden, case.invocation.rootdir):
        _row_of(root, case, rows).behind.extend(root.failures)
    ledger, wanted = Ledger(case.collection), _wanted_rows(rows)
    for row in rows.values():
        hides = _hides(row, rows, wanted, case)
        yield _cause(row, ledger.toll_of(row.failures or _without_tests(row.behind)), hides)


def _row_of(root: Root, case: Case, rows: dict[tuple[str, ...], _Row]) -> _Row:
    finding = _finding_of(root, case)
    row = rows.get((finding.code, *finding.group))
    if row is None:
        row = rows[(finding.code, *finding.group)] = _Row(finding)
        return row
    if finding.subject != row.finding.subject:
        row.more.append(Evidence("too", finding.message))
    row.more.extend(_news(finding, row))
    return row


def _finding_of(root: Root, case: Case) -> Finding:
    """What the rules make of `root`; a rule that fails on it is a defect of ours (M002), and all other roots are answered."""
    try:
        return explain_root(root, case)
    except Exception as defect:
        message = f"the diagnosis failed on '{root.first.exception}': {type(defect).__name__}: {defect}"
        problem = Problem("M002", Location(root.first.report.path), message)
        return m001_file_unreadable.explain(problem, case)


def _news(finding: Finding, row: _Row) -> Iterator[Evidence]:
    """What a further root of the same cause adds to the evidence, up to five pieces of each kind."""
    known = (*row.finding.evidence, *row.more)
    for each in finding.evidence:
        if each not in known and sum(other.kind == each.kind for other in known) < MOST_OF_A_KIND:
            yield each


def _without_tests(failures: list[Failure]) -> list[Failure]:
    """What stands behind another cause blocks nothing of its own yet: its tests are already counted there."""
    return [replace(each, report=replace(each.report, outcome=Outcome.UNDECIDED)) for each in failures]


def _wanted_rows(rows: dict[tuple[str, ...], _Row]) -> dict[Wanted, _Row]:
    """Which row explains the absence of a module or name."""
    pairs = ((wanted_by(failure.exception.detail), row) for row in rows.values() for failure in row.failures)
    return {wanted: row for wanted, row in pairs if wanted is not None}


def _hides(row: _Row, rows: dict[tuple[str, ...], _Row], wanted: dict[Wanted, _Row], case: Case) -> tuple[str, ...]:
    """The subjects of causes that the victims of `row` show next: as simulated, or by the imports further down."""
    victims = {failure.report.path for failure in row.failures}
    simulated = [other for other in rows.values() if any(each.report.path in victims for each in other.behind)]
    further = [wanted[each] for each in wanted_behind(row.failures, frozenset(wanted), case)]
    return tuple(dict.fromkeys(other.finding.subject for other in (*simulated, *further) if other is not row))


def _cause(row: _Row, toll: Toll, hides: tuple[str, ...]) -> Cause:
    finding, failures = row.finding, row.failures or row.behind
    undecided = all(failure.report.outcome is Outcome.UNDECIDED for failure in failures)
    entry = BY_CODE[finding.code]
    evidence = finding.evidence if row.failures else (*finding.evidence, _standing_behind())
    return replace(
        _bare(finding),
        # What may or may not happen must not make a check fail.
        severity=Severity.WARNING if undecided and entry.severity is Severity.ERROR else entry.severity,
        confidence=_weakest(finding.confidence, failures[0].exception.confidence),
        scope=max((failure.scope for failure in failures), key=_BREADTH.index),
        evidence=_without_repetition((*evidence, *row.more[: MOST_OF_A_KIND * 3]), finding.culprit),
        victims=toll.victims,
        blocked_tests=toll.blocked_tests,
        estimated=toll.is_estimated,
        hides=hides,
        exception=failures[0].exception,
    )


def _standing_behind() -> Evidence:
    return Evidence("hidden", "it shows only once the cause in front of it is gone")


def _weakest(*confidences: Confidence) -> Confidence:
    return max(confidences, key=(Confidence.CERTAIN, Confidence.LIKELY, Confidence.UNDECIDED).index)


def _bare(finding: Finding) -> Cause:
    entry = BY_CODE[finding.code]
    return Cause(
        finding.code,
        entry.severity,
        finding.confidence,
        Scope.FILE,
        entry.title,
        finding.subject,
        finding.message,
        finding.culprit,
        finding.evidence,
        remedies=finding.remedies,
        since=finding.since,
        candidates=finding.candidates,
    )


def _without_repetition(evidence: Iterable[Evidence], culprit: Location | None) -> tuple[Evidence, ...]:
    """`evidence` without the place that the culprit itself already shows."""
    place = (culprit.path, culprit.line) if culprit else None
    return tuple(each for each in evidence if each.kind not in PLACES or (each.path, each.line) != place)


def _of_refusals(case: Case) -> Iterator[Cause]:
    for refusal in case.invocation.refusals:
        toll = Ledger(case.collection).everything()
        yield replace(
            _bare(m306_configuration_error.explain_refusal(refusal, case)),
            scope=Scope.SESSION,
            victims=toll.victims,
            blocked_tests=toll.blocked_tests,
            estimated=toll.is_estimated,
        )


def _of_losses(case: Case, directives: Directives) -> Iterator[Cause]:
    groups: dict[tuple[str, ...], list[Loss]] = {}
    for loss in case.collection.losses:
        rule = LOSS_RULES.get(loss.kind)
        if rule is not None:
            # A silenced place leaves its group, so that one comment never hides its neighbours.
            reason = reason_at(directives, loss.kind, loss.culprit)
            change = (loss.since.sha if loss.since else "") or ("new" if loss.baseline else "")
            groups.setdefault((loss.kind, reason, change, *rule.group(loss, case)), []).append(loss)
    for (kind, reason, *_), losses in groups.items():
        yield _loss_cause(LOSS_RULES[kind].explain(tuple(losses), case), tuple(losses), reason, case)


def _loss_cause(finding: Finding, losses: tuple[Loss, ...], reason: str, case: Case) -> Cause:
    cause = _bare(finding)
    if losses[0].baseline:
        return _regression(cause, losses, reason)
    is_note = (finding.code == "M407" and all(is_optional(loss, case) for loss in losses)) or (
        finding.code == "M403" and not is_meant(losses)
    )
    return replace(
        cause,
        severity=Severity.NOTE if is_note else cause.severity,
        victims=tuple(dict.fromkeys(loss.culprit.path for loss in losses if loss.culprit.path.endswith(".py"))),
        lost=tuple(dict.fromkeys(nodeid for loss in losses for nodeid in loss.lost)),
        lost_count=lost_tests(losses),
        accepted=reason,
    )


def _regression(cause: Cause, losses: tuple[Loss, ...], reason: str) -> Cause:
    """The cause of losses that the baseline did not have; the tests are named as they were there."""
    lost = tuple(dict.fromkeys(nodeid for loss in losses for nodeid in loss.baseline))
    return replace(
        cause,
        severity=Severity.ERROR,
        victims=tuple(dict.fromkeys(loss.culprit.path for loss in losses if loss.culprit.path.endswith(".py"))),
        lost=lost,
        lost_count=len(lost),
        accepted=reason,
        since=losses[0].since,
        is_regression=True,
    )


def _of_problems(case: Case) -> Iterator[Cause]:
    for problem in case.collection.problems:
        if problem.code in ("M001", "M002"):
            path = problem.location.path
            yield replace(_bare(m001_file_unreadable.explain(problem, case)), victims=(path,))


def _of_waits(case: Case) -> Iterator[Cause]:
    places: dict[tuple[str, int], list[Wait]] = {}
    for wait in case.collection.waits:
        places.setdefault((wait.culprit.path, wait.culprit.line), []).append(wait)
    for waits in places.values():
        yield _bare(m503_input_output_at_import.explain(tuple(waits), case))


def _of_expectations(case: Case, expected: Iterable[ExpectedTests]) -> Iterator[Cause]:
    for each in expected:
        finding = m405_zero_tests.explain(each, case)
        if finding is not None:
            yield _bare(finding)
