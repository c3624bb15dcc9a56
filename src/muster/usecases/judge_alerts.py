"""Which rules of `[tool.muster.alerts]` a category breaks, by what the memory holds of it. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from statistics import median

from muster.model.alert import LEAST_RUNS, RULES, AlertRules, Finding, Rule, Series
from muster.model.memory import HistoryRecord, RecordedCause, RecordSummary

_MISSING = frozenset(("M101", "M102", "M103", "M106", "M107", "M109"))
"""Causes that mean that there is no such module for an import, as against another one in its place."""

_LONGEST_NAME, _LONGEST_TEXT, _NAMED, _COMMIT = 120, 400, 3, 10


@dataclass(frozen=True, slots=True)
class Loss:
    """Tests that a record no longer had and that are still not there: the first of them, and how many there are; 0 where
    all are back."""

    record: str
    at: str
    commit: str
    count: int
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What the memory holds of a series. A fact that it does not hold is None: what it would tell stays as it was.

    `latest` is the newest record, `measured` the newest with measured seconds, `earlier_s` those of the measurements before
    it, `ran` the newest run.
    """

    series: Series
    latest: HistoryRecord | None = None
    measured: RecordSummary | None = None
    earlier_s: tuple[float, ...] = ()
    ran: HistoryRecord | None = None
    losses: tuple[Loss, ...] | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """`findings` is what is wrong; `judged` is what was looked at, where all else is well; `dropped` is what the project
    does not want to hear of. `back` are the keys of losses of which every test is there again."""

    findings: tuple[Finding, ...] = ()
    back: frozenset[str] = frozenset()
    judged: frozenset[tuple[Rule, Series]] = field(default_factory=frozenset)
    dropped: frozenset[tuple[Rule, Series]] = field(default_factory=frozenset)


def judge(facts: Sequence[SeriesFacts], rules: AlertRules | None = None) -> Judgement:
    """What there is to tell of each series, by `rules` or by those that its newest record brought along."""
    findings: list[Finding] = []
    judged: set[tuple[Rule, Series]] = set()
    dropped: set[tuple[Rule, Series]] = set()
    for each in facts:
        chosen = rules_of(each.latest, rules)
        for rule in RULES:
            if not chosen.wants(rule) or not _is_watched(each.series.branch, chosen):
                dropped.add((rule, each.series))
            elif (found := _broken(rule, each, chosen)) is not None:
                judged.add((rule, each.series))
                findings += found
    back = {_loss(each, loss).key for each in facts for loss in each.losses or () if not loss.count}
    return Judgement(tuple(findings), frozenset(back), frozenset(judged), frozenset(dropped))


def rules_of(latest: HistoryRecord | None, rules: AlertRules | None = None) -> AlertRules:
    """The rules that a series is judged by."""
    return (rules or (latest.alerts if latest else None) or AlertRules()).within_bounds()


def short(text: str, most: int = _LONGEST_NAME) -> str:
    """`text` with its middle left out where it is longer than `most` characters: both ends of a name tell something."""
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    return f"{text[:head]}…{text[head + 1 - most :]}"


def _is_watched(branch: str, rules: AlertRules) -> bool:
    return not rules.branches or any(fnmatchcase(branch, pattern) for pattern in rules.branches)


def _broken(rule: Rule, facts: SeriesFacts, rules: AlertRules) -> list[Finding] | None:
    """How `rule` is broken; None where nothing is known of it."""
    match rule:
        case "missing":
            return _missing(facts)
        case "blocked":
            return _blocked(facts)
        case "budget":
            return _over_budget(facts)
        case "slower":
            return _slower(facts, rules)
        case "lost":
            return _lost(facts)
        case "services":
            return _unreachable(facts)


def _missing(facts: SeriesFacts) -> list[Finding] | None:
    latest = facts.latest
    if latest is None or latest.causes is None:
        return None
    by_module: dict[str, list[RecordedCause]] = {}
    for cause in latest.causes:
        if cause.counts and cause.code in _MISSING:
            by_module.setdefault(cause.subject, []).append(cause)
    providers = {each.module: each.distribution for each in latest.missing}
    return [
        _finding("missing", facts, latest, _missing_text(module, causes, providers.get(module, "")), module)
        for module, causes in by_module.items()
    ]


def _missing_text(module: str, causes: Sequence[RecordedCause], distribution: str) -> str:
    first = causes[0]
    # The subject is the distribution itself, where it is known.
    what = f"distribution {short(distribution)}" if distribution else f"module {short(module)}"
    of = f" ({short(first.title)}, {short(first.code)})"
    by = f", since commit {first.since.commit[:_COMMIT]}" if first.since else ""
    files, tests = sum(cause.victim_count for cause in causes), sum(cause.blocked_tests for cause in causes)
    return f"{what} is missing{of}: {_count(files, 'file')} and {_count(tests, 'test')} blocked{by}"


