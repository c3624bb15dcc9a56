"""What `[tool.muster]` can say: frozen values, each key as written there with its unit in the name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from muster.model.alert import AlertRules
from muster.model.cause import Severity
from muster.model.location import Location

CAUSE_CODES = frozenset(
    (
        "M001 M002 M101 M102 M103 M104 M105 M106 M107 M108 M109 M110 M201 M202 M203 M204 M205 M301 M302 M303 M304 M305 "
        "M306 M307 M308 M309 M401 M402 M403 M404 M405 M406 M407 M408 M409 M501 M502 M503 M601 M602"
    ).split()
)
"""The causes whose severity can be set."""

_NOWHERE = Location("")


@dataclass(frozen=True, slots=True)
class Category:
    """`[tool.muster.categories.NAME]`: tests that belong together, by path, by marker expression, or both.

    `paths` are relative to the root. `min_tests` is how many the category must collect at least. `requires` names
    services. `timeout_s` and `retries` apply to a run of it; None means no limit of its own.
    """

    name: str
    paths: tuple[str, ...] = ()
    markers: str = ""
    min_tests: int = 0
    budget_s: float | None = None
    requires: tuple[str, ...] = ()
    timeout_s: float | None = None
    retries: int = 0
    location: Location = _NOWHERE


@dataclass(frozen=True, slots=True)
class Service:
    """`[tool.muster.services.NAME]`: something that tests talk to.

    `url` may hold `${NAME}`, which `expand_url` fills in. `start` is the command that starts it, run only where the
    user asks for it, and `stop` what then stops it, where ending the command is not enough; `wait_s` is how long it may
    need until it answers. `on_missing` says what to do with the tests that need it where it does not answer.
    """

    name: str
    url: str
    timeout_s: float = 3.0
    start: str = ""
    stop: str = ""
    wait_s: float = 30.0
    on_missing: Literal["fail", "skip"] = "fail"
    location: Location = _NOWHERE


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """`[tool.muster.history]`: what is remembered of this project.

    `record` is None where nothing is said: then it is recorded where the extra `history` is installed. `project` is its
    name in the memory, by default that of its folder. What is older than `keep_days` is forgotten, nothing where it is 0.
    """

    record: bool | None = None
    project: str = ""
    keep_days: int = 365


@dataclass(frozen=True, slots=True)
class Settings:
    """All of `[tool.muster]`. `origin` is the file that it was read from, "" where there is none.

    `invocation` is the team's pytest command. `python` is the interpreter of the project, a path (relative to the root)
    or a name; one inside the examined tree counts as found, not as named by the user. `severity` holds only what the
    project changes, by cause code. `plugin` says that pytest's plugin is to be active.
    """

    invocation: str = ""
    python: str = ""
    budget_s: float | None = None
    severity: Mapping[str, Severity] = field(default_factory=dict)
    categories: Mapping[str, Category] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    plugin: bool = False
    history: HistorySettings = field(default_factory=HistorySettings)
    alerts: AlertRules = field(default_factory=AlertRules)
    origin: str = ""
