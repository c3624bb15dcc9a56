"""`[tool.muster]` of a project, read strictly: whatever is not understood is an error, never ignored."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Mapping

from muster.errors import UsageError
from muster.model.cause import Severity
from muster.model.location import Location
from muster.ports import EntryKind, FileTree, ReadFailure
from muster.settings.alerts import read_alert_rules
from muster.settings.schema import CAUSE_CODES, Category, HistorySettings, Service, Settings
from muster.settings.table import Table, nearest


def load_settings(tree: FileTree, root: str) -> Settings:
    """The settings of the project at `root`: from `muster.toml` or `pyproject.toml`, defaults where neither has any.

    Raises `UsageError` with file, line and the nearest right key for what is unknown or has a bad value.
    """
    own, shared = posixpath.join(root, "muster.toml"), posixpath.join(root, "pyproject.toml")
    table = _find_own_table(tree, own)
    in_pyproject = _find_shared_table(tree, shared)
    if table is not None and in_pyproject is not None:
        raise UsageError(f"{in_pyproject.location}: {own} has settings too: keep them in one of the two")
    chosen = table or in_pyproject
    if chosen is None:
        return Settings()
    return _read_settings(chosen, own if table is not None else shared)


def _find_own_table(tree: FileTree, path: str) -> Table | None:
    """The table of a `muster.toml`: the whole file, or its `[tool.muster]`."""
    if tree.kind(path) is not EntryKind.FILE:
        return None
    text = read_toml(tree, path)
    document = parse_toml(path, text)
    if "tool" not in document:
        return Table(path, text, (), document)
    whole = Table(path, text, (), document)
    whole.refuse_unknown(("tool",))
    tool = whole.table("tool")
    tool.refuse_unknown(("muster",))
    return tool.table("muster")


def _find_shared_table(tree: FileTree, path: str) -> Table | None:
    if tree.kind(path) is not EntryKind.FILE:
        return None
    text = read_toml(tree, path)
    # A file without any table of ours that does not parse is pytest's to refuse, not ours.
    if "muster" not in text or ("tool.muster" not in text and not _parses(text)):
        return None
    tool = parse_toml(path, text).get("tool")
    if not isinstance(tool, dict) or "muster" not in tool:
        return None
    return Table(path, text, ("tool",), tool).table("muster")


def _read_settings(table: Table, origin: str) -> Settings:
    table.refuse_unknown(
        ("invocation", "python", "budget", "severity", "categories", "services", "plugin", "history", "alerts")
    )
    services = {name: _read_service(name, inner) for name, inner in table.tables("services").items()}
    return Settings(
        invocation=table.string("invocation"),
        python=table.string("python"),
        budget_s=table.seconds("budget"),
        severity=_read_severities(table.table("severity")),
        categories={name: _read_category(name, inner, services) for name, inner in table.tables("categories").items()},
        services=services,
        plugin=table.flag("plugin"),
        history=_read_history(table.table("history")),
        alerts=read_alert_rules(table.table("alerts")),
        origin=origin,
    )


def _read_severities(table: Table) -> dict[str, Severity]:
    table.refuse_unknown(CAUSE_CODES)
    levels = [severity.value for severity in Severity]
    chosen: dict[str, Severity] = {}
    for code in table.keys():  # noqa: SIM118  # because a Table is no mapping
        level = table.string(code)
        if level not in levels:
            raise table.error(code, f"'{level}' is no severity{nearest(level, levels)}")
        chosen[code] = Severity(level)
    return chosen


def _read_history(table: Table) -> HistorySettings:
    table.refuse_unknown(("record", "project", "keep_days"))
    keys = set(table.keys())
    return HistorySettings(
        record=table.flag("record") if "record" in keys else None,
        project=table.string("project"),
        keep_days=table.count("keep_days") if "keep_days" in keys else HistorySettings().keep_days,
    )


def _read_category(name: str, table: Table, services: Mapping[str, Service]) -> Category:
    table.refuse_unknown(("paths", "markers", "min_tests", "budget", "requires", "timeout", "retries"))
    paths, markers = table.strings("paths"), table.string("markers")
    if not paths and not markers:
        raise UsageError(f"{table.location}: category '{name}' needs 'paths' or 'markers'")
    for path in paths:
        if posixpath.isabs(path):
            raise table.error("paths", f"'{path}' is absolute: paths of a category are relative to the project's root")
    requires = table.strings("requires")
    for service in requires:
        if service not in services:
            known = nearest(service, services) or "; there are none"
            raise table.error("requires", f"'{service}' is no service of [tool.muster.services]{known}")
    return Category(
        name=name,
        paths=paths,
        markers=markers,
        min_tests=table.count("min_tests"),
        budget_s=table.seconds("budget"),
        requires=requires,
        timeout_s=table.seconds("timeout"),
        retries=table.count("retries"),
        location=table.location,
    )


def _read_service(name: str, table: Table) -> Service:
    table.refuse_unknown(("url", "timeout", "start", "stop", "wait", "on_missing"))
    url = table.string("url", expands=True)
    if not url:
        raise UsageError(f"{table.location}: service '{name}' needs a 'url'")
    timeout_s, wait_s = table.seconds("timeout"), table.seconds("wait")
    start, stop = table.string("start"), table.string("stop")
    for key, present in (("stop", stop), ("wait", wait_s)):
        if present and not start:
            raise table.error(key, f"'{key}' of service '{name}' means nothing without a 'start'")
    return Service(
        name=name,
        url=url,
        timeout_s=3.0 if timeout_s is None else timeout_s,
        start=start,
        stop=stop,
        wait_s=30.0 if wait_s is None else wait_s,
        on_missing="skip" if _read_on_missing(name, table) == "skip" else "fail",
        location=table.location,
    )


def _read_on_missing(name: str, table: Table) -> str:
    choice = table.string("on_missing") or "fail"
    if choice not in ("fail", "skip"):
        raise table.error("on_missing", f"'on_missing' of service '{name}' must be 'fail' or 'skip', not '{choice}'")
    return choice


def read_toml(tree: FileTree, path: str) -> str:
    """The text of the TOML file at `path`, with plain line ends. Raises `UsageError`."""
    try:
        return tree.read(path).decode("utf-8").replace("\r\n", "\n")
    except (UnicodeDecodeError, ReadFailure) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True


def parse_toml(path: str, text: str) -> dict[str, object]:
    """The document `text`, the file at `path`. Raises `UsageError` with its line where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = str(error).rpartition("(at line ")[2].partition(",")[0]
        raise UsageError(f"{Location(path, int(line) if line.isdecimal() else 0)}: {error}") from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply") from None
