"""What the user's own configuration says: where the memory lies, where it is sent and who is told, which no project may choose.

`config.toml` in `muster` of the user's configuration folder; `MUSTER_CONFIG` names another file. Each value may hold
`${NAME}`; a secret is only ever that.

    [history]
    url = "postgresql://muster@db.example/muster"
    [push]
    url = "https://muster.example"
    token = "${MUSTER_PUSH_TOKEN}"
    [alerts.targets]
    team = "${TEAM_SLACK}"
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from muster.model.alert import AlertTarget
from muster.ports import EntryKind, FileTree
from muster.settings.load import parse_toml, read_toml
from muster.settings.table import Table
from muster.settings.variables import VARIABLE, expand


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where records are sent to, and with which token; "" for what is not said."""

    url: str = ""
    token: str = ""


def load_history_url(tree: FileTree, environ: Mapping[str, str]) -> str:
    """The database of the memory, "" for `.muster/history.db` of the project: a variable of the environment goes before the
    file. Raises `UsageError` for what is wrong there."""
    table = _read(tree, environ).table("history")
    table.refuse_unknown(("url",))
    return environ.get("MUSTER_HISTORY_URL") or _expanded(table, "url", environ)


def load_push_target(tree: FileTree, environ: Mapping[str, str]) -> PushTarget:
    """The team's server: variables of the environment go before the file. Raises `UsageError` for what is wrong there."""
    table = _read(tree, environ).table("push")
    table.refuse_unknown(("url", "token"))
    return PushTarget(
        url=environ.get("MUSTER_PUSH_URL") or _expanded(table, "url", environ),
        token=environ.get("MUSTER_PUSH_TOKEN") or _secret(table, "token", environ),
    )


def load_alert_targets(tree: FileTree, environ: Mapping[str, str]) -> tuple[AlertTarget, ...]:
    """Whom to tell: `MUSTER_ALERT_TARGETS`, urls with blanks between them, goes before the file. Raises `UsageError`."""
    if urls := dict.fromkeys(environ.get("MUSTER_ALERT_TARGETS", "").split()):
        schemes = [AlertTarget("", url).scheme or "target" for url in urls]
        return tuple(
            AlertTarget(f"{scheme} {n}", url) for n, (scheme, url) in enumerate(zip(schemes, urls, strict=True), 1)
        )
    targets = _read(tree, environ).table("alerts").table("targets")
    # Such a url is a secret as a whole, wherever in it the token stands.
    named = {_secret(targets, name, environ): name for name in targets.keys()}  # noqa: SIM118  # because a Table is no mapping
    return tuple(AlertTarget(name, url) for url, name in named.items())


def _read(tree: FileTree, environ: Mapping[str, str]) -> Table:
    """The whole file, empty where there is none."""
    path = _path(environ)
    table = Table(path, "", (), {})
    if path and tree.kind(path) is EntryKind.FILE:
        text = read_toml(tree, path)
        table = Table(path, text, (), parse_toml(path, text))
    table.refuse_unknown(("history", "push", "alerts"))
    table.table("alerts").refuse_unknown(("targets",))
    return table


def _path(environ: Mapping[str, str]) -> str:
    """Where the file would be, "" where there is no home."""
    if named := environ.get("MUSTER_CONFIG", ""):
        return posixpath.normpath(named) if named.startswith("/") else ""
    base = environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):  # the specification says to ignore such a one
        home = environ.get("HOME", "")
        base = f"{home}/.config" if home.startswith("/") else ""
    return f"{base}/muster/config.toml" if base else ""


def _secret(table: Table, key: str, environ: Mapping[str, str]) -> str:
    value = table.string(key, expands=True)
    if value and not VARIABLE.fullmatch(value):
        raise table.error(key, f"'{key}' in {table} must be ${{NAME}}: a secret does not belong into a file")
    return _expanded(table, key, environ)


def _expanded(table: Table, key: str, environ: Mapping[str, str]) -> str:
    """The value of `key` with its variables filled in."""
    value = table.string(key, expands=True)
    return expand(value, environ, lambda wrong: table.error(key, f"'{key}' in {table} {wrong}"))
