"""Records that wait in `.muster/spool` of the project until a command that reads the memory takes them in.

Opening the database costs a third of a second, writing a file about a millisecond: a check does the latter. Each record
is a file of its own, whole or not there: two commands at once do not meet, and none waits for another's lock.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Sequence

from muster.adapters.atomic import write_atomically
from muster.adapters.project_folder import FOLDER, open_project_folder

SPOOL = "spool"
MOST_WAITING = 2_000
"""Where nothing ever takes them in, older ones are forgotten."""

SIZE_LIMIT_BYTES = 256 << 20
_SUFFIX, _DAMAGED = ".json.z", ".damaged"


class RecordSpool:
    """`ports.RecordSpool` of the project at `root`."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._folder = os.path.join(root, FOLDER, SPOOL)

    def keep(self, name: str, content: bytes) -> int:
        """Keep `content` durably; returns how many wait now. Raises `OSError`."""
        open_project_folder(self._root)
        if os.path.islink(self._folder):
            raise OSError(f"{self._folder} is a symlink: it is not written")
        os.makedirs(self._folder, exist_ok=True)
        write_atomically(os.path.join(self._folder, name + _SUFFIX), zlib.compress(content, 1))
        waiting = self.waiting()
        for old in waiting[:-MOST_WAITING]:
            self.drop(old)
        return min(len(waiting), MOST_WAITING)

    def waiting(self) -> Sequence[str]:
        """The names of those that wait, oldest first."""
        if os.path.islink(self._folder):
            return ()
        try:
            return sorted(each.removesuffix(_SUFFIX) for each in os.listdir(self._folder) if each.endswith(_SUFFIX))
        except OSError:
            return ()

    def read(self, name: str) -> bytes | None:
        """What waits under `name`; None where it is gone or damaged."""
        path = self._path(name)
        try:
            if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > SIZE_LIMIT_BYTES:
                return None  # nothing may wait for a pipe
            with open(path, "rb") as file:
                unpacking = zlib.decompressobj()
                content = unpacking.decompress(file.read(), SIZE_LIMIT_BYTES)
        except (OSError, zlib.error):
            return None
        return content if unpacking.eof else None

    def drop(self, name: str) -> None:
        """It is kept elsewhere now."""
        with contextlib.suppress(OSError):
            os.unlink(self._path(name))

    def set_aside(self, name: str) -> None:
        """It cannot be understood: keep it for whoever looks into that, and try it no more."""
        with contextlib.suppress(OSError):
            os.replace(self._path(name), self._path(name) + _DAMAGED)

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name + _SUFFIX)
