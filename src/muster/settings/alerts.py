"""`[tool.muster.alerts]`: what is told. Where it is told to is the user's own, and refused here."""

from __future__ import annotations

from muster.model.alert import LEAST_RUNS, MOST_BRANCHES, MOST_PERCENT, MOST_RUNS, AlertRules
from muster.settings.table import Table

_DEFAULT = AlertRules()
_SWITCHES = ("missing", "blocked", "budget", "lost", "services")
_ADDRESSES = ("target", "targets", "to", "url", "urls", "channel", "channels", "webhook", "mail", "email", "apprise")
"""Under what a project would look for a place to name its targets at."""


def read_alert_rules(table: Table) -> AlertRules:
    """The rules in `table`. Raises `UsageError` for anything else, targets above all."""
    for key in table.keys():  # noqa: SIM118  # because a Table is no mapping
        if key in _ADDRESSES:
            raise table.error(
                key,
                f"'{key}' in {table}: a project may not say where alerts go; that is the user's own: "
                "MUSTER_ALERT_TARGETS, or [alerts.targets] in the user's config.toml",
            )
    table.refuse_unknown((*_SWITCHES, "slower_by", "runs", "branches"))
    given = set(table.keys())
    switches = {key: table.flag(key) for key in _SWITCHES if key in given}
    return AlertRules(
        **switches,
        slower_by=_count(table, "slower_by", 0, MOST_PERCENT) if "slower_by" in given else _DEFAULT.slower_by,
        runs=_count(table, "runs", LEAST_RUNS, MOST_RUNS) if "runs" in given else _DEFAULT.runs,
        branches=_branches(table),
    )


def _count(table: Table, key: str, least: int, most: int) -> int:
    value = table.count(key)
    if not least <= value <= most:
        raise table.error(key, f"'{key}' in {table} must be between {least} and {most}, not {value}")
    return value


def _branches(table: Table) -> tuple[str, ...]:
    patterns = table.strings("branches")
    if len(patterns) > MOST_BRANCHES:
        raise table.error("branches", f"'branches' in {table} names more than {MOST_BRANCHES}")
    return patterns
