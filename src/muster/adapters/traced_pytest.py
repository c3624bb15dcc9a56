"""Real pytest in a child process, traced: what each import costs and changes. It runs the project's code."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from muster.adapters.observed_pytest import (
    GUEST,
    collection_of,
    observed_command,
    read_record,
    restriction,
    run_observed,
)
from muster.adapters.watched_child import GrowthWatch
from muster.model.collection import Frame
from muster.model.observation import EVERYTHING, Part
from muster.model.trace import Change, ImportStatement, ImportTiming, Origin, TimedStep, TracedSession

TRACER = GUEST / "tracer.py"
STATEMENTS = GUEST / "statements.py"
PROFILER = GUEST / "profiler.py"
_SIGNED = frozenset(("path", "module", "meta_path", "environ", "filters"))


@dataclass(frozen=True, slots=True)
class TracedProcess:
    """`ports.TracedPytest`: each session is a child of its own; several at once where several are asked for.

    A child that tells of nothing new for `file_timeout_s` while it collects a file is killed. A `profiled` session tells
    its import statements and pytest's own slow steps too.
    """

    interpreter: str
    environ: Mapping[str, str]
    timeout_s: float = 1800.0
    file_timeout_s: float = 120.0
    children: int = 2
    profiled: bool = False

    def probe(self, argv: Sequence[str], cwd: str, part: Part = EVERYTHING) -> TracedSession:
        """What `argv` collects of `part` in `cwd`, what that changes, and what it costs."""
        with tempfile.TemporaryDirectory(prefix="muster-traced-") as folder:
            record = os.path.join(folder, "record.jsonl")
            more, before = restriction(folder, part)
            more = f"{more}\n{TRACER.read_text(encoding='utf-8')}"
            start = f"trace({record!r}, {time.time()!r})"
            # A profile is of seconds, which looking for statements would spoil.
            also, name = (PROFILER, "profile") if self.profiled else (STATEMENTS, "watch_statements")
            more = f"{more}\n{also.read_text(encoding='utf-8')}"
            start = f"{name}({start})"
            before = f"{before}\n{start}"
            command = observed_command(self.interpreter, argv, cwd, record, more=more, before=before)
            watch = GrowthWatch(record, self.file_timeout_s)
            started = time.monotonic()
            output = os.path.join(folder, "output")
            code, printed = run_observed(command, cwd, self.environ, output, self.timeout_s, watch.is_stuck)
            seconds = time.monotonic() - started
            events = list(read_record(record))
        return observation_of(events, code, seconds, printed)

    def probe_each(self, argv: Sequence[str], cwd: str, parts: Sequence[Part]) -> list[TracedSession]:
        """One session for each of `parts`; in their order."""
        with ThreadPoolExecutor(self.children) as pool:
            return list(pool.map(lambda part: self.probe(argv, cwd, part), parts))


def observation_of(
    events: Sequence[Mapping[str, Any]], exit_code: int | None, seconds: float, output: str
) -> TracedSession:
    """What a record of a traced session tells; arguments as for `collection_of`."""
    changes: list[Change] = []
    imports: list[ImportTiming] = []
    files: dict[str, float] = {}
    moments: dict[str, float] = {}
    threads: tuple[str, ...] = ()
    statements: list[ImportStatement] = []
    steps: list[TimedStep] = []
    starts: dict[str, float] = {}
    origins: dict[str, tuple[Origin, ...]] = {}
    for event in events:
        match event["event"]:
            case "change":
                changes.append(_change(event))
            case "imports":
                imports.extend(map(_timing, event["rows"]))
            case "timed":
                files[event["path"]] = files.get(event["path"], 0.0) + event["seconds"]
                starts.setdefault(event["path"], event["at"])
            case "moment":
                moments[event["name"]] = event["at"]
            case "threads":
                threads = tuple(event["names"])
            case "statements":
                statements.extend(map(_statement, event["rows"]))
            case "spans":
                steps.extend(TimedStep(*row) for row in event["rows"])
            case "report" if event["exception"]:
                origins[event["nodeid"]] = tuple(map(_origin, event["exception"]["chain"]))
            case _:
                continue
    moments["end"] = seconds
    collection = collection_of(events, exit_code, seconds, output)
    return TracedSession(
        collection,
        tuple(changes),
        tuple(imports),
        files,
        moments,
        threads,
        statements=tuple(statements),
        steps=tuple(steps),
        file_starts=starts,
        origins=origins,
    )


def _change(event: Mapping[str, Any]) -> Change:
    sign, value = ("", event["value"])
    if event["kind"] in _SIGNED:
        sign, value = value[:1], value[1:]
    if event["kind"] == "path":
        value = value.partition(" ")[2]
    frames = tuple(Frame(path, line) for path, line in event["frames"])
    return Change(event["kind"], sign, value, frames, event["during"], event["at"], event["exact"])


def _origin(row: Sequence[Any]) -> Origin:
    relation, kind, message, frames = row
    return Origin(relation, kind, message, tuple(Frame(path, line) for path, line in frames))


def _timing(row: Sequence[Any]) -> ImportTiming:
    name, file, asker, line, *rest = row
    return ImportTiming(name, file, Frame(asker, line), *rest)


def _statement(row: Sequence[Any]) -> ImportStatement:
    importer, file, package, line, at_module_level, name, level, names = row
    return ImportStatement(importer, file, package, line, at_module_level, name, level, tuple(names))
