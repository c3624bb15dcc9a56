"""A child process that answers framed questions over its pipes, and that can be lost without losing us."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence

from muster.adapters.child_death import ChildLost

LENGTH_BYTES = 8
PATIENCE = 20
"""Seconds on the clock for each second of processor time that a child may take."""


class PipedChild:
    """One child process. A frame is its length in 8 bytes, big-endian, and then its bytes.

    The child is started by the first question, in an empty folder and with an empty environment, and again after it was
    lost. It reads questions from standard input and answers on standard output, one frame each. It ends with this
    object, if not closed before.
    """

    def __init__(self, argv: Sequence[str], *, greeting: bytes | None = None) -> None:
        self._argv = list(argv)
        self._greeting = greeting
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Callable[[], object] | None = None

    def ask(self, question: bytes, cpu_limit_s: float) -> bytes:
        """The child's answer. Raises `ChildLost`, after which the next question starts a new child.

        The child is expected to hold itself to `cpu_limit_s` (by `ITIMER_PROF`, whose signal ends it): seconds on the
        clock would make the verdict depend on what else the machine does. They only bound a child that hangs.
        """
        deadline = time.monotonic() + PATIENCE * cpu_limit_s
        try:
            process = self._process or self._start(deadline)
            self._write(process, question, deadline)
            return self._read(process, deadline)
        except OSError as exc:
            self.close()
            raise ChildLost(f"cannot talk to {self._argv[0]}: {exc.strerror or exc}") from exc
        except ChildLost:
            self.close()
            raise

    def close(self) -> None:
        """End the child, if there is one."""
        end, self._end, self._process = self._end, None, None
        if end is not None:
            end()

    def _start(self, deadline: float) -> subprocess.Popen[bytes]:
        folder = tempfile.mkdtemp(prefix="muster-")
        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                bufsize=0,
            )
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._process = process
        self._end = weakref.finalize(self, _end, process, folder)
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        if self._greeting is not None:
            self._write(process, self._greeting, deadline)
        return process

    def _write(self, process: subprocess.Popen[bytes], payload: bytes, deadline: float) -> None:
        assert process.stdin is not None
        pending = memoryview(len(payload).to_bytes(LENGTH_BYTES, "big") + payload)
        while pending:
            try:
                pending = pending[os.write(process.stdin.fileno(), pending) :]
            except BlockingIOError:
                self._wait(process.stdin.fileno(), select.POLLOUT, deadline)

    def _read(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None
        size = int.from_bytes(self._read_exactly(process, LENGTH_BYTES, deadline), "big")
        return self._read_exactly(process, size, deadline)

    def _read_exactly(self, process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        assert process.stdout is not None
        chunks: list[bytes] = []
        while size:
            self._wait(process.stdout.fileno(), select.POLLIN, deadline)
            chunk = os.read(process.stdout.fileno(), min(size, 1 << 20))
            if not chunk:
                raise ChildLost(_describe_end(process))
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        ready = select.poll()
        ready.register(descriptor, event)
        if not ready.poll(1000 * max(0.0, deadline - time.monotonic())):
            raise ChildLost("the parser did not finish in time")


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _describe_end(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "the parser closed its output"
    if code == -signal.SIGPROF:
        return "the parser did not finish in time"
    return f"the parser was ended by signal {-code}" if code < 0 else f"the parser ended with exit code {code}"
