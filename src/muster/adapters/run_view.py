"""A run as it is watched: one live line on a terminal, plain lines from time to time elsewhere."""

from __future__ import annotations

import time
from typing import TextIO

from muster.model.run import Fate, ItemResult

QUIET_S = 10.0
"""Between two plain lines; a terminal's line is redrawn ten times a second."""
REDRAW_S = 0.1
_FAILING = frozenset((Fate.FAILED, Fate.ERROR, Fate.CRASHED, Fate.TIMED_OUT))


class StreamView:
    """`ports.RunView` on a text stream; `width` is that of a terminal, 0 for everything else."""

    def __init__(self, stream: TextIO, width: int = 0) -> None:
        self._stream, self._width = stream, width
        self._tests = self._done = self._failing = self._workers = 0
        self._started = self._shown = time.monotonic()
        self._is_live = self._has_line = False
        self._failures: list[str] = []

    def begin(self, tests: int, files: int, workers: int) -> None:
        """Tests are about to run."""
        self._tests, self._workers = tests, workers
        self._started = self._shown = time.monotonic()
        self._is_live = True
        self._draw()

    def expect(self, tests: int) -> None:
        """There will be this many tests."""
        self._tests = tests

    def test_done(self, result: ItemResult) -> None:
        """One test has its fate."""
        self._done += 1
        if result.fate in _FAILING:
            self._failing += 1
            self.say(f"{result.fate.value.upper()} {_plain(result.nodeid)}")

    def say(self, text: str) -> None:
        """Show one or more whole lines."""
        if not text:
            return
        self._clear()
        self._stream.write(_plain(text, keep="\n").rstrip("\n") + "\n")
        self._stream.flush()
        self._draw()

    def pass_on(self, output: bytes) -> None:
        """Show what pytest itself printed."""
        self._clear()
        self._stream.write(output.decode("utf-8", "replace"))
        self._stream.flush()

    def tick(self) -> None:
        """Time has passed."""
        now = time.monotonic()
        if not self._is_live or now - self._shown < (REDRAW_S if self._width else QUIET_S):
            return
        self._shown = now
        if self._width:
            self._draw()
        else:
            self._stream.write(self._progress() + "\n")
            self._stream.flush()

    def end(self) -> None:
        """All tests have their fate."""
        self._clear()
        self._is_live = False

    def _draw(self) -> None:
        if self._width and self._is_live:
            self._stream.write("\r\x1b[2K" + self._progress()[: self._width - 1])
            self._stream.flush()
            self._has_line = True

    def _clear(self) -> None:
        if self._has_line:
            self._stream.write("\r\x1b[2K")
            self._has_line = False

    def _progress(self) -> str:
        elapsed = time.monotonic() - self._started
        words = [f"{self._done}/{max(self._tests, self._done)} tests"]
        if self._failing:
            words.append(f"{self._failing} failing")
        words.append(f"{elapsed:.0f} s")
        if self._done and self._tests > self._done and elapsed > 2:
            words.append(f"about {elapsed * (self._tests - self._done) / self._done:.0f} s left")
        return "  " + "   ".join(words)


def _plain(text: str, keep: str = "") -> str:
    """`text` without characters that would steer the terminal; names of tests are the examined project's."""
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode() for char in text
    )
