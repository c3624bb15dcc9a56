"""The processes of a run: spawned, spoken to over a socket each, listened to, and ended with all that they started."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from muster.adapters.child_death import signal_name
from muster.adapters.observed_pytest import take_apart
from muster.adapters.process_tree import Process, adopt_orphans, descendants, die_with_parent, end_all, marked
from muster.errors import UsageError
from muster.model.run import CONTROLLER, Event, Gone, Printed, Told

GUEST = Path(__file__).parent.parent / "guest"
WORKER_TEXTS = (
    "channel.py",
    "worker_words.py",
    "worker_guise.py",
    "worker_session.py",
    "worker_survey.py",
    "worker.py",
)
CONTROLLER_TEXTS = (*WORKER_TEXTS, "controller.py")
OUTPUT_LIMIT_BYTES = 64 << 10
WORDS_LIMIT = 4_000
ABORT_S = 1.0
"""How long a child that is told to abort has for printing where it stands."""
CENSUS_S = 1.0
LISTENING_S = 0.05
GRACE_S = 0.4
_LENGTHS = struct.Struct(">II")
_MARK = "MUSTER_RUN"

# The guest's text comes as the first message, so that no command line holds it. The search path and the arguments are
# those of the plain command before anything is imported.
_BOOTSTRAP = """\
import sys
if sys.path[:1] == ['']: sys.path[0] = {entry!r}
sys.argv[0] = {script!r}
import os
def read(size):
    data = b''
    while len(data) < size:
        chunk = os.read({descriptor}, size - len(data))
        if not chunk: sys.exit(0)
        data += chunk
    return data
