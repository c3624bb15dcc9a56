"""Which effects exist. Everything that touches the world does so behind one of these Protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from muster.model.alert import AlertState, Letter
from muster.model.collection import Collection
from muster.model.environment import Environment, ProbedModule
from muster.model.fix import FileChange
from muster.model.history import Chronicle, CommitFiles, HistoryQuestions, PastVersion
from muster.model.memory import (
    CauseEpisode,
    HistoryRecord,
    RecordSummary,
    Standing,
    StoredToken,
    TestChange,
)
from muster.model.observation import EVERYTHING, Observation, Part
from muster.model.run import Event, FileDurations, ItemResult
from muster.model.service import Answer, Inquiry
from muster.model.trace import TracedSession


class EntryKind(Enum):
    """What a path is, symlinks followed. `OTHER` is a FIFO, socket or device: never opened."""

    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"


class ReadFailure(Exception):
    """A file that cannot be read: missing, forbidden, not a regular file, or over the size limit.

    `str()` is the reason alone, in words for the user; `path` is the file.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path


class FileTree(Protocol):
    """A tree that can be read. Paths are absolute POSIX strings, surrogate-escaped where they are not UTF-8."""

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in `folder` to their kinds (symlinks followed; dangling links left out); empty where it is no readable folder."""

    def kind(self, path: str) -> EntryKind | None:
        """The kind of `path`, symlinks followed, or None where nothing is there."""

    def read(self, path: str) -> bytes:
        """The whole content of a regular file. Raises `ReadFailure`."""

    def stamp(self, path: str) -> str | None:
        """A token that changes whenever the content may have changed (device, inode, size, mtime, ctime).

        None where only the content itself can tell.
        """

    def real_path(self, path: str) -> str:
        """`path` with every symlink resolved; an unresolvable rest is kept as it is."""

    def is_symlink(self, path: str) -> bool:
        """Whether the last part of `path` is a symlink."""


class FactCache(Protocol):
    """Content-addressed records. A lost, corrupted or foreign record is a miss, never an error."""

    def load(self, kind: str, key: str) -> bytes | None:
        """The record stored under `kind` and `key`, checksum tested, or None."""

    def load_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of `keys` that are stored, checksum tested."""

    def store(self, kind: str, key: str, record: bytes) -> None:
        """Keep `record`; written by `flush` at the latest."""

    def content_keys(self, folder: str) -> dict[str, tuple[str, str]]:
        """Every remembered path in or below `folder` to its `(stamp, content key)`; trust a key only where the stamp still holds."""

    def remember(self, path: str, stamp: str, key: str) -> None:
        """Keep the content `key` of `path`, read while its `stamp` was this (take the stamp before reading)."""

    def flush(self) -> None:
        """Write what is pending in one short transaction; failures switch the cache off silently."""


class EnvironmentQuery(Protocol):
    """The project's interpreter, asked in an empty folder; it never runs a byte of the examined tree."""

    def describe(self) -> Environment:
        """The environment, from the cache where nothing in it changed."""

    def probe(self, module: str) -> ProbedModule | None:
        """What importing the installed or standard `module` does; None where the environment may not be asked.

        `module:name` asks for one attribute: `names` then holds it, or `first` is what reading it raised.
        """


