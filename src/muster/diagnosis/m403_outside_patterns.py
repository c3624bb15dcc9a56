"""M403: a file, class or function that looks like a test does not match the patterns that pytest collects by."""

from __future__ import annotations

import re

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.loss_words import count_tests, places
from muster.index.near import words_of
from muster.model.cause import Evidence
from muster.model.collection import Confidence, Loss
from muster.model.invocation import Invocation

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_KINDS = {"python_files": "file", "python_classes": "class", "python_functions": "function"}
TEST_WORDS = frozenset(("test", "tests", "testcase", "spec", "specs", "suite", "check", "checks", "should", "it"))


def group(loss: Loss, case: Case) -> tuple[str, ...]:
    """One setting and one way of naming is one cause: a thousand classes renamed alike are one row."""
    return (_setting(loss), loss.root or affix(loss.subject))


def affix(subject: str) -> str:
    """The way of naming: `*Tests` for `LoginTests`, `check_*` for `check_login`, `*` where neither end is a test's
    word."""
    name = subject.rpartition("/")[2].rpartition("::")[2]
    stem, dot, suffix = name.partition(".")
    words = _WORD.findall(stem)
    if not words:
        return "*"
    separator = "_" if "_" in stem else ""
    if words[-1].casefold() in TEST_WORDS:
        return f"*{separator}{words[-1]}{dot}{suffix}"
    return f"{words[0]}{separator}*{dot}{suffix}" if words_of(words[0]) & TEST_WORDS else f"*{dot}{suffix}"


def is_meant(losses: tuple[Loss, ...]) -> bool:
    """Whether a name or folder says that these are tests; a `test_connection` of a web application is none."""
    return any(
        words_of(part) & TEST_WORDS for loss in losses for part in (*loss.culprit.path.split("/")[-4:], loss.subject)
    )


def explain(losses: tuple[Loss, ...], case: Case) -> Finding:
    """The setting, the way of naming that it leaves out, and the tests lost."""
    first, setting = losses[0], _setting(losses[0])
    pattern, allowed = first.root or affix(first.subject), _allowed(setting, case.invocation)
    configured = case.invocation.settings.get(setting)
    return Finding(
        "M403",
        first.subject if len(losses) == 1 else pattern,
        _words(losses, setting, pattern, allowed),
        group(first, case),
        first.culprit,
        Confidence.CERTAIN if is_meant(losses) else Confidence.LIKELY,
        (
            Evidence(
                "setting",
                f"{setting} = {allowed}" + ("" if configured else " (pytest's default)"),
                configured.origin.path if configured else "",
                configured.origin.line if configured else 0,
            ),
            *places(losses),
        ),
        remedies(
            f"add '{pattern}' to {setting}" if pattern != "*" else "",
            f"rename {'it' if len(losses) == 1 else 'them'} to match {allowed}",
        ),
    )


def _words(losses: tuple[Loss, ...], setting: str, pattern: str, allowed: str) -> str:
    lost = sum(len(loss.baseline) for loss in losses)
    if lost and all(_is_renamed(loss) for loss in losses):
        kind = _KINDS.get(setting, "definition")
        number = f"1 {kind}" if len(losses) == 1 else f"{len(losses):,} {_plural(kind)}"
        tests = "1 test is" if lost == 1 else f"{lost:,} tests are"
        new = f"'{losses[0].subject}'" if len(losses) == 1 else f"'{pattern}'"
        return f"{number} renamed away from {setting} = {allowed} to {new}: {tests} not collected any more"
    return f"{_what(setting, losses, pattern)} not match {setting} = {allowed}: pytest collects none of {count_tests(losses)}"


def _is_renamed(loss: Loss) -> bool:
    """Whether the baseline knew the tests by another name."""
    return all(nodeid != loss.subject and not nodeid.startswith(loss.subject + "::") for nodeid in loss.baseline)


def _setting(loss: Loss) -> str:
    if loss.setting:
        return loss.setting
    name = loss.subject.rpartition("::")[2]
    if name.endswith(".py"):
        return "python_files"
    return "python_classes" if name[:1].isupper() else "python_functions"


def _allowed(setting: str, invocation: Invocation) -> str:
    values = {
        "python_files": invocation.python_files,
        "python_classes": invocation.python_classes,
        "python_functions": invocation.python_functions,
    }
    return " ".join(values.get(setting, ())) or "its value"


def _what(setting: str, losses: tuple[Loss, ...], pattern: str) -> str:
    """The subject of the sentence, with its verb."""
    kind = _KINDS.get(setting, "definition")
    if len(losses) == 1:
        return f"the {kind} '{losses[0].subject}' does"
    named = f" named like '{pattern}'" if pattern.strip("*") not in ("", ".py") else ""
    return f"{len(losses)} {_plural(kind)}{named} do"


def _plural(kind: str) -> str:
    return kind + ("es" if kind.endswith("s") else "s")
