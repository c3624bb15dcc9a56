"""Alerts: what a project wants to be told of, what is wrong now, and what was told to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

import msgspec

ALERTS_SCHEMA_NAME = "muster.alerts/1"
ALERTS_TEST_SCHEMA_NAME = "muster.alerts-test/1"
ALERTS_SENT_SCHEMA_NAME = "muster.alerts-sent/1"

Rule = Literal["missing", "blocked", "budget", "slower", "lost", "services"]
RULES: tuple[Rule, ...] = ("missing", "blocked", "budget", "slower", "lost", "services")
"""In the order in which they are told: what is behind the others comes first."""

LEAST_RUNS, MOST_RUNS = 3, 100
"""So many earlier measurements there must be before one is called slow, and so many are looked at."""

MOST_PERCENT, MOST_BRANCHES, MOST_PATTERN = 100_000, 100, 200


class AlertRules(msgspec.Struct, frozen=True, kw_only=True):
    """`[tool.muster.alerts]`. It travels with each record, as a server that is pushed to knows nothing else of the project.

    `slower_by` is in percent against the median of the last `runs` measurements, 0 for never. `branches` are patterns of
    the branches that are watched; none means all.
    """

    missing: bool = True
    blocked: bool = True
    budget: bool = True
    slower_by: int = 50
    runs: int = 10
    lost: bool = True
    services: bool = True
    branches: tuple[str, ...] = ()

    def within_bounds(self) -> AlertRules:
        """These rules, which a stranger may have pushed, with no number that the settings would not take."""
        return AlertRules(
            missing=self.missing,
            blocked=self.blocked,
            budget=self.budget,
            slower_by=min(max(self.slower_by, 0), MOST_PERCENT),
            runs=min(max(self.runs, LEAST_RUNS), MOST_RUNS),
            lost=self.lost,
            services=self.services,
            branches=tuple(pattern[:MOST_PATTERN] for pattern in self.branches[:MOST_BRANCHES]),
        )

    def wants(self, rule: Rule) -> bool:
        """Whether `rule` is to be looked at."""
        return self.slower_by > 0 if rule == "slower" else bool(getattr(self, rule))


@dataclass(frozen=True, slots=True)
class Series:
    """The records of a category on a branch."""

    category: str
    branch: str

    def __str__(self) -> str:
        return f"{self.category} on {self.branch}" if self.branch else self.category


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken in `series`: `subject` is what it is about where there can be several, `text` says it whole.

    `since` is the time of the record that shows it.
    """

    rule: Rule
    series: Series
    subject: str
    text: str
    record: str
    since: str

    @property
    def key(self) -> str:
        """What it is known by in the memory. Names are as long as a stranger makes them: an index takes a digest only."""
        place = "\0".join((self.series.category, self.series.branch, self.subject))
        return f"{self.rule}:{sha256(place.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


class AlertState(msgspec.Struct, frozen=True, kw_only=True):
    """What a target was told of a finding, by the finding's `key`. `version` counts its changes; 0 is one that was never kept.

    `state` is how things stand, `told` what the target heard last, and `owes` whether it is yet to hear of `state`. `since`
    and `text` are those of the last time that it fired. While somebody is telling it, until `claimed_until` at the latest,
    nobody else does. `error` is why the last of `attempts` to tell did not succeed.
    """

    project: str
    target: str
    key: str
    rule: Rule
    category: str = ""
    branch: str = ""
    subject: str = ""
    state: Literal["ok", "firing"] = "ok"
    told: Literal["ok", "firing"] = "ok"
    owes: bool = False
    since: str = ""
    record: str = ""
    text: str = ""
    claimed_until: str = ""
    attempts: int = 0
    error: str = ""
    version: int = 0

    @property
    def series(self) -> Series:
        """The records that it is about."""
        return Series(self.category, self.branch)


@dataclass(frozen=True, slots=True)
class AlertTarget:
    """Where alerts go. `url` is a secret as a whole: services put their tokens anywhere in it, and it is never shown.

    `name` is the user's own word for it, or its scheme with a number.
    """

    name: str
    url: str = field(repr=False)

    @property
    def scheme(self) -> str:
        """What kind of service it is, "" where the url has none."""
        scheme, separator, _ = self.url.partition("://")
        return scheme.lower() if separator and scheme.isascii() and scheme.isalnum() else ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that can be sent as it is, to one target."""

    target: AlertTarget
    title: str
    body: str
    is_good_news: bool = False


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What came of telling one target: `error` is why it could not be told, "" where it was."""

    target: str
    scheme: str
    changes: int = 0
    error: str = ""


class OpenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong now, or that a target is yet to hear of, and which targets know."""

    rule: Rule
    category: str
    branch: str
    subject: str
    state: Literal["ok", "firing"]
    since: str
    text: str
    told: tuple[str, ...] = ()
    untold: tuple[Delivery, ...] = ()


class AlertTargetView(msgspec.Struct, frozen=True, kw_only=True):
    """A target as it may be shown."""

    name: str
    scheme: str


class AlertsReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster alerts --format json` prints."""

    schema: str = ALERTS_SCHEMA_NAME
    project: str
    rules: AlertRules
    targets: tuple[AlertTargetView, ...]
    alerts: tuple[OpenAlert, ...]


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster alerts test --format json` and `muster alerts send --format json` print."""

    schema: str
    deliveries: tuple[Delivery, ...]