text = read(int.from_bytes(read(8), 'big'))
exec(compile(text, '<muster>', 'exec'), {{'__name__': 'muster_guest', '__builtins__': __builtins__}})
"""


@dataclass(slots=True)
class Child:
    """One process with what has come from it and what waits to be sent to it."""

    name: str
    process: subprocess.Popen[bytes]
    wire: socket.socket
    received: bytearray = field(default_factory=bytearray)
    unsent: bytearray = field(default_factory=bytearray)
    output: bytearray = field(default_factory=bytearray)
    captures: list[int] = field(default_factory=list)
    pidfd: int = -1
    is_closed: bool = False
    kill_at: float | None = None
    size: int = 0


class PytestCrew:
    """`ports.Crew` over real processes. One object is one run; `close` it, whatever happened."""

    def __init__(
        self,
        interpreter: str,
        argv: Sequence[str],
        cwd: str,
        environ: Mapping[str, str],
        *,
        workers: int,
    ) -> None:
        self._interpreter, self._argv, self._cwd, self._environ = interpreter, argv, cwd, environ
        self._workers = workers
        self._run = uuid.uuid4().hex
        self._children: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._seen: set[Process] = set()
        self._census_at = time.monotonic() + CENSUS_S
        adopt_orphans()

    def start_controller(self, arguments: Sequence[str]) -> None:
        """Start the controller, `arguments` before those of the command."""
        spec = {"workers": self._workers, "run": self._run}
        self._start(CONTROLLER, CONTROLLER_TEXTS, "oversee", spec, arguments, {})

    def start_worker(self, name: str) -> None:
        """Start one worker."""
        variables = {
            "PYTEST_XDIST_TESTRUNUID": self._run,
            "PYTEST_XDIST_WORKER": name,
            "PYTEST_XDIST_WORKER_COUNT": str(self._workers),
        }
        self._start(name, WORKER_TEXTS, "start", {"workers": self._workers}, (), variables)

    def send(self, name: str, header: Mapping[str, object], body: bytes = b"") -> None:
        """Give a child a frame; nothing happens where it is gone."""
        child = self._children.get(name)
        if child is None or child.is_closed:
            return
        head = json.dumps(header).encode("ascii")
        child.unsent += _LENGTHS.pack(len(head), len(body)) + head + body
        self._flush(child)

    def events(self, timeout_s: float) -> Sequence[Event]:
        """What happened since, waiting at most `timeout_s` for something to happen."""
        found: list[Event] = []
        for key, ready in self._selector.select(timeout_s):
            child, kind = key.data
            if kind == "wire" and ready & selectors.EVENT_WRITE:
                self._flush(child)
            if kind == "wire" and ready & selectors.EVENT_READ:
                found += self._receive(child)
            elif kind == "output":
                found += self._read_output(child)
        for child in list(self._children.values()):
            if child.process.poll() is not None:
                found += self._bury(child)
            elif child.kill_at is not None and time.monotonic() > child.kill_at:
                self._kill(child)
        self._take_census()
        return found

    @contextlib.contextmanager
    def listening(self, step: Callable[[Sequence[Event]], None]) -> Iterator[None]:
        """Within it, `step` is given what happens (or nothing), several times a second, by a thread of its own."""
        is_over = threading.Event()
        failures: list[BaseException] = []

        def listen() -> None:
            try:
                while not is_over.is_set():
                    step(self.events(LISTENING_S))
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
        if failures:
            raise failures[0]

    def dismiss(self, name: str) -> None:
        """Ask a worker to end as Ctrl-C does, and end it where it does not within a moment."""
        self._end(name, signal.SIGINT)

    def abort(self, name: str) -> None:
        """End a child that hangs: SIGABRT lets pytest's faulthandler print all stacks first."""
        self._end(name, signal.SIGABRT)

    def _end(self, name: str, number: int) -> None:
        child = self._children.get(name)
        if child is not None and child.kill_at is None:
            _send_signal(child.process, number)
            child.kill_at = time.monotonic() + ABORT_S

    def interrupt(self) -> None:
        """Ask all workers to end as Ctrl-C does."""
        for name, child in self._children.items():
            if name != CONTROLLER:
                _send_signal(child.process, signal.SIGINT)

    def close(self) -> None:
        """End every child and all that they started."""
        own = {child.process.pid for child in self._children.values()}
        self._seen |= descendants(own) | marked(f"{_MARK}={self._run}")
        groups = [child.process for child in self._children.values()]
        end_all(self._seen, GRACE_S)
        for process in groups:
            _kill_group(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2.0)
        for child in list(self._children.values()):
            self._forget(child)
        self._selector.close()

    # Starting.

    def _start(
        self,
        name: str,
        scripts: Sequence[str],
        entry: str,
        spec: Mapping[str, object],
        arguments: Sequence[str],
        variables: Mapping[str, str],
    ) -> None:
        ours, theirs = socket.socketpair()
        flags, own_arguments, as_module = take_apart(self._argv)
        script = os.path.join(os.path.dirname(self._interpreter), "pytest")
        folder = os.path.realpath(self._cwd) if as_module else os.path.dirname(os.path.realpath(script))
        bootstrap = _BOOTSTRAP.format(entry=folder, script=script, descriptor=theirs.fileno())
        environ = {**self._environ, **variables, _MARK: self._run}
        try:
            process = subprocess.Popen(
                [self._interpreter, *flags, "-c", bootstrap, *arguments, *own_arguments],
                cwd=self._cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        except OSError as error:
            ours.close()
            raise UsageError(f"'{self._interpreter}' cannot be started: {error.strerror}") from error
        finally:
            descriptor = theirs.fileno()
            theirs.close()
        child = Child(name, process, ours)
        self._children[name] = child
        self._watch(child)
        text = self._text(scripts, entry, {**spec, "descriptor": descriptor})
        child.unsent += len(text).to_bytes(8, "big") + text
        self._flush(child)

    def _text(self, scripts: Sequence[str], entry: str, spec: Mapping[str, object]) -> bytes:
        parts = [(GUEST / script).read_text(encoding="ascii") for script in scripts]
        return "\n".join([*parts, f"{entry}({dict(spec)!a})"]).encode("ascii")

    def _watch(self, child: Child) -> None:
        assert child.process.stdout is not None
        child.wire.setblocking(False)
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.wire, selectors.EVENT_READ, (child, "wire"))
        self._selector.register(child.process.stdout, selectors.EVENT_READ, (child, "output"))
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                child.pidfd = os.pidfd_open(child.process.pid)
                self._selector.register(child.pidfd, selectors.EVENT_READ, (child, "end"))

    # Talking.

    def _flush(self, child: Child) -> None:
        try:
            while child.unsent:
                del child.unsent[: child.wire.send(child.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            child.unsent.clear()
        if not child.is_closed:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if child.unsent else 0)
            if self._selector.get_key(child.wire).events != wanted:
                self._selector.modify(child.wire, wanted, (child, "wire"))

    def _receive(self, child: Child) -> list[Event]:
        while not child.is_closed:
            try:
                chunk, descriptors, _, _ = socket.recv_fds(child.wire, 1 << 20, 4)
            except BlockingIOError:
                break
            except OSError:
                chunk, descriptors = b"", []
            child.captures += descriptors
            child.received += chunk
            if not chunk:
                # Whoever closed our wire can tell us nothing any more: it gets a moment to end by itself.
                child.is_closed = True
                self._selector.unregister(child.wire)
                child.kill_at = child.kill_at or time.monotonic() + 2 * ABORT_S
        return self._frames(child)

    def _frames(self, child: Child) -> list[Event]:
        found: list[Event] = []
        start, data = 0, child.received
        while len(data) - start >= _LENGTHS.size:
            head_length, body_length = _LENGTHS.unpack_from(data, start)
            head = start + _LENGTHS.size
            body = head + head_length
            end = body + body_length
            if len(data) < end:
                break
            header = json.loads(bytes(data[head:body]))
            if header.get("kind") != "lent":
                found.append(Told(child.name, header, bytes(data[body:end])))
            start = end
        del data[:start]
        return found

    def _read_output(self, child: Child) -> list[Event]:
        assert child.process.stdout is not None
        found: list[Event] = []
        while True:
            try:
                chunk = os.read(child.process.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                break
            except (OSError, ValueError):
                chunk = b""
            if not chunk:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(child.process.stdout)
                break
            if child.name == CONTROLLER:
                found.append(Printed(chunk))
            child.output += chunk
            del child.output[:-OUTPUT_LIMIT_BYTES]
        return found

    # Ending.

    def _bury(self, child: Child) -> list[Event]:
        """The last that a dead child has said, and its end."""
        found = [*self._receive(child), *self._read_output(child)]
        self._seen |= marked(f"{_MARK}={self._run}")
        words = _last_words(child)
        self._forget(child)
        # What it started in its own group ends with it: nothing of it may disturb the tests that follow.
        _kill_group(child.process)
        code = child.process.returncode
        found.append(Gone(child.name, code, _described_end(code), words))
        return found

    def _forget(self, child: Child) -> None:
        self._children.pop(child.name, None)
        for watched in (child.wire, child.process.stdout, child.pidfd):
            if watched is not None and watched != -1:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(watched)
        child.wire.close()
        if child.process.stdout is not None:
            child.process.stdout.close()
        for descriptor in (*child.captures, child.pidfd):
            if descriptor != -1:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _kill(self, child: Child) -> None:
        self._seen |= descendants({child.process.pid})
        _kill_group(child.process)

    def _take_census(self) -> None:
        """Remember who descends from our children while that can be seen: one that detaches itself is known then."""
        now = time.monotonic()
        if now < self._census_at:
            return
        self._seen |= descendants({child.process.pid for child in self._children.values()})
        self._census_at = time.monotonic() + max(CENSUS_S, 50 * (time.monotonic() - now))


def _last_words(child: Child) -> str:
    """The end of what a child printed, and of what pytest had captured of the test that was running."""
    parts = [bytes(child.output)]
    for descriptor in child.captures:
        with contextlib.suppress(OSError):
            size = os.fstat(descriptor).st_size
            parts.append(os.pread(descriptor, WORDS_LIMIT, max(0, size - WORDS_LIMIT)))
    texts = [part.decode("utf-8", "replace").strip()[-WORDS_LIMIT:] for part in parts]
    return "\n".join(text for text in texts if text)


def _described_end(code: int) -> str:
    if code < 0:
        return f"was killed by {signal_name(-code)}"
    return f"ended with code {code}"


def _send_signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        process.send_signal(number)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
