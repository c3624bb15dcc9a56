"""Commands that start services, each under a keeper process that stops it with all that came of it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any

_KEEPER = Path(__file__).with_name("keeper.py")
# The command to stop (10 s at most), the grace (10 s at most) and the killing (3 s at most).
_PATIENCE_S = 25.0
_PAUSE_S = 0.1
_KEPT_BYTES = 16_384
_LAST_LINES = 5


class StartedServices:
    """Services that were started here, in the folder `cwd`. A context manager: leaving it stops them all."""

    def __init__(self, cwd: str, environ: Mapping[str, str]) -> None:
        self._cwd = cwd
        self._environ = environ
        self._kept: dict[str, _Kept] = {}

    def __enter__(self) -> StartedServices:
        return self

    def __exit__(self, type_: type[BaseException] | None, *exception: object) -> None:
        # After Ctrl-C nobody wants to wait until a database has written everything down.
        self.stop_all(patiently=type_ is None)

    def start(self, name: str, command: str, stop: str) -> str:
        """Start `command`, with `stop` to be run when all is over; returns why that is impossible, else ""."""
        try:
            words, stop_words = shlex.split(command), shlex.split(stop)
        except ValueError as error:
            return f"the command of service '{name}' cannot be read: {str(error).lower()}"
        if not words:
            return f"the command of service '{name}' is empty"
        kept = _Kept(self._cwd, self._environ)
        self._kept[name] = kept
        return kept.start(words, stop_words)

    def failure(self, name: str) -> str:
        """How the command of the service ended where that was a failure, with its last words, else ""."""
        return self._kept[name].failure()

    def last_output(self, name: str) -> str:
        """The last lines that the command printed."""
        return self._kept[name].last_output()

    def pause(self) -> None:
        """Give the services a moment."""
        time.sleep(_PAUSE_S)

    def stop_all(self, *, patiently: bool = False) -> None:
        """Stop everything, at the same time: what has not ended by itself is killed after 1.5 s, or 10 s `patiently`.

        An interruption ends the waiting, not the stopping.
        """
        for kept in self._kept.values():
            kept.order_stop(patiently=patiently)
        deadline = time.monotonic() + _PATIENCE_S
        for kept in self._kept.values():
            kept.await_stop(deadline)
        self._kept.clear()


class _Kept:
    """One command and its keeper."""

    def __init__(self, cwd: str, environ: Mapping[str, str]) -> None:
        self._cwd = cwd
        self._output = _Tail()
        self._code: int | None = None
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER)],
            cwd="/",
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._command = ""
        self._readers: list[Thread] = []

    def start(self, words: list[str], stop: list[str]) -> str:
        """Why the command cannot be started, else ""."""
        self._command = shlex.join(words)
        self._read(self._output.fill, self._keeper.stderr)
        spec = {"command": words, "stop": stop, "cwd": self._cwd}
        stdin = self._keeper.stdin
        assert stdin is not None
        stdin.write(json.dumps(spec).encode() + b"\n")
        stdin.flush()
        first = self._next_event()
        if first.get("event") == "started":
            self._read(self._follow)
            return ""
        return f"'{words[0]}' cannot be started: {first.get('reason', 'its keeper died')}"

    def failure(self) -> str:
        if not self._code:
            return ""
        how = f"ended with code {self._code}" if self._code > 0 else f"was killed by signal {-self._code}"
        output = self.last_output()
        return f"'{self._command}' {how}" + (f": {output}" if output else "")

    def last_output(self) -> str:
        return self._output.last_lines()

    def order_stop(self, *, patiently: bool) -> None:
        stdin = self._keeper.stdin
        assert stdin is not None
        try:
            if patiently:
                stdin.write(b"patience\n")
            stdin.close()
        except (BrokenPipeError, ValueError):
            return

    def await_stop(self, deadline: float) -> None:
        try:
            self._keeper.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return  # it goes on by itself: Muster does not hang on a process that cannot be killed
        for reader in self._readers:
            reader.join(1.0)
        if not any(reader.is_alive() for reader in self._readers):
            for stream in (self._keeper.stdout, self._keeper.stderr):
                if stream is not None:
                    stream.close()

    def _read(self, target: Callable[..., None], *arguments: object) -> None:
        reader = Thread(target=target, args=arguments, daemon=True)
        self._readers.append(reader)
        reader.start()

    def _follow(self) -> None:
        while event := self._next_event():
            if event["event"] == "ended":
                self._code = int(event["code"])

    def _next_event(self) -> dict[str, Any]:
        assert self._keeper.stdout is not None
        line = self._keeper.stdout.readline()
        return json.loads(line) if line else {}


class _Tail:
    """The end of a stream that is read to its end, however much comes."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._lock = Lock()

    def fill(self, stream: IO[bytes]) -> None:
        while chunk := stream.read1(4096):  # type: ignore[attr-defined]  # because IO does not promise what a pipe has
            with self._lock:
                self._chunks.append(chunk)
                self._size += len(chunk)
                while self._size - len(self._chunks[0]) >= _KEPT_BYTES:
                    self._size -= len(self._chunks.popleft())

    def last_lines(self) -> str:
        with self._lock:
            text = b"".join(self._chunks).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return " / ".join(lines[-_LAST_LINES:])
