"""A git repository that may be hostile, only ever read: the one place that starts `git` on the user's repository.

git executes what a repository's configuration names: filters and fsmonitor when it compares the work tree, `gpg.program`
when `log` shows signatures, hooks, external diffs, and remote helpers when a partial clone lacks an object. So only
commands that read commits and objects are used, each with these switches and variables, and nothing compares the work tree.
"""

from __future__ import annotations

import hashlib
import os
import selectors
import subprocess
import time
from dataclasses import dataclass
from types import TracebackType

from muster.adapters.child_environment import inherited_environment

READ_ONLY = frozenset(("rev-parse", "ls-tree", "ls-files", "log", "cat-file", "merge-base"))

_SWITCHES = (
    "--no-pager", "--no-replace-objects", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}",
    "-c", "core.untrackedCache=false", "-c", "protocol.allow=never", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
)  # fmt: skip
LOG_SWITCHES = (
    "--no-show-signature", "--no-ext-diff", "--no-textconv", "--no-color", "--no-decorate", "--no-mailmap", "--no-notes",
    "--no-relative", "--ignore-submodules=all", "--encoding=UTF-8",
)  # fmt: skip

MOST_BYTES = 256 * 1024 * 1024
"""More output than this is cut off, as if the time were up."""

MOST_BLOB_BYTES = 5 * 1024 * 1024
"""As for files on the disk."""

_SHA256_LENGTH = 64


def blob_id(content: bytes, length: int) -> str:
    """The id that git gives `content`, in a repository of ids of that `length` (`git help hash-object`)."""
    name = hashlib.new("sha256" if length == _SHA256_LENGTH else "sha1", usedforsecurity=False)
    name.update(b"blob %d\0" % len(content) + content)
    return name.hexdigest()


def git_environment() -> dict[str, str]:
    """The variables for git: none of the caller's own `GIT_*`, and those that keep it from fetching, asking and locking."""
    inherited = inherited_environment()
    environ = {name: value for name, value in inherited.items() if not name.startswith(("GIT_", "SSH_ASKPASS"))}
    return environ | {
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_PAGER": "cat",
        "LC_ALL": "C",
    }


@dataclass(frozen=True, slots=True)
class Output:
    """What a command printed; `is_whole` is false where the time was up or too much came, `failure` git's last words."""

    data: bytes
    is_whole: bool
    failure: str = ""


class Repository:
    """The repository that holds `folder`, if any; `top` is its work tree's top as `folder` spells it, `head` the commit of
    `revision`. Of a bare repository `top` is the repository itself."""

    def __init__(self, folder: str, revision: str = "HEAD") -> None:
        self._folder = folder
        self.failure = ""
        self.top = ""
        self.head = ""
        self.is_shallow = False
        self._find(revision)

    def __bool__(self) -> bool:
        return bool(self.head)

    def _find(self, revision: str) -> None:
        if revision.startswith("-"):
            self.failure = f"'{revision}' is no revision"
            return
        told = self.run("rev-parse", "--is-shallow-repository", "--show-prefix", "--verify", revision + "^{commit}")
        lines = told.data.decode("utf-8", "surrogateescape").splitlines()
        if told.failure or len(lines) != 3:
            is_new = "single revision" in told.failure
            self.failure = "it has no commit yet" if is_new else told.failure or "git says nothing of it"
            return
        self.is_shallow, prefix, self.head = lines[0] == "true", lines[1].rstrip("/"), lines[2]
        self.top = self._folder.removesuffix("/" + prefix) if prefix else self._folder

    def run(self, *arguments: str, data: bytes = b"", timeout_s: float = 20.0) -> Output:
        """What `git ARGUMENTS` prints, given `data` on standard input, within the time."""
        assert arguments[0] in READ_ONLY, arguments[0]
        try:
            process = self._start(*arguments)
        except (OSError, ValueError) as error:
            return Output(b"", False, f"git cannot be started: {error}")
        with process:
            return _talk(process, data, time.monotonic() + timeout_s)

    def _start(self, *arguments: str, errors: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["git", *_SWITCHES, *arguments],
            cwd=self._folder,
            env=git_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )

    def objects(self) -> Objects:
        """A reader of its objects. Use as a context manager."""
        return Objects(self._start("cat-file", "--batch", errors=subprocess.DEVNULL))

    def paths(self, revision: str) -> list[tuple[str, str, str]]:
        """Every entry of the tree of `revision`: mode, object and path below `top`."""
        told = self.run("ls-tree", "-r", "-z", "--full-tree", revision, timeout_s=60.0)
        entries = (entry.partition(b"\t") for entry in told.data.split(b"\0") if entry)
        return [
            (meta[:6].decode("ascii"), meta.split()[2].decode("ascii"), os.fsdecode(path)) for meta, _, path in entries
        ]


class Objects:
    """Objects read one by one from one `git cat-file --batch`, in any order; those that are missing are None."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __enter__(self) -> Objects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reader."""
        self._process.kill()
        self._process.communicate()

    def read(self, name: str) -> bytes | None:
        """The content of the blob `name` (an object's name, or `REVISION:PATH` without a newline in it)."""
        if "\n" in name:
            return None
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None
        try:
            sink.write(os.fsencode(name) + b"\n")
            sink.flush()
            header = source.readline().split()
            if len(header) != 3 or not header[2].isdigit():
                return None
            size = int(header[2])
            if size > MOST_BLOB_BYTES:
                for start in range(0, size + 1, 1 << 20):
                    source.read(min(1 << 20, size + 1 - start))
                return None
            content = source.read(size + 1)[:-1]
        except (OSError, ValueError):
            return None
        return content if header[1] == b"blob" and len(content) == size else None


def _talk(process: subprocess.Popen[bytes], data: bytes, deadline: float) -> Output:
    """Feed and read until the process ends or the time is up."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    output, complaint, left = bytearray(), bytearray(), memoryview(data)
    is_whole = True
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, complaint)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            ready = selector.select(max(deadline - time.monotonic(), 0))
            if not ready or len(output) > MOST_BYTES:
                is_whole = False
                process.kill()
                break
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    left = _feed(process, left)
                    if not left:
                        selector.unregister(key.fileobj)
                        process.stdin.close()
                elif chunk := os.read(key.fd, 1 << 16):
                    key.data.extend(chunk)
                else:
                    selector.unregister(key.fileobj)
    code = process.wait()
    words = complaint.decode("utf-8", "replace").strip().splitlines()
    failure = (words[-1] if words else f"git ended with {code}") if code and is_whole else ""
    return Output(bytes(output), is_whole, failure)


def _feed(process: subprocess.Popen[bytes], left: memoryview) -> memoryview:
    assert process.stdin is not None
    try:
        return left[os.write(process.stdin.fileno(), left[: 1 << 12]) :] if left else left
    except BrokenPipeError:
        return left[len(left) :]
