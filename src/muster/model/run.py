"""What a run is made of: the work that is given out, what became of every test, and what processes tell.

Paths are absolute POSIX strings; node ids are spelled as pytest prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

CONTROLLER = "controller"
"""The name of the process that oversees a run in the project's own interpreter."""


class Fate(StrEnum):
    """What became of one test. Each test has exactly one, and `NOT_RUN` is never green."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    FLAKY = "flaky"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Task:
    """One file, or a part of it, that a worker is given.

    `arguments` is what pytest is told to collect. `only` keeps just these node ids (a bare one stands for all its
    parameters), `part` the first of so many parts of what is left (`(0, 1)` is all of it). `timeout_s` bounds one test;
    `retries` is how often a failure may be run again. Where `is_bound`, its tests stay with those of its unit.
    """

    path: str
    arguments: tuple[str, ...]
    only: tuple[str, ...] = ()
    part: tuple[int, int] = (0, 1)
    timeout_s: float | None = None
    retries: int = 0
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """Tasks that one worker gets together, in this order; `order` is their place in the session, `weight` what they cost."""

    tasks: tuple[Task, ...]
    weight: float = 0.0
    order: int = 0


@dataclass(frozen=True, slots=True)
class FileDurations:
    """What a file took in an earlier run: its import and all of its tests, and of that what collecting it took."""

    seconds: float
    collecting: float = 0.0

    @property
    def tests(self) -> float:
        """What its tests took."""
        return max(self.seconds - self.collecting, 0.0)


@dataclass(frozen=True, slots=True)
class Told:
    """A frame that a child sent. `body` is for other children: it is passed on, never read."""

    sender: str
    header: Mapping[str, object]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Printed:
    """What the controller wrote on its standard output."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """A child ended: its exit code (negative for a signal) in words and as a number, and the end of what it printed."""

    sender: str
    code: int
    how: str
    output: str


Event = Told | Printed | Gone


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One test and its fate. `text` says in a line why it is not passed; `foreseen` whether the simulation knew of it."""

    nodeid: str
    path: str
    fate: Fate
    seconds: float = 0.0
    worker: str = ""
    text: str = ""
    foreseen: bool = True
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class FileError:
    """A file or folder that pytest could not collect; `crashed` where it took the worker with it."""

    nodeid: str
    path: str
    text: str
    crashed: bool = False
