"""What the team runs, before pytest resolves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from muster.model.environment import IniOption, PluginOption

FindModule = Callable[[str, tuple[str, ...]], str | None]
"""`find(name, leading)`: where a dotted module lies, with the folders `leading` put before the environment's own.

The path of a module's file, of a regular package's `__init__.py`, or of a namespace package's first folder; "" for a
module without a file (built in); None where there is none.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A pytest command: `argv` are the arguments after `pytest`, `cwd` is absolute, `environ` the variables it sees.

    `cwd_on_path` is true for `python -m pytest`. `command` and `why` are kept for the report.
    """

    argv: tuple[str, ...]
    cwd: str
    environ: Mapping[str, str] = field(default_factory=dict)
    command: str = "pytest"
    why: str = "default"
    cwd_on_path: bool = False


@dataclass(frozen=True, slots=True)
class Additions:
    """What the project's conftests and plugins register: options and settings (`pytest_addoption`), and marker lines.

    `complete` is false where some of it could not be read: an unknown option is then tolerated, not refused.
    """

    options: tuple[PluginOption, ...] = ()
    settings: tuple[IniOption, ...] = ()
    markers: tuple[str, ...] = ()
    complete: bool = True