class Parser(Protocol):
    """Turns source into facts; may use other processes or the project's interpreter for newer grammar."""

    def parse(self, path: str, source: bytes) -> bytes:
        """The encoded `ModuleFacts` of one file (see `muster.facts`)."""

    def parse_many(self, sources: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """The encoded `ModuleFacts` of many files, in the order given."""

    def parse_bodies(self, path: str, source: bytes) -> bytes:
        """The encoded `FunctionBodies` of one file; none where it does not parse or cannot be judged."""


class ObservedPytest(Protocol):
    """Real pytest, run in a child with the project's own interpreter. This runs the project's code."""

    def collect(self, argv: Sequence[str], cwd: str) -> Collection:
        """What the command really collects, with its whole-process seconds."""

    def collect_each(self, argv: Sequence[str], cwd: str, parts: Sequence[Part]) -> list[Collection]:
        """What it collects of each of `parts`, each in a child of its own, several at once; in their order."""


class TracedPytest(Protocol):
    """Real pytest, run and traced in a child with the project's own interpreter. This runs the project's code."""

    def probe(self, argv: Sequence[str], cwd: str, part: Part = EVERYTHING) -> TracedSession:
        """What the command collects of `part`, changes and costs."""

    def probe_each(self, argv: Sequence[str], cwd: str, parts: Sequence[Part]) -> list[TracedSession]:
        """One session for each of `parts`, each in a child of its own, several at once; in their order."""


class History(Protocol):
    """The project's history. Asking changes nothing and runs nothing that the repository names."""

    def ask(self, questions: HistoryQuestions, budget_s: float) -> Chronicle:
        """What it tells of all `questions` within the time; what it could not look at is among the gaps."""


class Revisions(Protocol):
    """The states of the project between a base and `HEAD`. Asking checks nothing out and runs nothing of the repository."""

    def commits(self) -> Sequence[CommitFiles]:
        """The commits since the base along first parents, oldest first."""

    def tree(self, revision: str) -> FileTree:
        """The whole world with the project as of the commit `revision`."""

    def stamps(self, revision: str) -> Mapping[str, str]:
        """The files of the commit `revision` to the stamps that its tree gives them: names of their contents."""

    def stamp_of(self, content: bytes) -> str:
        """The stamp that a tree gives a file with this content."""


class WorkingCopy(Protocol):
    """The project's files as git keeps them. Asking changes nothing and runs nothing that the repository names."""

    def tracks(self, path: str) -> bool:
        """Whether git keeps the file at `path`, whatever its rules say of such files."""

    def versions(self, path: str) -> Iterator[PastVersion]:
        """What `path` held, the newest commit first; each is read when it is asked for."""


class ProjectWriter(Protocol):
    """Writes fixes into the project: all or none, and only over what was analysed."""

    def apply(self, changes: Sequence[FileChange]) -> None:
        """Write all `changes`; the bytes that they replace are kept. Raises a `MusterError` where any cannot be made."""

    def undo(self) -> tuple[str, ...]:
        """Restore what the last `apply` replaced; the files, as the reader knows them. Raises a `MusterError`."""


class FixCommits(Protocol):
    """Commits of fixes in the project's own repository."""

    def refuse_unclean(self, changes: Sequence[FileChange]) -> None:
        """Raise a `MusterError` where a file to be changed has changes of the user's that are not committed."""

    def commit(self, paths: Sequence[str], message: str) -> str:
        """Commit `paths` as they lie; the new commit's id."""


class ProjectCopy(Protocol):
    """A plain copy of the project's files, thrown away in the end."""

    def collect(self, changes: Sequence[FileChange], argv: Sequence[str], cwd: str) -> Collection:
        """What the command really collects in a copy with `changes` made; paths as in the project. Runs its code."""


@dataclass(frozen=True, slots=True)
class TimedRun:
    """One real collection, with the processor seconds of its process beside those on the clock."""

    collection: Collection
    cpu_s: float


class PairedRuns(Protocol):
    """Two copies of the project, collected in turn so that both meet the same noise. This runs the project's code."""

    def alternate(
        self, before: Sequence[FileChange], after: Sequence[FileChange], argv: Sequence[str], cwd: str, rounds: int
    ) -> list[tuple[TimedRun, TimedRun]]:
        """`rounds` pairs of what the command collects with the changes `before` and `after`, once both copies are warm."""


class NewRepository(Protocol):
    """A git repository that is being made."""

    def write(self, path: str, content: str) -> None:
        """Write a file of the work tree; `path` is relative."""

    def delete(self, path: str) -> None:
        """Delete a file of the work tree."""

    def commit(self, message: str, *, author: str, date: str) -> None:
        """Commit everything as it stands."""


class ServiceProbe(Protocol):
    """Services, asked in their own protocol."""

    def ask(self, inquiries: Sequence[Inquiry]) -> list[Answer]:
        """What each service answers, in the order given: all at once, none for longer than its own timeout."""


class ServiceStarter(Protocol):
    """Commands of the project's settings that start services. Whoever made it stops them all."""

    def start(self, name: str, command: str, stop: str) -> str:
        """Start `command`, with `stop` to be run when all is over; returns why that is impossible, else ""."""

    def failure(self, name: str) -> str:
        """How the command of the service ended where that was a failure, with its last words, else ""."""

    def last_output(self, name: str) -> str:
        """The last lines that the command printed."""

    def pause(self) -> None:
        """Give the services a moment."""


class Observations(Protocol):
    """Real collections that were seen, kept in the project."""

    def load(self, selection: str) -> Observation | None:
        """The last real collection of `selection`, or None."""

    def save(self, observation: Observation) -> None:
        """Keep `observation` in place of the last one of its selection; a failure to write is no failure."""


class HistoryStore(Protocol):
    """The memory: records of checks, collections and runs, whose like is `(project, category, branch)`.

    A `branch` of None is any, an empty `project` or `category` too. Times are UTC, ISO 8601 with a `Z`, and compare as text.
    Everything raises a `MusterError` where the database cannot be used.
    """

    def add(self, record: HistoryRecord) -> bool:
        """Keep `record`, durably once this returns; false where its id was there already, and nothing is changed."""

    def projects(self) -> tuple[str, ...]:
        """The projects by name."""

    def branches(self, project: str) -> tuple[str, ...]:
        """The branches of `project`, the one with the newest record first."""

    def standings(self, project: str = "", branch: str | None = None) -> tuple[Standing, ...]:
        """Where each category stands, by project and category; without a `branch` on that of its newest record."""

    def recent(
        self,
        count: int,
        *,
        project: str = "",
        category: str = "",
        branch: str | None = None,
        commit: str = "",
        whole: bool = False,
        measured: bool = False,
        before: str = "",
    ) -> tuple[RecordSummary, ...]:
        """The newest `count` records, newest first; only `whole` ones, only those with `measured` seconds, only those that
        come behind the record whose id is `before`."""

    def summary(self, record: str) -> RecordSummary | None:
        """The record with this id in one row."""

    def record(self, record: str) -> HistoryRecord | None:
        """The record with this id, whole."""

    def open_causes(self, project: str = "", category: str = "", branch: str | None = None) -> tuple[CauseEpisode, ...]:
        """The causes that the newest record of each category has, those that block most tests first."""

    def episodes(self, project: str, fingerprint: str) -> tuple[CauseEpisode, ...]:
        """All times in which the cause was there, newest first."""

    def changed(
        self, count: int, *, project: str = "", category: str = "", branch: str | None = None
    ) -> tuple[RecordSummary, ...]:
        """The newest `count` records whose tests differ from those of the record before, newest first."""

    def test_change(self, record: str) -> TestChange | None:
        """Which tests the record lost and gained; None where there is no such record, or nothing to compare it with."""

    def prune(self, before: str) -> int:
        """Forget the records from before the time; returns how many those were."""

    def add_token(self, token: StoredToken) -> None:
        """Keep `token`."""

    def token(self, id: str) -> StoredToken | None:
        """The token with this id."""

    def tokens(self) -> tuple[StoredToken, ...]:
        """All tokens, oldest first."""

    def remove_token(self, id: str) -> bool:
        """Forget the token; whether it was there."""

    def alert_states(self, project: str) -> tuple[AlertState, ...]:
        """What each target was told of each finding, by key and target."""

    def change_alerts(self, states: Sequence[AlertState]) -> tuple[AlertState, ...]:
        """Keep each of `states` where the one that it was made from, by its version, is still the one that is there.

        Returns those that were kept, with their new versions: of two callers at once one has each of them.
        """

    def undelivered(self, server: str) -> tuple[str, ...]:
        """The ids of the records that `server` has not confirmed, oldest first."""

    def mark_delivered(self, server: str, records: Sequence[str], at: str) -> None:
        """`server` has confirmed `records`."""

    def close(self) -> None:
        """Give up the connections."""


class DeliveryFailure(Exception):
    """A server did not take what was sent, however often that was tried; `str()` says why, in words for the user."""


class TeamServer(Protocol):
    """A server that keeps the records of a team. `name` is its address, which holds no secret."""

    @property
    def name(self) -> str:
        """The address."""

    def deliver(self, body: bytes) -> bytes:
        """Send a push; the server's answer. Raises `DeliveryFailure`."""


class RecordSpool(Protocol):
    """Encoded records that wait to be taken into the memory."""

    def keep(self, name: str, content: bytes) -> int:
        """Keep `content` durably; returns how many wait now. Raises `OSError`."""

    def waiting(self) -> Sequence[str]:
        """The names of those that wait, oldest first."""

    def read(self, name: str) -> bytes | None:
        """What waits under `name`; None where it is gone or damaged."""

    def drop(self, name: str) -> None:
        """It is kept elsewhere now."""

    def set_aside(self, name: str) -> None:
        """It cannot be understood: it waits no more."""


class Notifier(Protocol):
    """The services that alerts are sent through."""

    def send(self, letters: Sequence[Letter]) -> Sequence[str]:
        """Send all of `letters`, at once and within a bounded time; for each why it was not sent, "" where it was.

        What it says holds nothing of a target's url.
        """


class Clock(Protocol):
    """Time, passed in so that output is deterministic under test."""

    def now(self) -> str:
        """The time now, ISO 8601 with seconds, UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""


class Crew(Protocol):
    """The processes of a run: one controller and workers, each a pytest of the project's own interpreter.

    They load pytest at once and nothing of the project before they are told to `go`.
    """

    def start_controller(self, arguments: Sequence[str]) -> None:
        """Start the controller, `arguments` before those of the command."""

    def start_worker(self, name: str) -> None:
        """Start one worker."""

    def send(self, name: str, header: Mapping[str, object], body: bytes = b"") -> None:
        """Give a child a frame; nothing happens where it is gone."""

    def events(self, timeout_s: float) -> Sequence[Event]:
        """What happened since, waiting at most `timeout_s` for something to happen."""

    def listening(self, step: Callable[[Sequence[Event]], None]) -> AbstractContextManager[None]:
        """Within it, `step` is given what happens (or nothing), several times a second, by a thread of its own.

        Nobody else may ask for events or start children meanwhile.
        """

    def dismiss(self, name: str) -> None:
        """Ask a worker to end as Ctrl-C does, and end it where it does not within a moment."""

    def abort(self, name: str) -> None:
        """End a child that hangs, after it had the chance to print where it stands."""

    def interrupt(self) -> None:
        """Ask all workers to end as Ctrl-C does."""

    def close(self) -> None:
        """End every child and all that they started."""


class RunView(Protocol):
    """Where a run is shown while it goes on."""

    def begin(self, tests: int, files: int, workers: int) -> None:
        """Tests are about to run."""

    def expect(self, tests: int) -> None:
        """There will be this many tests, as far as can be known by now."""

    def test_done(self, result: ItemResult) -> None:
        """One test has its fate."""

    def say(self, text: str) -> None:
        """Show one or more whole lines."""

    def pass_on(self, output: bytes) -> None:
        """Show what pytest itself printed."""

    def tick(self) -> None:
        """Time has passed."""

    def end(self) -> None:
        """All tests have their fate."""


class RunRecords(Protocol):
    """What earlier runs took, kept in the project."""

    def load(self) -> Mapping[str, FileDurations]:
        """Durations by path relative to the project's root; empty where there are none that can be read."""

    def save(self, durations: Mapping[str, FileDurations], shard: str = "") -> None:
        """Keep `durations` for later runs, with what is known of other files; a failure to write is no failure."""
