"""Children that run the guest's text in the project's interpreter, in an empty folder, away from the examined tree."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping
from pathlib import Path

from muster.adapters.child_death import ChildDied, signal_name

GUEST = Path(__file__).parent.parent / "guest"
ANSWER_LIMIT_BYTES = 256 << 20

# `-I`: no PYTHON* variables, no working directory and no user site on the path; `-S`: no `.pth` file is executed
# (site processing is our own, in the guest); `-B`: nothing is written into the environment.
_FLAGS = ("-I", "-S", "-B")
_BOOTSTRAP = (
    "import os\n"
    "with os.fdopen({source}, encoding='ascii') as file: text = file.read()\n"
    "exec(compile(text, '<muster guest>', 'exec'), {{'__name__': '__muster_guest__', '__builtins__': __builtins__}})\n"
)
_SCRUBBED = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", "PYTHONSTARTUP", "PYTHONINSPECT")


class GuestProcess:
    """One child in its own process group, answering on a pipe of its own; of its output only stderr's end is kept."""

    def __init__(
        self,
        interpreter: str,
        scripts: tuple[str, ...],
        spec: Mapping[str, object],
        environ: Mapping[str, str],
    ) -> None:
        self._folder = tempfile.mkdtemp(prefix="muster-guest-")
        self._received = b""
        here = os.path.join(self._folder, "empty")
        os.mkdir(here)
        ini = os.path.join(self._folder, "pytest.ini")
        Path(ini).write_text("[pytest]\n")
        self._stderr = os.path.join(self._folder, "stderr")
        source_read, source_write = os.pipe()
        requests_read, self._requests = os.pipe()
        self._answers, answers_write = os.pipe()
        full_spec = {**spec, "output": answers_write, "requests": requests_read, "ini": ini}
        try:
            with open(self._stderr, "wb") as stderr:
                self._child = subprocess.Popen(
                    [interpreter, *_FLAGS, "-c", _BOOTSTRAP.format(source=source_read)],
                    cwd=here,
                    env={**{k: v for k, v in environ.items() if k not in _SCRUBBED}, "BROWSER": "true"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    pass_fds=(source_read, requests_read, answers_write),
                    start_new_session=True,
                )
        except BaseException:
            for descriptor in (source_write, self._requests, self._answers):
                os.close(descriptor)
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        finally:
            for descriptor in (source_read, requests_read, answers_write):
                os.close(descriptor)
        # However this process ends, nothing of the child stays behind.
        self._end = weakref.finalize(self, _end, self._child, (self._requests, self._answers), self._folder)
        text = f"SPEC = {full_spec!a}\n" + "".join((GUEST / name).read_text(encoding="ascii") for name in scripts)
        with contextlib.suppress(BrokenPipeError), os.fdopen(source_write, "wb") as source:
            source.write(text.encode("ascii"))

    def ask(self, line: bytes, timeout_s: float) -> bytes | ChildDied:
        """The child's answer, one line, to `line`."""
        if not self._end.alive:
            return ChildDied("it was ended before", "")
        try:
            os.write(self._requests, line + b"\n")
        except OSError:
            return self._died("it ended early")
        return self.receive(timeout_s, until=b"\n")

    def receive(self, timeout_s: float, until: bytes = b"") -> bytes | ChildDied:
        """What the child writes up to and without `until`, or all of it where `until` is empty."""
        deadline = time.monotonic() + timeout_s
        searched = 0
        while True:
            if until:
                end = self._received.find(until, searched)
                if end >= 0:
                    answer, self._received = self._received[:end], self._received[end + len(until) :]
                    return answer
                searched = len(self._received)
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return self._died(f"no answer within {timeout_s:g} s", timed_out=True)
            chunk = os.read(self._answers, 1 << 20)
            if not chunk:
                if not until and self._received:
                    return self._received
                return self._died("")
            self._received += chunk
            if len(self._received) > ANSWER_LIMIT_BYTES:
                return self._died("its answer was too long")

    def _died(self, reason: str, timed_out: bool = False) -> ChildDied:
        if not reason:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=5)
            code = self._child.returncode
            reason = (
                f"killed by {signal_name(-code)}" if code is not None and code < 0 else f"it ended with code {code}"
            )
        last_words = self.last_words()
        self.close()
        return ChildDied(reason, last_words, timed_out)

    def last_words(self) -> str:
        """The end of what the child wrote on stderr."""
        try:
            with open(self._stderr, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - 4000))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def close(self) -> None:
        """End the child with all that it started; may be called twice."""
        self._end()


def _end(child: subprocess.Popen[bytes], pipes: tuple[int, int], folder: str) -> None:
    for descriptor in pipes:
        os.close(descriptor)
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=10)
    shutil.rmtree(folder, ignore_errors=True)
