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
    """One module as it was met for the first time: `seconds` with everything below it, `own_seconds` without."""

    name: str
    file: str
    asker: Frame
    during: str
    at_s: float
    seconds: float
    own_seconds: float
    succeeded: bool


@dataclass(frozen=True, slots=True)
class TracedSession:
    """One traced session. `lost` are the files that ended a process, each with how; the rest was then collected without them."""

    collection: Collection
    changes: tuple[Change, ...] = ()
    imports: tuple[ImportTiming, ...] = ()
    file_seconds: Mapping[str, float] = field(default_factory=dict)
    moments: Mapping[str, float] = field(default_factory=dict)
    threads: tuple[str, ...] = ()
    lost: tuple[CollectorReport, ...] = ()
