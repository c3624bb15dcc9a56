"""A root cause: what blocks or loses tests, where to change it, and how we know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from muster.model.collection import Confidence, RaisedException
from muster.model.commit import Commit
from muster.model.location import Location


class Severity(StrEnum):
    """Only `ERROR` makes exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Scope(StrEnum):
    """How much a cause takes down."""

    FILE = "file"
    FOLDER = "folder"
    SESSION = "session"


class Seen(StrEnum):
    """Who saw it: the simulation, a real run, or both."""

    SIMULATED = "simulated"
    OBSERVED = "observed"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that supports a cause; `kind` is a short slug (`winner`, `loser`, `rule`, `provider`, `importers`, ...)."""

    kind: str
    text: str
    path: str = ""
    line: int = 0
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where what is missing lives today: `module` (dotted) and, for a name, `name` in it, both as importers would spell them.

    `change` is `moved` or `renamed`; `evidence` says why it is thought to be the one. Candidates of a cause stand in the order
    of their evidence; `is_tied` where the next one is as good. `renamed` pairs names that importers ask for with what they
    seem to be called there, where several are asked for.
    """

    module: str
    name: str = ""
    change: str = "moved"
    path: str = ""
    evidence: tuple[Evidence, ...] = ()
    commit: Commit | None = None
    is_tied: bool = False
    renamed: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.module}:{self.name}" if self.name else self.module


@dataclass(frozen=True, slots=True)
class Remedy:
    """In words, what would fix it; a later command turns it into a patch."""

    title: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One root cause. Paths are absolute; `victims` are the files that it blocks, in session order.

    `blocked_tests` ranks it; `lost` are node ids that vanish without an error; `hides` are the subjects of causes known to
    stand behind it. `exception` is what the first victim shows. `estimated` is true where blocked tests were counted from text.
    `since` is the commit that made it, where the history tells; `candidates` are the places where what is missing may live today.
    `is_regression` is true where it took tests of the baseline away, which `lost` then names.
    `accepted` is the reason of the `# muster: ignore` comment that silences it or of the project's acceptance, "" where it
    is open: it is then not counted. `accepted_until` is the day on which an acceptance expires, "" for a comment's.
    """

    code: str
    severity: Severity
    confidence: Confidence
    scope: Scope
    title: str
    subject: str
    message: str
    culprit: Location | None = None
    evidence: tuple[Evidence, ...] = ()
    victims: tuple[str, ...] = ()
    blocked_tests: int = 0
    lost: tuple[str, ...] = ()
    lost_count: int = 0
    remedies: tuple[Remedy, ...] = ()
    hides: tuple[str, ...] = ()
    exception: RaisedException | None = None
    seen: Seen = Seen.SIMULATED
    estimated: bool = False
    accepted: str = ""
    accepted_until: str = ""
    since: Commit | None = None
    candidates: tuple[Candidate, ...] = ()
    is_regression: bool = False
