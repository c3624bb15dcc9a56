"""`ports.Parser`: facts from bytes, in this process, in children of it, or in the examined project's interpreter.

Whose verdict counts is the target's. Where it shares our minor version, that is our own `ast.parse` and compiler; else
the target itself is asked. Many files are skimmed in children while ruff looks for the errors that skimming cannot see;
each file that either doubts is then judged in full, so every record that leaves here is final.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import msgspec

import muster
from muster.adapters.child_death import ChildLost
from muster.adapters.parse_worker import Job, decode_records, do_job, encode_job, parse_full
from muster.facts.module_facts import FunctionBodies, ModuleFacts, decode_facts, encode_bodies, encode_facts
from muster.facts.parse import parse_bodies, undecided_facts
from muster.facts.roomy_stack import on_roomy_stack

SIZE_LIMIT_BYTES = 5 * 2**20
GUARDED_SIZE_BYTES = 2**18
CPU_LIMIT_S = 5.0
CPU_LIMIT_S_PER_MIB = 5.0
NOT_WORTH_SKIMMING_BYTES = 2**16
FEW_FILES = 48
FEW_BYTES = 2**20
BATCH_BYTES = 2**18

_HEAPED = tuple(each * 60 for each in (b"(", b"[", b"{", b"~", b"not ", b"lambda: ", b"await "))
_HEAPED_SIGNS = re.compile(rb"^[^#\n\"']*[-+]{60}", re.MULTILINE)
"""Prefixes heaped up as no person writes them: parsed where the parser's stack may overflow without harm."""

if TYPE_CHECKING:
    from muster.adapters.piped_child import PipedChild
    from muster.adapters.target_parser import TargetParser

T = TypeVar("T")

_HOST = (sys.version_info.major, sys.version_info.minor)
_WORKER = "import sys; sys.path[:0] = {paths!r}; from muster.adapters.parse_worker import serve; serve()"


