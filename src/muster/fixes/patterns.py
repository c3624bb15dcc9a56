"""M403: what looks like a test and is not collected: widen the pattern, or rename the one definition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.fixes.configuration import add_to_pytest
from muster.fixes.definitions import rename_definition
from muster.fixes.site import Site
from muster.model.cause import Cause
from muster.model.collection import Confidence
from muster.model.fix import Fix

_SETTING = re.compile(r"(python_(?:files|classes|functions)) = (.*?)(?: \(pytest's default\))?$")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TEST_WORDS = frozenset(("test", "tests", "testcase", "spec", "specs", "suite", "check", "checks"))


def fix_patterns(cause: Cause, site: Site) -> Iterator[Fix]:
    """The way of naming added to the setting; a lone class or function renamed to match it."""
    setting = next(
        (found for each in cause.evidence if each.kind == "setting" and (found := _SETTING.match(each.text))), None
    )
    if setting is None:
        return
    name, allowed = setting[1], tuple(setting[2].split())
    unsure = cause.confidence is not Confidence.CERTAIN
    pattern = _pattern(cause.subject)
    if pattern.strip("*") and pattern.strip("*") != ".py":
        configured = name in site.invocation.settings
        change = add_to_pytest(site, name, pattern, () if configured else allowed)
        if change is not None:
            yield Fix(
                "widen",
                f"add '{pattern}' to {name} in {site.show(change.path)}",
                (change,),
                choice=unsure or "*" not in pattern,
            )
    yield from _renamed(cause, name, site)


def _pattern(subject: str) -> str:
    """What to add: the pattern itself; for one definition its way of naming, else its own name."""
    name = subject.rpartition("::")[2].rpartition("/")[2]
    if "*" in name:
        return name
    stem, dot, suffix = name.partition(".")
    words = _WORD.findall(stem)
    separator = "_" if "_" in stem else ""
    if len(words) > 1 and words[-1].casefold() in _TEST_WORDS:
        return f"*{separator}{words[-1]}{dot}{suffix}"
    if len(words) > 1 and words[0].casefold() in _TEST_WORDS:
        return f"{words[0]}{separator}*{dot}{suffix}"
    return name


def _renamed(cause: Cause, setting: str, site: Site) -> Iterator[Fix]:
    place = cause.culprit
    if "::" not in cause.subject or place is None or not place.line or setting == "python_files":
        return
    old = cause.subject.rpartition("::")[2]
    new = f"Test{old}" if setting == "python_classes" else f"test_{old}"
    change = site.edit(place.path, lambda text: rename_definition(text, place.line, old, new))
    if change is not None:
        yield Fix(
            "rename", f"rename '{old}' to '{new}' at {site.show(place.path)}:{place.line}", (change,), choice=True
        )
