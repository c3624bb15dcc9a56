"""What `muster probe` tells of a real collection (`muster.probe/1`). Paths are relative to the root, as in the Report."""

from __future__ import annotations

from typing import Literal

import msgspec

from muster.model.report import DifferenceReport


class ChangeReport(msgspec.Struct, frozen=True, kw_only=True):
    """One change and the statement that made it; `exact` is false where the line was found by looking for it.

    `kind` is `path`, `module`, `meta_path`, `environ`, `cwd`, `filters`, `thread`, `socket`, `process` or `sleep`; `sign`
    is `+`, `-`, `=` or empty. `project` is false where no file of the project led to it.
    """

    kind: str
    sign: str
    value: str
    path: str
    line: int
    text: str
    during: str
    exact: bool
    project: bool


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """One module, who asked for it first, and its seconds with (`seconds`) and without (`own_seconds`) those below it."""

    name: str
    file: str
    asked_by: str
    line: int
    during: str
    seconds: float
    own_seconds: float
    succeeded: bool


class ProbedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One test file: `outcome` is `collected`, `failed` or `skipped`."""

    path: str
    seconds: float
    outcome: str
    tests: int


class Polluter(msgspec.Struct, frozen=True, kw_only=True):
    """The file that makes another one fail: found `by` the trace or by bisection, and confirmed by collecting the two alone."""

    path: str
    by: Literal["trace", "bisection"]
    change: ChangeReport | None


class OriginReport(msgspec.Struct, frozen=True, kw_only=True):
    """An exception that the failure comes from: its `cause` (`raise ... from`), or its `context` (what was being handled)."""

    relation: str
    exception: str
    frames: tuple[str, ...]


class RunningThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread that still runs when everything is collected, and the statement that started it (line 0: not seen)."""

    name: str
    path: str
    line: int
    text: str


class ProbedFailure(msgspec.Struct, frozen=True, kw_only=True):
    """One file that fails in the session. `alone` is what it does collected alone: the same, another failure, or `collected`.

    It is empty where that was not tried, which `note` says. `origins` are the exceptions behind this one, nearest first.
    """

    nodeid: str
    path: str
    exception: str
    frames: tuple[str, ...]
    alone: str
    polluter: Polluter | None
    note: str = ""
    origins: tuple[OriginReport, ...] = ()


class ProbeReport(msgspec.Struct, frozen=True, kw_only=True):
    """One traced collection. `moments` are seconds since the process was asked for; `differences` those to the simulation."""

    schema: Literal["muster.probe/1"]
    muster: str
    root: str
    command: str
    seconds: float
    tests: int
    state: str
    pytest_exit: int
    moments: dict[str, float]
    files: tuple[ProbedFile, ...]
    failures: tuple[ProbedFailure, ...]
    changes: tuple[ChangeReport, ...]
    imports: tuple[ImportReport, ...]
    threads: tuple[str, ...]
    differences: tuple[DifferenceReport, ...] | None
    notes: tuple[str, ...]
    running: tuple[RunningThread, ...] = ()
