"""M306: pytest refuses the configuration or the command line; nothing is collected."""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.pytest_plugins import SETTINGS, plugin_of_option
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence, Scope
from muster.model.invocation import Refusal

_OPTION = re.compile(r"(?<!\S)--?[A-Za-z][\w-]*")
_SETTING = re.compile(r"[Uu]nknown config option: (\w+)")


def explain(root: Root, case: Case) -> Finding | None:
    """A usage error that only shows when the session starts: a path that is not there, an expression that does not parse."""
    exception = root.first.exception
    if exception.type != "UsageError" or root.first.scope is not Scope.SESSION:
        return None
    if root.first.report.path and case.is_ours(root.first.report.path):
        return None
    return explain_refusal(Refusal(exception.message, "the command line"), case)


def explain_refusal(refusal: Refusal, case: Case) -> Finding:
    """The setting, its file and line, and pytest's words."""
    place, words = refusal.location, _gist(refusal.message)
    absent = tuple(_absent_plugins(refusal.message, case))
    where = f" in {case.show(place.path)}:{place.line}" if place and place.line else ""
    return Finding(
        "M306",
        refusal.setting,
        f"pytest refuses {_named(refusal)}{where}: {words}",
        ("configuration", refusal.setting, words),
        place,
        evidence=(
            Evidence("pytest", refusal.message, place.path if place else "", place.line if place else 0),
            *(Evidence("plugin", f"{plugin} brings {option}, and is not installed") for option, plugin in absent),
            Evidence("exit", f"pytest ends with code {refusal.exit_code} and collects nothing"),
        ),
        remedies=remedies(
            *dict.fromkeys(f"install {plugin}" for _, plugin in absent), f"correct {_named(refusal)}{where}"
        ),
    )


def _gist(message: str) -> str:
    """The line that says what is wrong: argparse's usage comes before it."""
    lines = message.split("\n")
    return next((line.partition("error: ")[2] for line in lines if ": error: " in line), lines[0])


def _absent_plugins(message: str, case: Case) -> Iterator[tuple[str, str]]:
    """The options or settings in pytest's words that a plugin brings which is not installed."""
    if "unrecognized arguments" in message:
        words = dict.fromkeys(_OPTION.findall(message.partition("unrecognized arguments")[2].partition("\n")[0]))
        found = ((word, plugin_of_option(word)) for word in words)
    else:
        names = dict.fromkeys(_SETTING.findall(message))
        found = ((name, SETTINGS.get(name, "")) for name in names)
    yield from ((word, plugin) for word, plugin in found if plugin and plugin not in case.installed)


def _named(refusal: Refusal) -> str:
    return refusal.setting if " " in refusal.setting else f"'{refusal.setting}'"
