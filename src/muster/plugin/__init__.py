"""Muster inside pytest (the entry point `muster` of `pytest11`): inert unless `--muster` or `[tool.muster] plugin = true`.

Every pytest of an environment that holds Muster imports this file. So it imports nothing that costs anything, and
looks for the setting in the one or two files that may hold it; `session` and all else come once the plugin is active.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

LOADED_AT = time.monotonic()
_SETTINGS = ("muster.toml", "pyproject.toml")


def in_one_line(text: str) -> str:
    """`text` as a terminal can be shown it: on one line, with what is not plainly visible spelled as an escape."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in " ".join(text.split()))[:400]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `--muster`."""
    parser.getgroup("muster").addoption(
        "--muster",
        action="store_true",
        default=False,
        help="name the root cause of each collection error, hold collection to its budget, and keep what was seen",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the active plugin where it is asked for. What goes wrong is told at the end and changes nothing."""
    try:
        if _is_wanted(config) and not _is_muster_s_own(config):
            from muster.plugin.session import SessionWatch

            config.pluginmanager.register(SessionWatch(config, LOADED_AT), "muster-session")
    except Exception as error:
        config.pluginmanager.register(_Trouble(f"{type(error).__name__}: {error}"), "muster-trouble")


class _Trouble:
    """Says that the plugin could not start."""

    def __init__(self, text: str) -> None:
        self.text = text

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        text = in_one_line(self.text)
        terminalreporter.write_line(f"muster: the plugin did not start, this run is not affected: {text}", yellow=True)


def _is_wanted(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "muster", False)) or _is_set(str(config.invocation_params.dir))


def _is_muster_s_own(config: pytest.Config) -> bool:
    """Whether this is a worker (pytest-xdist's or that of `muster run`), or a session that Muster itself watches."""
    plugins = config.pluginmanager.get_plugins()
    return hasattr(config, "workerinput") or any("muster_guest" in vars(type(plugin)) for plugin in plugins)


def _is_set(folder: str) -> bool:
    """What `plugin` says in the nearest `[tool.muster]` from `folder` upwards, which is the one that every command takes."""
    while True:
        for name in _SETTINGS:
            table = _read_table(os.path.join(folder, name))
            if table is not None:
                return table.get("plugin") is True
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent


def _read_table(path: str) -> dict[str, Any] | None:
    """The `[tool.muster]` of a file; None where it has none. What is wrong with it is for Muster's own commands to say."""
    if not os.path.isfile(path):  # nothing may wait for a pipe
        return None
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    is_own = path.endswith(_SETTINGS[0])
    if not is_own and b"muster" not in content:
        return None
    import tomllib  # pytest itself has it by then, where there is a pyproject.toml

    try:
        document = tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        return None
    if is_own and "tool" not in document:
        return document
    tool = document.get("tool")
    table = tool.get("muster") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None