class SourceParser:
    """`ports.Parser` for files of one target version. `interpreter` is None where the target may not be started."""

    def __init__(self, target: tuple[int, int], *, interpreter: str | None = None, processes: int = 2) -> None:
        self._target = target
        self._processes = max(1, min(processes, os.cpu_count() or 1))
        self._own_grammar = target == _HOST
        self._asked = None if interpreter is None or self._own_grammar else _target_parser(interpreter, target)
        self._workers: list[PipedChild] = []

    def parse(self, path: str, source: bytes) -> bytes:
        """The encoded `ModuleFacts` of one file, judged in full."""
        return _on_fresh_stack(lambda: encode_facts(self._judge(path, source)))

    def parse_bodies(self, path: str, source: bytes) -> bytes:
        """The encoded `FunctionBodies` of one file; none where it does not parse or could not be judged."""
        if len(source) > SIZE_LIMIT_BYTES:
            return encode_bodies(FunctionBodies({}))
        if self._asked is not None and (asked := self._asked.parse_bodies(path, source)) is not None:
            return encode_bodies(asked)
        if not _is_risky(source):
            return _on_fresh_stack(lambda: encode_bodies(parse_bodies(source, self._target)))
        record = self._ask_worker(self._worker(0), "bodies", [(path, source)])[0]
        return record or encode_bodies(FunctionBodies({}))

    def parse_many(self, sources: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """The encoded `ModuleFacts` of many files, in the order given."""
        small = {number: source for number, (_, source) in enumerate(sources) if len(source) <= SIZE_LIMIT_BYTES}
        if len(small) <= 2 or sum(map(len, small.values())) <= NOT_WORTH_SKIMMING_BYTES:
            return [self.parse(path, source) for path, source in sources]
        from muster.adapters.ruff import RuffRun  # It brings `subprocess`, and a warm run parses nothing.

        with RuffRun(small, self._target) as ruff:
            records = self._skim(sources, small)
            flagged = ruff.flagged()
        doubted = [
            number for number in range(len(sources)) if flagged is None or number in flagged or number not in records
        ]
        records.update(self._judge_many(sources, doubted))
        return [records[number] for number in range(len(sources))]

    def close(self) -> None:
        """End all children."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        if self._asked is not None:
            self._asked.close()

    def __enter__(self) -> SourceParser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Many files.

    def _skim(self, sources: Sequence[tuple[str, bytes]], small: dict[int, bytes]) -> dict[int, bytes]:
        """The records of the files among `small` that could be skimmed without a doubt."""
        found = self._in_workers("skim", sources, list(small))
        return {number: record for number, record in found.items() if record is not None}

    def _judge_many(self, sources: Sequence[tuple[str, bytes]], numbers: list[int]) -> dict[int, bytes]:
        plain = [number for number in numbers if self._own_grammar and not _is_risky(sources[number][1])]
        found = self._in_workers("full", sources, plain)
        records = {number: record for number, record in found.items() if record is not None}
        for number in numbers:
            if number not in records:
                records[number] = self.parse(*sources[number])
        return records

    def _in_workers(
        self, kind: str, sources: Sequence[tuple[str, bytes]], numbers: list[int]
    ) -> dict[int, bytes | None]:
        """Answers by number; of few files, those that may overflow the parser's stack are left out."""
        total = sum(len(sources[number][1]) for number in numbers)
        if len(numbers) <= FEW_FILES and total <= FEW_BYTES:
            safe = [number for number in numbers if not _is_risky(sources[number][1])]
            job = Job(kind, self._target, [sources[number] for number in safe])
            return dict(zip(safe, _on_fresh_stack(lambda: do_job(job)), strict=True))
        from concurrent.futures import ThreadPoolExecutor  # It brings logging, and a warm run parses nothing.

        batches = deque(_batches(sources, numbers))
        found: dict[int, bytes | None] = {}

        def work(place: int) -> None:
            worker = self._worker(place)
            while True:
                try:
                    batch = batches.popleft()
                except IndexError:
                    return
                records = self._ask_worker(worker, kind, [sources[number] for number in batch])
                found.update(zip(batch, records, strict=True))

        self._worker(self._processes - 1)
        with ThreadPoolExecutor(self._processes) as threads:
            for done in [threads.submit(work, place) for place in range(self._processes)]:
                done.result()
        return found

    def _worker(self, place: int) -> PipedChild:
        from muster.adapters.piped_child import PipedChild

        while len(self._workers) <= place:
            self._workers.append(PipedChild(_worker_command()))
        return self._workers[place]

    def _ask_worker(self, worker: PipedChild, kind: str, files: list[tuple[str, bytes]]) -> list[bytes | None]:
        """The records of `files`; one that the worker is lost over is undecided, the others are still answered."""
        try:
            limit_s = CPU_LIMIT_S + CPU_LIMIT_S_PER_MIB * sum(len(source) for _, source in files) / 2**20
            return decode_records(worker.ask(encode_job(Job(kind, self._target, files, limit_s)), limit_s))
        except (ChildLost, msgspec.DecodeError) as exc:
            if len(files) > 1:
                return [record for each in files for record in self._ask_worker(worker, kind, [each])]
            if kind == "bodies":
                return [encode_bodies(FunctionBodies({}))]
            return [encode_facts(undecided_facts(files[0][1], str(exc)))]

    # One file.

    def _judge(self, path: str, source: bytes) -> ModuleFacts:
        """The facts of a file by a full parse of the target, or the reason why there can be none."""
        if len(source) > SIZE_LIMIT_BYTES:
            return undecided_facts(source, f"the file is larger than {SIZE_LIMIT_BYTES // 2**20} MiB")
        if self._own_grammar:
            return self._judge_here(path, source)
        if self._asked is not None:
            return self._asked.parse(path, source)
        return self._judge_unasked(path, source)

    def _judge_here(self, path: str, source: bytes) -> ModuleFacts:
        if not _is_risky(source):
            return parse_full(path, source, self._target)
        record = self._ask_worker(self._worker(0), "full", [(path, source)])[0]
        return decode_facts(record) if record else undecided_facts(source, "the parser gave no answer")

    def _judge_unasked(self, path: str, source: bytes) -> ModuleFacts:
        """What can be said without the target, whose grammar may hold more or less than ours, in other words."""
        facts = self._judge_here(path, source)
        if facts.undecided:
            return facts
        if facts.problem is not None:
            # A newer Python takes nearly all that an older one takes: what it refuses, the older target refuses too.
            return facts if self._target < _HOST else self._undecided(source)
        from muster.adapters.ruff import RuffRun

        with RuffRun([source], self._target) as ruff:
            return facts if ruff.flagged() == frozenset() else self._undecided(source)

    def _undecided(self, source: bytes) -> ModuleFacts:
        version = ".".join(map(str, self._target))
        return undecided_facts(source, f"only Python {version} itself can say whether this file parses")


def _target_parser(interpreter: str, target: tuple[int, int]) -> TargetParser:
    from muster.adapters.target_parser import TargetParser

    return TargetParser(interpreter, target)


def _is_risky(source: bytes) -> bool:
    """Whether parsing `source` may take very long or overflow the parser's stack."""
    if len(source) > GUARDED_SIZE_BYTES or any(each in source for each in _HEAPED):
        return True
    # Lines of dashes are common, but in comments and docstrings.
    return (b"-" * 60 in source or b"+" * 60 in source) and _HEAPED_SIGNS.search(source) is not None


def _on_fresh_stack(work: Callable[[], T]) -> T:
    """What `work` returns, done without garbage collection and near the bottom of a stack.

    How deep a source may nest before CPython raises RecursionError depends on how deep its caller stands, and a
    simulation can stand deep. Trees are large, short-lived and free of cycles: collecting them takes a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return _in_thread(work) if _stands_deep() else work()
    finally:
        if was_on:
            gc.enable()


def _stands_deep() -> bool:
    # Pytest itself stands some eighty frames deep when it parses.
    try:
        sys._getframe(100)
    except ValueError:
        return False
    return True


def _in_thread(work: Callable[[], T]) -> T:
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(on_roomy_stack(work))
        except BaseException as exc:
            failures.append(exc)

    # Threads have half a megabyte of stack on macOS, where a parser of C needs more.
    previous = threading.stack_size(16 * 2**20)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(previous)
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def _batches(sources: Sequence[tuple[str, bytes]], numbers: list[int]) -> Iterator[list[int]]:
    """`numbers` in batches of about `BATCH_BYTES`, so that the last ones end at about the same time."""
    batch: list[int] = []
    size = 0
    for number in numbers:
        batch.append(number)
        size += len(sources[number][1]) + 2_000
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _worker_command() -> list[str]:
    # Isolated and without site: only Muster and msgspec are on the path, and no `.pth` file of ours runs.
    paths = [str(Path(module.__file__ or "").resolve().parent.parent) for module in (muster, msgspec)]
    return [sys.executable, "-I", "-S", "-B", "-c", _WORKER.format(paths=list(dict.fromkeys(paths)))]
