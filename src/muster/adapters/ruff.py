"""Which files the `ruff` binary has syntax doubts about: in seconds for a whole tree, function bodies included.

Ruff only detects: what CPython says of a flagged file is CPython's to say. It sees copies under numbered names in a
folder of our own, so no file name, configuration, `noqa` comment or symlink of the examined tree bears on it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

SYNTAX_RULES = "F404,F406,F407,F621,F622,F633,F701,F702,F704,F706,F707,PLE0115,PLE0116,PLE0117,PLE0118,PLE1142"
"""Rules for what CPython's compiler refuses after a clean parse; syntax errors themselves are always reported."""

_MEMORY_FOLDER = "/dev/shm"
_SPARE_BYTES = 2**24

KNOWN_TARGETS = range(7, 15)
_FLAGGED = re.compile(rb"^(?:[^\n:]*[/\\])?(\d+)\.py:\d+:\d+:", re.MULTILINE)


class RuffRun:
    """One run over many sources, begun at once and awaited by `flagged`. Use as a context manager."""

    def __init__(self, sources: Mapping[int, bytes] | Sequence[bytes], target: tuple[int, int]) -> None:
        numbered = sources if isinstance(sources, Mapping) else dict(enumerate(sources))
        size_bytes = sum(map(len, numbered.values()))
        self._folder = tempfile.TemporaryDirectory(prefix="muster-", dir=_folder_in_memory(size_bytes))
        self._process: subprocess.Popen[bytes] | None = None
        # Ruff reads fifty megabytes a second; a file that it takes minutes for (a million quotes) is no reason to wait.
        self._timeout_s = 30.0 + size_bytes / 1e6
        binary = find_ruff()
        if binary is None:
            return
        folder = Path(self._folder.name)
        try:
            for number, source in numbered.items():
                folder.joinpath(f"{number}.py").write_bytes(source)
            self._process = self._start(binary, target)
        except OSError:
            self._process = None

    def _start(self, binary: str, target: tuple[int, int]) -> subprocess.Popen[bytes]:
        minor = min(max(target[1], KNOWN_TARGETS.start), KNOWN_TARGETS.stop - 1)
        argv = [binary, "check", "--isolated", "--no-respect-gitignore", "--no-cache", "--ignore-noqa", "--quiet"]
        argv += ["--config", "exclude = []", "--select", SYNTAX_RULES, "--target-version", f"py3{minor}"]
        return subprocess.Popen(
            [*argv, "--output-format", "concise", "."],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env={"PATH": os.defpath, "HOME": self._folder.name, "NO_COLOR": "1"},
        )

    def flagged(self) -> frozenset[int] | None:
        """The numbers of the sources in doubt, or None where ruff is not to be had or failed: then all are."""
        if self._process is None:
            return None
        try:
            output, _ = self._process.communicate(timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            return None
        # 0: nothing found, 1: something found; anything else means that some file was not looked at.
        if self._process.returncode not in (0, 1):
            return None
        return frozenset(int(match[1]) for match in _FLAGGED.finditer(output))

    def __enter__(self) -> RuffRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process.wait()
        self._folder.cleanup()


def _folder_in_memory(size_bytes: int) -> str | None:
    """A folder that no disk stands behind, where it has room to spare: writing there costs a tenth."""
    try:
        status = os.statvfs(_MEMORY_FOLDER)
    except (OSError, AttributeError):
        return None
    has_room = status.f_bavail * status.f_frsize > 4 * size_bytes + _SPARE_BYTES
    return _MEMORY_FOLDER if has_room and os.access(_MEMORY_FOLDER, os.W_OK | os.X_OK) else None


def find_ruff() -> str | None:
    """The binary of the `ruff` distribution that is installed beside Muster, never one from `PATH`."""
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]  # because ruff ships no types

        return str(find_ruff_bin())
    except (ImportError, FileNotFoundError):
        pass
    candidate = Path(sysconfig.get_path("scripts"), "ruff" + (sysconfig.get_config_var("EXE") or ""))
    return str(candidate) if candidate.is_file() else None
