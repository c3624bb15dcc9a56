"""Real pytest in a child process, with the project's own interpreter: it runs the project's code."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from muster.adapters.child_death import signal_name
from muster.adapters.watched_child import GrowthWatch, run_watched
from muster.errors import MusterError
from muster.model.collection import (
    Collection,
    CollectorReport,
    FailureDetail,
    FileMismatch,
    Frame,
    Item,
    ModuleMissing,
    NameMissing,
    OtherFailure,
    Outcome,
    PathEffect,
    RaisedException,
    Session,
    SessionExit,
    SessionState,
    SyntaxFailure,
    UndefinedName,
    UnknownMarker,
)
from muster.model.location import Location
from muster.model.observation import EVERYTHING, Part

# What pytest prints before it collects: it says nothing of the end.
_HEADER = ("platform ", "cachedir: ", "rootdir: ", "configfile: ", "testpaths: ", "plugins: ", "collecting ")
GUEST = Path(__file__).parent.parent / "guest"
OBSERVER = GUEST / "observer.py"
RESTRICTOR = GUEST / "restrictor.py"


class ObservationFailed(MusterError):
    """The child could not be started, or its command is none that can be observed."""


@dataclass(frozen=True, slots=True)
class PytestProcess:
    """`ports.ObservedPytest`: the team's command, collected only, in its own process group.

    `environ` replaces the child's environment where given. On timeout, and where one file takes longer than
    `file_timeout_s`, the whole group is killed and what was recorded until then is returned, aborted.
    """

    interpreter: str
    timeout_s: float = 1800.0
    environ: Mapping[str, str] | None = None
    file_timeout_s: float = 300.0
    children: int = 2

    def collect(self, argv: Sequence[str], cwd: str) -> Collection:
        """What `argv` (`pytest ...`, `python ... -m pytest ...`) collects in `cwd`, with its whole-process seconds."""
        return self._collect(argv, cwd, EVERYTHING)

    def collect_each(self, argv: Sequence[str], cwd: str, parts: Sequence[Part]) -> list[Collection]:
        """What `argv` collects in `cwd` of each of `parts`, each in a child of its own; in their order."""
        with ThreadPoolExecutor(self.children) as pool:
            return list(pool.map(lambda part: self._collect(argv, cwd, part), parts))

    def _collect(self, argv: Sequence[str], cwd: str, part: Part) -> Collection:
        with tempfile.TemporaryDirectory(prefix="muster-observed-") as folder:
            record = os.path.join(folder, "record.jsonl")
            more, before = restriction(folder, part)
            command = observed_command(self.interpreter, argv, cwd, record, more=more, before=before)
            watch = GrowthWatch(record, self.file_timeout_s)
            started = time.monotonic()
            output_path = os.path.join(folder, "output")
            code, output = run_observed(command, cwd, self.environ, output_path, self.timeout_s, watch.is_stuck)
            seconds = time.monotonic() - started
            return collection_of(read_record(record), code, seconds, output)


@dataclass(frozen=True, slots=True)
class RecordedPytest:
    """`ports.ObservedPytest` of a session that is over: it runs nothing, and tells what was seen."""

    collection: Collection

    def collect(self, argv: Sequence[str], cwd: str) -> Collection:
        """What was seen."""
        return self.collection

    def collect_each(self, argv: Sequence[str], cwd: str, parts: Sequence[Part]) -> list[Collection]:
        """What was seen, of any part: it holds them all."""
        return [self.collection for _ in parts]


def restriction(folder: str, part: Part) -> tuple[str, str]:
    """What an observed session needs to keep to `part`: more text, and a statement before it. `folder` is written into.

    The paths stand in a file: there may be more of them than fit into a command line.
    """
    if part == EVERYTHING:
        return "", ""
    place = os.path.join(folder, "part.json")
    with open(place, "w", encoding="ascii") as stream:
        files = None if part.files is None else sorted(part.files)
        json.dump({"files": files, "folders": part.folders, "skip": sorted(part.skip)}, stream)
    return RESTRICTOR.read_text(encoding="utf-8"), f"restrict({place!r})"


def run_observed(
    command: Sequence[str],
    cwd: str,
    environ: Mapping[str, str] | None,
    output_path: str,
    timeout_s: float,
    is_stuck: Callable[[], bool] = lambda: False,
) -> tuple[int | None, str]:
    """As `run_watched`. Raises `ObservationFailed` where the child cannot be started."""
    try:
        return run_watched(command, cwd, environ, output_path, timeout_s, is_stuck)
    except OSError as error:
        raise ObservationFailed(f"'{command[0]}' cannot be started: {error.strerror}") from error


def observed_command(
    interpreter: str, argv: Sequence[str], cwd: str, record: str, *, more: str = "", before: str = ""
) -> list[str]:
    """The child's command line: the interpreter, its own flags, and a bootstrap that then is `argv` to the project.

    `more` is put behind the observer's text, the statement `before` is executed before the session begins.
    """
    flags, arguments, as_module = take_apart(argv)
    script = os.path.join(os.path.dirname(interpreter), "pytest")
    return [interpreter, *flags, "-c", bootstrap(as_module, cwd, script, record, more, before), *arguments]


def bootstrap(as_module: bool, cwd: str, script: str, record: str, more: str = "", before: str = "") -> str:
    """Source for `-c` that gives `sys.path` and `sys.argv` the values of the plain command, then runs it observed.

    `python -m pytest` has the working directory first on the path, a script its own folder, and safe path (`-P`)
    neither. The entry is changed before anything is imported, so that nothing comes from the wrong folder.
    """
    entry = os.path.realpath(cwd) if as_module else os.path.dirname(os.path.realpath(script))
    start = f"run_module({record!r})" if as_module else f"run_script({record!r}, {script!r})"
    text = OBSERVER.read_text(encoding="utf-8") + "\n" + more
    return (
        "import sys\n"
        f"if sys.path[:1] == ['']: sys.path[0] = {entry!r}\n"
        f"sys.argv[0] = {script!r}\n"
        "space = {'__name__': 'muster_observer', '__file__': '<muster observer>'}\n"
        f"exec(compile({text!r}, '<muster observer>', 'exec'), space)\n"
        f"exec({before + chr(10) + start!r}, space)\n"
    )


def take_apart(argv: Sequence[str]) -> tuple[list[str], list[str], bool]:
    """The interpreter's own flags, pytest's arguments, and whether pytest runs as a module."""
    program = PurePosixPath(argv[0]).name if argv else ""
    if program in ("pytest", "py.test"):
        return [], list(argv[1:]), False
    for position, word in enumerate(argv):
        if word == "-m" and argv[position + 1 : position + 2] in (["pytest"], ("pytest",)):
            return list(argv[1:position]), list(argv[position + 2 :]), True
    raise ObservationFailed(f"'{' '.join(argv)}' is no pytest command: expected 'pytest ...' or 'python -m pytest ...'")


def read_record(path: str) -> Iterator[dict[str, Any]]:
    """The events of a record; a last line that was cut off by a kill is left out."""
    try:
        with open(path, "rb") as stream:
            for line in stream:
                try:
                    yield json.loads(line)
                except ValueError:
                    return
    except FileNotFoundError:
        return


@dataclass(slots=True)
class _Gathered:
    """What the events have told so far."""

    files: dict[str, None] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    reports: list[CollectorReport] = field(default_factory=list)
    deselected: list[str] = field(default_factory=list)
    effects: list[PathEffect] = field(default_factory=list)
    aborted_by: CollectorReport | None = None
    rootdir: str = ""
    last_file: tuple[str, str] = ("", "")
    conftests: list[str] = field(default_factory=list)
    """Those that are being executed."""
    stopped: bool = False
    finished: bool = False


def collection_of(
    events: Iterable[Mapping[str, Any]], exit_code: int | None, seconds: float | None = None, output: str = ""
) -> Collection:
    """The collection that a record tells; `exit_code` is the process's own, None where it was killed by timeout.

    A process that ended without a word is an aborted session, blamed on the file that was being collected.
    """
    told = _Gathered()
    for event in events:
        _take(event, told)
    aborted_by = told.aborted_by
    if aborted_by is None and not told.finished:
        aborted_by = _sudden_end(told, exit_code, output)
    state = SessionState.ABORTED if aborted_by or told.stopped else SessionState.COMPLETE
    return Collection(
        session=Session(state, exit_code if exit_code is not None else -1, aborted_by),
        files=tuple(told.files),
        items=tuple(told.items),
        reports=tuple(told.reports),
        deselected=tuple(told.deselected),
        effects=tuple(told.effects),
        seconds=seconds,
    )


def _take(event: Mapping[str, Any], told: _Gathered) -> None:
    match event["event"]:
        case "config":
            told.rootdir = event["rootdir"]
        case "file":
            told.files[event["path"]] = None
            told.last_file = (event["nodeid"], event["path"])
        case "conftest" if event["done"]:
            told.conftests.remove(event["path"])
        case "conftest":
            told.conftests.append(event["path"])
        case "report":
            outcome = Outcome.SKIPPED if event["outcome"] == "skipped" else Outcome.FAILED
            raised = _raised(event["exception"]) if outcome is Outcome.FAILED and event["exception"] else None
            told.reports.append(CollectorReport(_node_id(event, told), event["path"], outcome, raised, event["reason"]))
        case "effect":
            culprit = Location(event["path"], event["line"])
            told.effects.append(PathEffect(event["kind"], event["value"], event["index"], culprit, event["during"]))
        case "deselected":
            told.deselected.extend(event["nodeids"])
        case "items":
            told.items.extend(Item(nodeid, path, line) for nodeid, path, line in event["items"])
        case "abort":
            told.aborted_by = CollectorReport(
                _node_id(event, told), event["path"], Outcome.FAILED, _raised(event["exception"])
            )
        case "stopped":
            told.stopped = True
        case "finish":
            told.finished = True
        case _:
            return


def _node_id(event: Mapping[str, Any], told: _Gathered) -> str:
    """The node id, or for an initial conftest, which is no node, its path relative to rootdir."""
    if event["nodeid"] or not event["path"] or not told.rootdir or event["path"] == told.rootdir:
        return str(event["nodeid"])
    return os.path.relpath(event["path"], told.rootdir)


def _sudden_end(told: _Gathered, exit_code: int | None, output: str) -> CollectorReport:
    nodeid, path = told.last_file
    if told.conftests:
        path = told.conftests[-1]
        nodeid = os.path.relpath(path, told.rootdir) if told.rootdir else path
    if exit_code is None:
        # No TimeoutError: that is what the project's own code raises.
        raised = RaisedException("TimeExceeded", "pytest did not end in time and was killed")
    else:
        last_words = [line for line in output.strip().splitlines()[-1:] if not line.startswith(_HEADER)]
        how = f"was killed by {signal_name(-exit_code)}" if exit_code < 0 else f"ended with code {exit_code}"
        words = f"pytest {how}, without a report" + "".join(f": {line}" for line in last_words)
        raised = RaisedException("ProcessEnded", words)
    return CollectorReport(nodeid, path, Outcome.FAILED, raised)


def _raised(described: Mapping[str, Any]) -> RaisedException:
    frames = tuple(Frame(path, line) for path, line in described["frames"])
    return RaisedException(described["type"], described["message"], frames, _detail(described, frames))


def _detail(described: Mapping[str, Any], frames: Sequence[Frame]) -> FailureDetail:
    """What the exception's own attributes say, in the simulation's terms."""
    facts, message = described["facts"], described["message"]
    importer = frames[-1].path if frames else ""
    match described["type"]:
        case "ImportPathMismatchError" if len(facts.get("mismatch", ())) == 3:
            return FileMismatch(facts["mismatch"][0], facts["mismatch"][1])
        case "ModuleNotFoundError":
            not_a_package = message.endswith("is not a package")
            return ModuleMissing(facts["name"], importer, tuple(facts["search_path"]), not_a_package)
        case "ImportError" if message.startswith("cannot import name '"):
            name = facts["attribute"] or message.split("'")[1]
            is_half_done = "partially initialized module" in message
            return NameMissing(facts["name"], name, importer, facts["path"] or None, is_half_done)
        case "NameError":
            return UndefinedName(facts["name"])
        case "SystemExit" | "Exit":
            return SessionExit(facts.get("code", message))
        case "Failed" if message.endswith("not found in `markers` configuration option"):
            return UnknownMarker(message.split("'")[1])
        case _ if "text" in facts:
            return SyntaxFailure(facts["path"], facts["line"], facts["column"], facts["text"])
        case _:
            return OtherFailure()
