"""What a collection session yields, simulated or observed: one type for both.

Paths are absolute POSIX strings; node ids are spelled as pytest prints them (relative to rootdir).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from muster.model.commit import Commit
from muster.model.location import Location


class Confidence(StrEnum):
    """`CERTAIN` is what real pytest would confirm."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNDECIDED = "undecided"


class Outcome(StrEnum):
    """What became of one collector."""

    COLLECTED = "collected"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDECIDED = "undecided"


class SessionState(StrEnum):
    """`ABORTED`: pytest ended before it could collect every file."""

    COMPLETE = "complete"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of a traceback, outermost first; frames of pytest and importlib are left out."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class ModuleMissing:
    """The finder found no module: `name` is the full dotted name that the message quotes.

    `search_path` is `sys.path` (or the parent's `__path__`) at that moment; `parent_is_module` is true for
    `'p' is not a package`. `sys_path` is always `sys.path` at that moment (empty: not recorded), which tells what would
    have been found had the parent been another one. `parent_file` is the file of the parent module that was met, where it has one.
    """

    name: str
    importer: str
    search_path: tuple[str, ...]
    parent_is_module: bool = False
    sys_path: tuple[str, ...] = ()
    parent_file: str | None = None


@dataclass(frozen=True, slots=True)
class NameMissing:
    """`from module import name` (or `module.name`) found no such name.

    `module_file` is None for a namespace package. `initialising` is true where the module was only half executed,
    which is how a circular import shows itself; `cycle` is then the chain of files, `import` by `import`: each frame is
    an import statement that is still running, and the last one is the statement that failed. `sys_path` is `sys.path`
    at that moment (empty: not recorded).
    """

    module: str
    name: str
    importer: str
    module_file: str | None
    initialising: bool = False
    cycle: tuple[Frame, ...] = ()
    sys_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UndefinedName:
    """A name that no scope binds at the moment of its use."""

    name: str


@dataclass(frozen=True, slots=True)
class UnknownMarker:
    """`pytest.mark.name` under strict markers."""

    name: str
    registered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileMismatch:
    """Two test files with one module name (`import file mismatch`)."""

    module: str
    other: str


@dataclass(frozen=True, slots=True)
class SyntaxFailure:
    """The file does not parse: `line` and `column` are 1-based, as the parser gives them."""

    path: str
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class SessionExit:
    """A module-level `sys.exit` or `pytest.exit`."""

    code: str


@dataclass(frozen=True, slots=True)
class OtherFailure:
    """Any other exception; `kind` names what the simulation recognised (`arity`, `attribute`, `fixture`, `signature`, `raise`, ...).

    `subject` is what it is about, dotted where that is known (`lib.helpers.setup`, the fixture's name); `definition` is
    where that subject is defined.
    """

    kind: str = ""
    subject: str = ""
    definition: Location | None = None


FailureDetail = (
    ModuleMissing
    | NameMissing
    | UndefinedName
    | UnknownMarker
    | FileMismatch
    | SyntaxFailure
    | SessionExit
    | OtherFailure
)


@dataclass(frozen=True, slots=True)
class RaisedException:
    """An exception that ended a collector: `type` is the class's `__name__`, `message` its `str()`.

    It is the innermost one (the cause of pytest's `CollectError`); only where there is none, `CollectError` itself.
    """

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    detail: FailureDetail = OtherFailure()
    confidence: Confidence = Confidence.CERTAIN

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True, slots=True)
class Item:
    """A test: its node id, where it is defined, and whether its parameters are spelled out.

    An unexpanded item is a bare id that stands for all its parameters. `group` is what its `xdist_group` marks name.
    """

    nodeid: str
    path: str
    line: int = 0
    expanded: bool = True
    group: str = ""

    def __str__(self) -> str:
        return self.nodeid


@dataclass(frozen=True, slots=True)
class CollectorReport:
    """A collector (folder, file or class) that did not simply collect: `nodeid` as pytest reports it, `path` its file."""

    nodeid: str
    path: str
    outcome: Outcome
    exception: RaisedException | None = None
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.outcome} {self.nodeid}: {self.exception or self.reason}"


@dataclass(frozen=True, slots=True)
class PathEffect:
    """A statement that changed the search path or `sys.modules` at import time.

    `kind` is `insert`, `append`, `remove`, `assign` (sys.path) or `module` (sys.modules); `value` the entry or the module name;
    `index` the position on the path afterwards; `during` the test file or conftest that was being collected.
    """

    kind: str
    value: str
    index: int
    culprit: Location
    during: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Tests that vanish without an error: `kind` is a cause code (`M401` ... `M409`), `lost` the node ids where known.

    `subject` is the class, function, file or folder; `culprit` the place to change. `setting` is the setting that leaves
    it out (`python_classes`, `python_files`, `norecursedirs`, `collect_ignore`, `--ignore`, ...). Losses with one `root`
    are one cause: the decorator's dotted name for M408, the base class whose `__init__` does it for M401, the module
    that is missing for M407 (`websocket`). `definition` is the other place: the winning definition (M402), the decorator's def (M408).
    `baseline` are the node ids of a baseline that this took away, and `since` the commit that did it, where the collection
    is held against one.
    """

    kind: str
    subject: str
    culprit: Location
    lost: tuple[str, ...] = ()
    lost_count: int = 0
    text: str = ""
    setting: str = ""
    root: str = ""
    definition: Location | None = None
    baseline: tuple[str, ...] = ()
    since: Commit | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds slept while a file was imported: `culprit` is the statement that sleeps, `frames` what led to it, outermost
    first, from the test file or conftest `during` whose collection it was."""

    seconds: float
    culprit: Location
    during: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be read, decoded or analysed (`M001`, `M002`), or a directive that is wrong."""

    code: str
    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Session:
    """How the session ended: pytest's exit code, and the exception that aborted it, if one did."""

    state: SessionState = SessionState.COMPLETE
    pytest_exit: int = 0
    aborted_by: CollectorReport | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything that one collection session tells, in pytest's order.

    `files` are the test files that pytest makes collectors for, in order; `reports` the collectors that failed, were
    skipped or are undecided; `items` the tests after deselection. `blocked` maps a failed file to the items that it
    yields when the failing statement is taken as unknown; a file that a broken conftest or an aborted session keeps
    from being collected has its entry too. `hidden` are the failures that a blocked file shows next, once its failing
    statement is taken as unknown.
    """

    session: Session = Session()
    files: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    reports: tuple[CollectorReport, ...] = ()
    deselected: tuple[str, ...] = ()
    effects: tuple[PathEffect, ...] = ()
    losses: tuple[Loss, ...] = ()
    problems: tuple[Problem, ...] = ()
    blocked: tuple[tuple[str, tuple[Item, ...]], ...] = ()
    estimated: frozenset[str] = frozenset()
    hidden: tuple[CollectorReport, ...] = ()
    waits: tuple[Wait, ...] = ()
    seconds: float | None = None
