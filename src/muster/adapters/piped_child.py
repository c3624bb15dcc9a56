"""A child process that answers framed questions over its pipes, and that can be lost without losing us."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Sequence

LENGTH_BYTES = 8


class ChildLost(Exception):
    """The child ended, or did not answer in time and was killed; the text says which."""


class PipedChild:
    """One child process. A frame is its length in 8 bytes, big-endian, and then its bytes.

    The child is started by the first question, in an empty folder and with an empty environment, and again after it was
    lost. It reads questions from standard input and answers on standard output, one frame each.
    """

    def __init__(self, argv: Sequence[str], *, greeting: bytes | None = None) -> None:
        self._argv = list(argv)
        self._greeting = greeting
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def ask(self, question: bytes, timeout_s: float) -> bytes:
        """The child's answer. Raises `ChildLost`, after which the next question starts a new child."""
        deadline = time.monotonic() + timeout_s
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
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _start(self, deadline: float) -> subprocess.Popen[bytes]:
        self._folder = tempfile.TemporaryDirectory(prefix="muster-")
        self._process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            bufsize=0,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        if self._greeting is not None:
            self._write(self._process, self._greeting, deadline)
        return self._process

    def _write(self, process: subprocess.Popen[bytes], payload: bytes, deadline: float) -> None:
        assert process.stdin is not None
        pending = memoryview(len(payload).to_bytes(LENGTH_BYTES, "big") + payload)
        while pending:
            self._wait(process.stdin.fileno(), selectors.EVENT_WRITE, deadline)
            try:
                pending = pending[os.write(process.stdin.fileno(), pending[:65536]) :]
            except BlockingIOError:  # A pipe may be writable for less than we have.
                pending = pending[os.write(process.stdin.fileno(), pending[:512]) :]

    def _read(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None
        size = int.from_bytes(self._read_exactly(process, LENGTH_BYTES, deadline), "big")
        return self._read_exactly(process, size, deadline)

    def _read_exactly(self, process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        assert process.stdout is not None
        chunks: list[bytes] = []
        while size:
            self._wait(process.stdout.fileno(), selectors.EVENT_READ, deadline)
            chunk = os.read(process.stdout.fileno(), min(size, 1 << 20))
            if not chunk:
                raise ChildLost(f"the parser's process ended ({_describe_end(process)})")
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise ChildLost("the parser did not finish in time")


def _describe_end(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        return "its output was closed"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
