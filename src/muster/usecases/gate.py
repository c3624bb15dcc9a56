"""`muster check --gate`: may this change pass? Every rule is judged, and each that fails says what to do."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from muster.model.report import CauseReport, GateReport, GateRule, GateRuleName, Report
from muster.settings import Category, Settings
from muster.usecases.check import check_exit_code
from muster.usecases.compare import silent_losses
from muster.usecases.plan import FAILED, NO_TESTS, OUR_BUG, Plan
from muster.usecases.selection import Selection, plan_session
from muster.usecases.simulate import Ports, simulate

_TOO_FEW = "M405"
_SHA = re.compile(r"[0-9a-f]{40,64}")
_NAMED, _LONGEST = 8, 200
"""So many things are named in one message, none at greater length; the report has them all."""

_ACCEPT = "muster accept N --reason WHY --expires DATE"


def judge(report: Report, ports: Ports, settings: Settings, plan: Plan) -> Report:
    """`report`, which is that of `plan`, with what the gate says of it.

    A check of a part judges the categories that it names, one of everything all that have a `min_tests`. What this session
    does not show to have enough of them is collected alone.
    """
    tests_of = partial(_count_tests, ports, settings, plan)
    rules = (
        _causes(report),
        _tests(report),
        _categories(report, settings, plan, tests_of),
        _budget(report),
        *_losses(report),
    )
    failed = [rule.rule for rule in rules if rule.state == "failed"]
    exit_code = _exit_code(report, failed)
    gate = GateReport(passed=exit_code == 0, exit_code=exit_code, rules=rules)
    return msgspec.structs.replace(report, gate=gate)


def _count_tests(ports: Ports, settings: Settings, plan: Plan, category: str) -> int:
    """How many tests the session of `category` alone collects, under the command of `plan`."""
    selection = Selection(categories=(category,))
    alone = plan_session(settings, selection, root=plan.root, cwd=plan.cwd, typed_in=plan.cwd)
    return len(simulate(ports, alone.request).collection.items)


def _exit_code(report: Report, failed: Sequence[str]) -> int:
    if check_exit_code(report) == OUR_BUG:
        return OUR_BUG
    return NO_TESTS if failed == ["tests"] else FAILED if failed else 0


def _causes(report: Report) -> GateRule:
    losing = {loss.cause for loss in silent_losses(report)}
    wrong = [
        cause
        for cause in _open(report.causes)
        if cause.severity == "error" and cause.code != _TOO_FEW and cause.id not in losing
    ]
    if wrong:
        noun = "1 root cause is" if len(wrong) == 1 else f"{len(wrong)} root causes are"
        message = f"{noun} open: {_listing(f'{cause.id} {cause.code} {cause.subject}' for cause in wrong)}"
        return _failed("causes", message, f"put right what they name (muster fix), or accept one for a time: {_ACCEPT}")
    if report.session.state == "aborted":
        code = report.session.pytest_exit
        return _failed("causes", f"pytest ends with exit code {code} before it has collected every file", "")
    accepted = sum(cause.severity == "error" for cause in report.causes if cause.accepted is not None)
    undecided = report.totals.files_undecided
    told = [f"{accepted} accepted"] if accepted else []
    if undecided:
        told.append(f"{undecided} {'file is' if undecided == 1 else 'files are'} undecided and not held against it")
    advice = "--confirm runs the real collection, which decides" if undecided else ""
    return GateRule(rule="causes", state="passed", message=", ".join(["no root cause is open", *told]), advice=advice)


def _tests(report: Report) -> GateRule:
    if report.totals.tests:
        return GateRule(rule="tests", state="passed", message=f"{report.totals.tests} tests are collected", advice="")
    if report.totals.files_undecided:
        message = "no test is known to be collected, and what undecided files hold is not"
        return GateRule(rule="tests", state="unjudged", message=message, advice="--confirm runs the real collection")
    return _failed(
        "tests", "nothing is collected", "look at the paths, the options and testpaths: exit code 5 is never 0"
    )


def _categories(report: Report, settings: Settings, plan: Plan, tests_of: Callable[[str], int]) -> GateRule:
    short = [cause.message for cause in _open(report.causes) if cause.code == _TOO_FEW]
    judged = list(plan.categories)
    for category in settings.categories.values() if plan.is_whole else ():
        if category.min_tests:
            judged.append(category.name)
            tests = _known_tests(report, category, tests_of)
            if tests < category.min_tests:
                place = f"{posixpath.basename(category.location.path)}:{category.location.line}"
                has = f"collects {tests} of at least {category.min_tests} tests"
                short.append(f"the category '{category.name}' {has} ({place})")
    if short:
        advice = "bring the tests back, or lower the category's min_tests on purpose"
        return _failed("categories", _listing(short, "; "), advice)
    if not judged:
        return GateRule(
            rule="categories", state="unjudged", message="no category with a min_tests was checked", advice=""
        )
    held = "1 category holds" if len(judged) == 1 else f"{len(judged)} categories hold"
    return GateRule(rule="categories", state="passed", message=f"{held} enough tests", advice="")


def _known_tests(report: Report, category: Category, tests_of: Callable[[str], int]) -> int:
    """How many tests the category has at least: those below its paths in this session where they do, else counted alone."""
    seen = 0 if category.markers else sum(file.nodes for file in report.files if _is_in(file.path, category))
    return seen if seen >= category.min_tests else tests_of(category.name)


def _is_in(path: str, category: Category) -> bool:
    folders = (posixpath.normpath(folder) for folder in category.paths)
    return any(folder in (path, ".") or path.startswith(f"{folder}/") for folder in folders)


def _budget(report: Report) -> GateRule:
    seconds = report.seconds
    if seconds.budget is None:
        return GateRule(rule="budget", state="unjudged", message="no budget is set", advice="")
    if seconds.observed is None:
        message = f"the budget of {seconds.budget:g} s is not measured: nothing was run"
        return GateRule(rule="budget", state="unjudged", message=message, advice="--confirm runs the real collection")
    message = f"pytest needs {seconds.observed:.1f} s to collect, of {seconds.budget:g} s"
    if seconds.observed_at is not None:
        message = f"on {seconds.observed_at[:10]} {message}, which is not held against this change"
        return GateRule(rule="budget", state="unjudged", message=message, advice="--confirm measures it now")
    if seconds.observed <= seconds.budget:
        return GateRule(rule="budget", state="passed", message=message, advice="")
    return _failed("budget", message, "defer heavy imports, or raise the budget on purpose")


def _losses(report: Report) -> tuple[GateRule, ...]:
    """What the comparison with a baseline says; nothing where none was asked for."""
    baseline = report.baseline
    if baseline is None:
        return ()
    since = baseline.base[:10] if _SHA.fullmatch(baseline.base) else baseline.base
    lost = silent_losses(report)
    if lost:
        noun = "1 test is" if len(lost) == 1 else f"{len(lost)} tests are"
        causes = {loss.cause for loss in lost}
        told = [f"{each.change} ({each.tests})" for each in baseline.changes if each.cause in causes]
        message = f"{noun} silently lost since {since}: {_listing(told, '; ')}"
        advice = f"bring them back, delete them on purpose, or accept the cause for a time: {_ACCEPT}"
        return (_failed("losses", message, advice),)
    message = f"no test is lost since {since}"
    return (GateRule(rule="losses", state="passed", message=message, advice=""),)


def _open(causes: Iterable[CauseReport]) -> list[CauseReport]:
    return [cause for cause in causes if cause.accepted is None]


def _failed(rule: GateRuleName, message: str, advice: str) -> GateRule:
    return GateRule(rule=rule, state="failed", message=message, advice=advice)


def _listing(texts: Iterable[str], separator: str = ", ", limit: int = _NAMED) -> str:
    shown = [text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..." for text in texts]
    rest = len(shown) - limit
    return separator.join(shown[:limit]) + (f"{separator}and {rest} more" if rest > 0 else "")
