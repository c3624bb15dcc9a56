"""The disk as a `FileTree`: listings cached for the session, and nothing but regular files is ever opened.

The tree may be hostile: FIFOs and devices that block, symlink loops, files of terabytes, names that are not UTF-8, and
files that vanish between two calls are all answers here, never exceptions other than `ReadFailure`.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Mapping

from muster.ports import EntryKind, ReadFailure

DEFAULT_SIZE_LIMIT_BYTES = 5 * 1024 * 1024
RACY_NS = 2_000_000_000
"""A file changed less than this long ago may change again without its stamp changing (coarse clocks, as in git)."""

_NO_LINKS: frozenset[str] = frozenset()
_EMPTY: dict[str, EntryKind] = {}
_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class DiskTree:
    """Everything below `root` (the whole disk where it is None), as it was when it was first looked at."""

    def __init__(
        self,
        root: str | None = None,
        *,
        size_limit_bytes: int = DEFAULT_SIZE_LIMIT_BYTES,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._root = None if root is None else os.path.abspath(root)
        self._size_limit_bytes = size_limit_bytes
        self._now_ns = now_ns
        self._listings: dict[str, dict[str, EntryKind]] = {}
        self._links: dict[str, frozenset[str]] = {}
        self._unreadable: set[str] = set()
        self._real_folders: dict[str, str] = {}

    def listing(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in `folder` to their kinds, symlinks followed; dangling and looping links are left out."""
        found = self._listings.get(folder)
        return self._scan(folder) if found is None else found

    def _scan(self, folder: str) -> dict[str, EntryKind]:
        kinds, links = _EMPTY, _NO_LINKS
        if self._is_inside(folder):
            try:
                kinds, links = _scan_folder(folder)
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EPERM):
                    self._unreadable.add(folder)
            except ValueError:
                pass  # a NUL or an unpaired surrogate: no such path can exist
        self._listings[folder] = kinds
        self._links[folder] = links
        return kinds

    def _is_inside(self, path: str) -> bool:
        return self._root is None or path == self._root or path.startswith(self._root.rstrip("/") + "/")

    def kind(self, path: str) -> EntryKind | None:
        """The kind of `path`, symlinks followed, from the listing of its folder."""
        folder, slash, name = path.rpartition("/")
        folder = folder or "/"
        if not slash or name in ("", ".", "..") or path == self._root:
            return self._stat_kind(path)
        found = self.listing(folder).get(name)
        if found is None and folder in self._unreadable:
            return self._stat_kind(path)  # a folder that may be searched though not listed
        return found

    def _stat_kind(self, path: str) -> EntryKind | None:
        if not self._is_inside(path):
            return None
        try:
            return _kind_of_mode(os.stat(path).st_mode)
        except (OSError, ValueError):
            return None

    def read(self, path: str) -> bytes:
        """The content of the regular file at `path`, up to the size limit. Raises `ReadFailure`."""
        if not self._is_inside(path):
            raise ReadFailure(path, "no such file")
        try:
            self._check(path, os.stat(path))  # opening a device can act on it, so look first
            descriptor = os.open(path, _OPEN_FLAGS)
            try:
                return self._read_descriptor(path, descriptor)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            raise ReadFailure(path, "no such file") from None
        except OSError as error:
            raise ReadFailure(path, (error.strerror or str(error)).lower()) from None
        except ValueError:
            raise ReadFailure(path, "no path can be spelled so") from None

    def _read_descriptor(self, path: str, descriptor: int) -> bytes:
        status = os.fstat(descriptor)
        self._check(path, status)
        content = os.read(descriptor, status.st_size + 1)
        if len(content) == status.st_size:
            return content
        chunks, size_bytes = [content], len(content)
        while content and size_bytes <= self._size_limit_bytes:  # it grew, or the read was short
            content = os.read(descriptor, 1 << 20)
            chunks.append(content)
            size_bytes += len(content)
        if size_bytes > self._size_limit_bytes:
            raise ReadFailure(path, self._limit_words())
        return b"".join(chunks)

    def _check(self, path: str, status: os.stat_result) -> None:
        if stat.S_ISDIR(status.st_mode):
            raise ReadFailure(path, "is a folder")
        if not stat.S_ISREG(status.st_mode):
            raise ReadFailure(path, "not a regular file")
        if status.st_size > self._size_limit_bytes:
            raise ReadFailure(path, self._limit_words())

    def _limit_words(self) -> str:
        return f"larger than the limit of {self._size_limit_bytes / (1024 * 1024):g} MiB"

    def stamp(self, path: str) -> str | None:
        """Device, inode, size, mtime and ctime of a regular file; None where it is gone or was changed just now."""
        if not self._is_inside(path):
            return None
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        now_ns = self._now_ns()
        # A modification time may lie in the future by the author's doing; a change time may not.
        if status.st_ctime_ns > now_ns - RACY_NS or abs(now_ns - status.st_mtime_ns) < RACY_NS:
            return None
        return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"

    def real_path(self, path: str) -> str:
        """`path` with every symlink resolved; an unresolvable rest is kept as it is."""
        folder, _, name = path.rpartition("/")
        if not folder or name in ("", ".", ".."):
            return _real_path(path)
        real_folder = self._real_folders.get(folder)
        if real_folder is None:
            real_folder = self._real_folders[folder] = _real_path(folder)
        if self.is_symlink(path) or folder in self._unreadable:
            return _real_path(path)
        return f"{real_folder.rstrip('/')}/{name}"

    def is_symlink(self, path: str) -> bool:
        """Whether the last part of `path` is a symlink, dangling ones included."""
        folder, _, name = path.rpartition("/")
        folder = folder or "/"
        self.listing(folder)
        if folder in self._unreadable:
            return os.path.islink(path)
        return name in self._links[folder]


def _scan_folder(folder: str) -> tuple[dict[str, EntryKind], frozenset[str]]:
    kinds: dict[str, EntryKind] = {}
    links: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            # Regular files and folders are told from the entry itself; only links cost a stat.
            if entry.is_file(follow_symlinks=False):
                kinds[entry.name] = EntryKind.FILE
            elif entry.is_dir(follow_symlinks=False):
                kinds[entry.name] = EntryKind.FOLDER
            else:
                if entry.is_symlink():
                    links.append(entry.name)
                kind = _followed_kind(entry)
                if kind is not None:
                    kinds[entry.name] = kind
    return kinds, frozenset(links) if links else _NO_LINKS


def _followed_kind(entry: os.DirEntry[str]) -> EntryKind | None:
    try:
        return _kind_of_mode(entry.stat().st_mode)
    except OSError:  # dangling, a loop, or gone since
        return None


def _kind_of_mode(mode: int) -> EntryKind:
    if stat.S_ISREG(mode):
        return EntryKind.FILE
    return EntryKind.FOLDER if stat.S_ISDIR(mode) else EntryKind.OTHER


def _real_path(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):  # a NUL, or a loop on some systems
        return os.path.normpath(path)
