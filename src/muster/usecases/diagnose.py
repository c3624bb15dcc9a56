"""Why? The causes of one collection, and the comments that silence some of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from muster.diagnosis import (
    ExpectedTests,
    answer_from_tree,
    conclude,
    dated,
    faults_of,
    history_questions,
    judge_findings,
    m502_heavy_import,
    m503_input_output_at_import,
    questions,
    review_directives,
)
from muster.diagnosis.case import Case
from muster.facts.module_facts import Directive
from muster.index.index import FactsOf
from muster.index.search import MentionsOf
from muster.model.cause import Cause, Severity
from muster.model.collection import Collection
from muster.model.environment import Environment
from muster.model.history import HistoryQuestions
from muster.model.invocation import Invocation
from muster.model.profile import HeavyImport, ObservedEffect
from muster.ports import FileTree, History
from muster.usecases.plan import ExpectedCategory, Standards

HISTORY_BUDGET_S = 5.0
"""So long a check may look into the history; what it did not look at then is said."""


LOSS_BUDGET_S = 1.5
"""So long of it may go to dating what costs no failure."""


def diagnose(
    collection: Collection,
    invocation: Invocation,
    environment: Environment,
    tree: FileTree,
    facts: FactsOf,
    standards: Standards,
    mentions: MentionsOf | None = None,
    history: History | None = None,
) -> tuple[tuple[Cause, ...], Collection]:
    """The causes of what `collection` lacks, and the collection with the problems of its directives added."""
    collection = _without_refused_start(collection, invocation)
    asked = questions(collection, facts)
    answers = answer_from_tree(asked, tree, invocation, facts, mentions)
    if history is not None:
        told = history.ask(history_questions(collection, answers, tree, invocation.rootdir, facts), HISTORY_BUDGET_S)
        answers = replace(answers, history=told)
    directives = _directives(collection, facts)
    causes = conclude(
        collection,
        invocation,
        environment,
        tree,
        answers,
        severity=standards.severities,
        directives=directives,
        expected=_expected(standards.expected, collection),
    )
    if history is not None:
        causes = _dated(causes, tree, history, HISTORY_BUDGET_S - answers.history.seconds)
    directives = {**_directives_of((cause.culprit.path for cause in causes if cause.culprit), facts), **directives}
    problems = (*collection.problems, *review_directives(directives, causes, collection))
    return causes, replace(collection, problems=problems)


def explain_costs(
    collection: Collection,
    invocation: Invocation,
    environment: Environment,
    tree: FileTree,
    facts: FactsOf,
    standards: Standards,
    heavy: Sequence[HeavyImport],
    effects: Sequence[ObservedEffect],
) -> tuple[Cause, ...]:
    """The causes that a traced run of `collection` shows: imports that could wait, and input and output at import time."""
    answers = answer_from_tree(questions(Collection(), facts), tree, invocation, facts)
    case = Case(collection, invocation, environment, tree, answers)
    findings = [
        *(m502_heavy_import.explain(each, case) for each in heavy),
        *(m503_input_output_at_import.explain_observed(each, case) for each in effects),
    ]
    places = (finding.culprit.path for finding in findings if finding.culprit)
    return judge_findings(findings, standards.severities, _directives_of(places, facts))


def _dated(causes: tuple[Cause, ...], tree: FileTree, history: History, left_s: float) -> tuple[Cause, ...]:
    """`causes` with the commits that brought them, as far as the history tells in what is left of the time: what is wrong
    first, and then, for a short while, what is only lost."""
    by_weight = {
        is_error: [each for each in causes if (each.severity is Severity.ERROR) is is_error]
        for is_error in (True, False)
    }
    for is_error, some in by_weight.items():
        allowed_s = max(left_s if is_error else min(left_s, LOSS_BUDGET_S), 0.0)
        told = history.ask(HistoryQuestions(faults=tuple(faults_of(some, tree))), allowed_s)
        left_s -= told.seconds
        known = {id(old): new for old, new in zip(some, dated(some, told, tree), strict=True)}
        causes = tuple(known.get(id(each), each) for each in causes)
    return causes


def _without_refused_start(collection: Collection, invocation: Invocation) -> Collection:
    """`collection` without the report of a start that pytest refuses: the refusals themselves say it, with their place."""
    refused = collection.session.aborted_by
    if not invocation.refusals or refused is None:
        return collection
    return replace(
        collection,
        session=replace(collection.session, aborted_by=None),
        reports=tuple(report for report in collection.reports if report != refused),
    )


def _expected(categories: Sequence[ExpectedCategory], collection: Collection) -> list[ExpectedTests]:
    """What is expected, beside what there is. Several categories are one session: together they must hold the sum."""
    if len(categories) == 1:
        return [_expectation(categories[0], len(collection.items))]
    return [_expectation(category, _tests_below(category, collection)) for category in categories if category.paths]


def _expectation(category: ExpectedCategory, tests: int) -> ExpectedTests:
    return ExpectedTests(category.name, tests, category.min_tests, category.paths, category.location)


def _tests_below(category: ExpectedCategory, collection: Collection) -> int:
    return sum(any(_is_below(item.path, path) for path in category.paths) for item in collection.items)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _directives(collection: Collection, facts: FactsOf) -> dict[str, Sequence[Directive]]:
    places = (
        *collection.files,
        *(report.path for report in collection.reports if report.path.endswith(".py")),
        *(frame.path for report in collection.reports if report.exception for frame in report.exception.frames),
        *(loss.culprit.path for loss in collection.losses),
        *(effect.culprit.path for effect in collection.effects),
    )
    return _directives_of(places, facts)


def _directives_of(paths: Iterable[str], facts: FactsOf) -> dict[str, Sequence[Directive]]:
    found = ((path, facts(path).directives) for path in dict.fromkeys(paths) if path.endswith(".py"))
    return {path: directives for path, directives in found if directives}
