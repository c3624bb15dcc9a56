"""Where the seconds of a real collection go, and which imports are worth deferring. Paths are absolute."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a second was spent on; each second has exactly one."""

    INTERPRETER = "interpreter"
    PYTEST = "pytest"
    PLUGINS = "plugins"
    CONFTESTS = "conftests"
    FIRST_PARTY = "first-party"
    THIRD_PARTY = "third-party"
    REWRITING = "rewriting"
    PARAMETERS = "parameters"


@dataclass(frozen=True, slots=True)
class HeavyStatement:
    """One import statement of the project that leads to a heavy module, and how the file uses what it binds.

    `module` is what it imports from, `aliases` are those names of its list that lead there (none: the whole statement).
    `use` is `functions`, `annotations`, `both`, `none` or `import time`, `why` and `use_line` say what is in the way.
    """

    path: str
    line: int
    module: str
    aliases: tuple[str, ...]
    use: str
    why: str = ""
    use_line: int = 0
    functions: int = 0

    @property
    def is_deferrable(self) -> bool:
        """Whether nothing needs it before a test runs."""
        return self.use in ("functions", "annotations", "both")


@dataclass(frozen=True, slots=True)
class HeavyImport:
    """One module that takes long, with every statement of the project that leads there.

    `seconds` is what would be saved if all of them were deferred, once those before it in the list are. `modules` counts what would
    then not be imported. `blocked_by` is what else imports it (a plugin, pytest itself), or `files` or `functions` where so many of
    them use it that it is what they are about.
    """

    module: str
    path: str
    seconds: float
    modules: int
    statements: tuple[HeavyStatement, ...]
    blocked_by: str = ""

    @property
    def is_deferrable(self) -> bool:
        """Whether all of it can wait until a test runs."""
        return not self.blocked_by and all(each.is_deferrable for each in self.statements)


@dataclass(frozen=True, slots=True)
class ObservedEffect:
    """Input or output while something was imported: `kind` is `socket`, `process` or `sleep`.

    `values` are addresses, programs or seconds. `chain` leads from the file that was being collected to the statement at its
    end, all of the project; `beyond` is the module of somebody else's that did it in the end, if it was none of the project's.
    """

    kind: str
    values: tuple[str, ...]
    chain: tuple[tuple[str, int], ...]
    during: str
    beyond: str = ""

    @property
    def seconds(self) -> float:
        """What was slept."""
        return sum(map(float, self.values)) if self.kind == "sleep" else 0.0
