"""What a traced collection shows beside the collection itself: what it changed, statement by statement, and what took long.

Paths are absolute POSIX strings; seconds count from the moment at which the process was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.model.collection import Collection, CollectorReport, Frame


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the process's state, or one effect on the world, while something was imported.

    `kind` is `path` (`sys.path`), `module` (`sys.modules`), `meta_path`, `environ`, `cwd`, `filters` (of warnings),
    `thread`, `socket`, `process` or `sleep`. `sign` is `+` (added), `-` (removed), `=` (replaced) or "". `value` is the
    entry, the name of the module or variable, the address, the program or the seconds; never a variable's value.
    `frames` lead to the statement, outermost first; where it is not `exact`, it stands in the innermost file at that
    line or before it (line 0: anywhere). `during` is the file that was being collected.
    """

    kind: str
    sign: str
    value: str
    frames: tuple[Frame, ...]
    during: str
    at_s: float
    is_exact: bool


@dataclass(frozen=True, slots=True)
class ImportTiming:
    """One module as it was met for the first time: `seconds` with everything below it, `own_seconds` without.

    Those that a thread of the project's imports run beside the rest: they are not `in_main_thread`.
    """

    name: str
    file: str
    asker: Frame
    during: str
    at_s: float
    seconds: float
    own_seconds: float
    succeeded: bool
    in_main_thread: bool = True


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """One import that ran, whether what it asks for was loaded already or not; each place is told once.

    `importer` is the `__name__` of the module that it stands in, `file` and `line` its place. `package` is what `level` leading
    dots start from. It is `at_module_level` where no function holds it.
    """

    importer: str
    file: str
    package: str
    line: int
    at_module_level: bool
    name: str
    level: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A slow step of pytest's own: `kind` is `rewriting` (of the asserts in the file `name`) or `parameters` (of the test `name`)."""

    kind: str
    name: str
    at_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Origin:
    """An exception that another one comes from: `cause` (`raise ... from`) or `context` (raised while it was handled)."""

    relation: str
    type: str
    message: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class TracedSession:
    """One traced session. `lost` are the files that ended a process, each with how; the rest was then collected without them.

    `file_starts` says when each of `file_seconds` began. Only a profiled session has `statements` and `steps`.
    """

    collection: Collection
    changes: tuple[Change, ...] = ()
    imports: tuple[ImportTiming, ...] = ()
    file_seconds: Mapping[str, float] = field(default_factory=dict)
    moments: Mapping[str, float] = field(default_factory=dict)
    threads: tuple[str, ...] = ()
    lost: tuple[CollectorReport, ...] = ()
    statements: tuple[ImportStatement, ...] = ()
    steps: tuple[TimedStep, ...] = ()
    file_starts: Mapping[str, float] = field(default_factory=dict)
    origins: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    """By node id of a failed collector what its exception comes from, nearest first."""