def _blocked(facts: SeriesFacts) -> list[Finding] | None:
    latest = facts.latest
    if latest is None:
        return None
    causes = latest.causes or ()
    if latest.state == "aborted":
        text = "pytest ends before it has collected: no test of it runs"
        return [_finding("blocked", facts, latest, text)]
    files, tests = latest.files_blocked, latest.blocked_tests
    if any(cause.accepted for cause in causes):
        open_ones = [cause for cause in causes if cause.counts]
        files = min(files, sum(cause.victim_count for cause in open_ones))
        tests = min(tests, sum(cause.blocked_tests for cause in open_ones))
    if not files and not tests:
        return []
    text = f"{_count(tests, 'test')} blocked in {_count(files, 'file')}{_first_cause(causes)}"
    return [_finding("blocked", facts, latest, text)]


def _first_cause(causes: Sequence[RecordedCause]) -> str:
    """What blocks most, and how many other causes there are."""
    blocking = sorted(
        (cause for cause in causes if cause.counts and cause.blocked_tests), key=lambda it: -it.blocked_tests
    )
    if not blocking:
        return ""
    first, others = blocking[0], len(blocking) - 1
    place = f", {short(first.path)}:{first.line}" if first.path else ""
    more = f", and {_count(others, 'other cause')}" if others else ""
    return f" ({short(first.title)}, {short(first.code)}{place}{more})"


def _over_budget(facts: SeriesFacts) -> list[Finding] | None:
    measured = facts.measured
    if measured is None or measured.observed_s is None or measured.budget_s is None:
        return None
    if not measured.is_over_budget:
        return []
    text = f"collection takes {measured.observed_s:.1f} s, over its budget of {measured.budget_s:g} s"
    return [_finding("budget", facts, measured, text)]


def _slower(facts: SeriesFacts, rules: AlertRules) -> list[Finding] | None:
    measured, earlier = facts.measured, facts.earlier_s[: rules.runs]
    if measured is None or measured.observed_s is None or len(earlier) < LEAST_RUNS:
        return None
    usual = median(earlier)
    if measured.observed_s <= usual * (1 + rules.slower_by / 100):
        return []
    more = f"{(measured.observed_s / usual - 1) * 100:.0f} %" if usual else "far"
    text = f"collection takes {measured.observed_s:.1f} s, {more} more than the median of the last {len(earlier)} ({usual:.1f} s)"
    return [_finding("slower", facts, measured, text)]


def _lost(facts: SeriesFacts) -> list[Finding] | None:
    latest = facts.latest
    if latest is None or facts.losses is None:
        return None
    # Each loss is told of its own: a second one must not hide behind the first.
    return [*_lost_by_causes(facts, latest), *(_loss(facts, loss) for loss in facts.losses if loss.count)]


def _lost_by_causes(facts: SeriesFacts, latest: HistoryRecord) -> Iterator[Finding]:
    """What the check itself knows to be lost, and fails over."""
    for cause in latest.causes or ():
        if cause.counts and cause.lost_tests:
            text = f"{_count(cause.lost_tests, 'test')} lost: {short(cause.title)} ({short(cause.code)}), {short(cause.subject)}"
            yield _finding("lost", facts, latest, text, cause.fingerprint)


def _loss(facts: SeriesFacts, loss: Loss) -> Finding:
    """What was there in the record before; it is about that record, whichever shows later that they are still gone."""
    names = ", ".join(short(name) for name in loss.first[:_NAMED])
    rest = f" and {loss.count - _NAMED} more" if names and loss.count > _NAMED else ""
    at = f" with commit {loss.commit[:_COMMIT]}" if loss.commit else ""
    text = f"{_count(loss.count, 'test')} no longer there{at}" + (f": {names}{rest}" if names else "")
    return Finding("lost", facts.series, loss.record, text[:_LONGEST_TEXT], loss.record, loss.at)


def _unreachable(facts: SeriesFacts) -> list[Finding] | None:
    ran = facts.ran
    if ran is None:
        return None
    return [
        _finding(
            "services", facts, ran, f"service {short(each.name)} does not answer: {short(each.message, 200)}", each.name
        )
        for each in ran.services
        if each.state != "up"
    ]


def _finding(
    rule: Rule, facts: SeriesFacts, record: HistoryRecord | RecordSummary, text: str, subject: str = ""
) -> Finding:
    return Finding(rule, facts.series, subject, text[:_LONGEST_TEXT], record.id, record.recorded_at)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", " ")
