"""What `muster profile` tells of a real collection (`muster.profile/1`). Paths are relative to the root, as in the Report."""

from __future__ import annotations

from typing import Literal

import msgspec

from muster.model.report import CauseReport, Verdict

PROFILE_SCHEMA_NAME = "muster.profile/1"


class PartSeconds(msgspec.Struct, frozen=True, kw_only=True):
    """One share of the whole process; `part` is `interpreter`, `pytest`, `plugins`, `conftests`, `first-party`, `third-party`,
    `rewriting` or `parameters`."""

    part: str
    seconds: float


class ModuleCost(msgspec.Struct, frozen=True, kw_only=True):
    """One module: what it took by itself, with all that it was the first to import, and with what it alone pulls in.

    `part` is as in `parts`, and `asked_by` and `line` say who imported it first.
    """

    name: str
    file: str
    part: str
    own_seconds: float
    seconds: float
    alone_seconds: float
    alone_modules: int
    asked_by: str
    line: int


class FileCost(msgspec.Struct, frozen=True, kw_only=True):
    """One test file: the seconds until its tests were known, and those of them that its parameters took."""

    path: str
    seconds: float
    parameter_seconds: float
    tests: int


class StatementUse(msgspec.Struct, frozen=True, kw_only=True):
    """One import statement: `use` is `functions`, `annotations`, `both`, `none` or `import time`; `why` and `use_line` say
    what needs it at import time."""

    path: str
    line: int
    text: str
    names: tuple[str, ...]
    use: str
    why: str
    use_line: int


class HeavyReport(msgspec.Struct, frozen=True, kw_only=True):
    """One heavy module with every import of the project that leads there.

    Where it is `deferrable`, `seconds` is what that would save, once those before it in the list are; otherwise what it alone
    pulls in. `blocked_by` is what else imports it.
    """

    module: str
    path: str
    seconds: float
    modules: int
    deferrable: bool
    blocked_by: str
    statements: tuple[StatementUse, ...]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Whole-process seconds of alternating real collections of two copies, without and with the change, in pairs.

    `saved` is the lesser of the median of the pairs' differences and that of the fastest runs; `saved_cpu` the same of the processor.
    """

    before: tuple[float, ...]
    after: tuple[float, ...]
    before_cpu: tuple[float, ...]
    after_cpu: tuple[float, ...]
    saved: float
    saved_cpu: float


class Deferral(msgspec.Struct, frozen=True, kw_only=True):
    """One import moved to where it is used: `verdict` is what the simulation says, `measured` what real runs took.

    It is `kept` where the node ids stay the same, nothing new fails, and it saves; `reason` says why not.
    """

    cause: int
    module: str
    title: str
    patch: str
    verdict: Verdict
    measured: Measured | None
    kept: bool
    reason: str


class ProfileReport(msgspec.Struct, frozen=True, kw_only=True):
    """One profiled collection. `parts` sum up to `seconds`, those of the whole process. `patch` holds all that was kept, and
    `together` what it does."""

    schema: Literal["muster.profile/1"]
    muster: str
    root: str
    command: str
    seconds: float
    budget: float | None
    tests: int
    failed: int
    parts: tuple[PartSeconds, ...]
    modules: tuple[ModuleCost, ...]
    files: tuple[FileCost, ...]
    heavy: tuple[HeavyReport, ...]
    causes: tuple[CauseReport, ...]
    deferrals: tuple[Deferral, ...]
    together: Measured | None
    patch: str
    applied: tuple[str, ...]
    notes: tuple[str, ...]
