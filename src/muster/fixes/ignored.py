"""What git ignores, by its own rules (gitignore(5)), read from the files that hold them: nothing of git is asked, but
whether it keeps a file that the rules name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname, join, normpath

from pathspec import GitIgnoreSpec

from muster.ports import EntryKind, FileTree, ReadFailure

_SECTION = re.compile(r"\s*\[\s*(?P<name>[^\]\"]*?)\s*\]")
_EXCLUDES = re.compile(r"\s*excludesfile\s*=\s*(?P<value>.*?)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class IgnoreRules:
    """The rules for the project at `root`: those of the deepest `.gitignore` that says anything of a path, up to the top of
    the repository, then those of `.git/info/exclude`, then the user's own.

    `environ` tells where the user's configuration lies. What git `tracks` is not ignored, whatever the rules say.
    """

    tree: FileTree
    root: str
    environ: Mapping[str, str]
    tracks: Callable[[str], bool] | None = None

    def ignores(self, path: str) -> bool:
        """Whether git ignores the absolute `path`: itself, or for a folder above it."""
        parts = path.removeprefix(self._top + "/").split("/")
        if ".git" in parts or ".muster" in parts:
            return True
        above = [self._top + "/" + "/".join(parts[:length]) + "/" for length in range(1, len(parts))]
        if not any(self._says(each) for each in [*above, path]):
            return False
        return self.tracks is None or not self.tracks(path)

    @cached_property
    def _top(self) -> str:
        """The top of the repository that holds the project; the project's own root where there is none."""
        root = folder = self.root.rstrip("/")
        while folder:
            if self.tree.kind(folder + "/.git") is not None:
                return folder
            folder = folder.rpartition("/")[0]
        return root

    @cached_property
    def _specs(self) -> dict[str, GitIgnoreSpec | None]:
        """The rules of each folder that was asked for."""
        return {}

    @cached_property
    def _outer(self) -> tuple[GitIgnoreSpec, ...]:
        """The rules that hold for the whole repository, the stronger first."""
        found = (self._read(path) for path in (self._git_folder() + "/info/exclude", self._users()))
        return tuple(spec for spec in found if spec is not None)

    def _says(self, path: str) -> bool:
        folder = dirname(path.rstrip("/"))
        while folder.startswith(self._top):
            if folder not in self._specs:
                self._specs[folder] = self._read(folder + "/.gitignore")
            spec = self._specs[folder]
            verdict = None if spec is None else spec.check_file(path.removeprefix(folder + "/")).include
            if verdict is not None:
                return verdict
            folder = folder.rpartition("/")[0]
        verdicts = (spec.check_file(path.removeprefix(self._top + "/")).include for spec in self._outer)
        return next((verdict for verdict in verdicts if verdict is not None), False)

    def _git_folder(self) -> str:
        """Where git keeps what belongs to the repository; of a second work tree it is the first one's."""
        folder = self._top + "/.git"
        if self.tree.kind(folder) is EntryKind.FILE:
            folder = normpath(join(self._top, "".join(self._lines(folder)[:1]).removeprefix("gitdir:").strip()))
            shared = "".join(self._lines(folder + "/commondir")[:1]).strip()
            folder = normpath(join(folder, shared)) if shared else folder
        return folder

    def _users(self) -> str:
        """The file of rules that the user's configuration names (`core.excludesFile`), or git's default."""
        home = self.environ.get("HOME", "")
        ours = self.environ.get("XDG_CONFIG_HOME") or home + "/.config"
        named = ours + "/git/ignore"
        for path in (ours + "/git/config", home + "/.gitconfig", self._git_folder() + "/config"):
            for value in self._excludes_files(path):
                named = home + value[1:] if value.startswith("~/") else join(self._top, value)
        return named

    def _excludes_files(self, path: str) -> Iterator[str]:
        section = ""
        for line in self._lines(path):
            if header := _SECTION.match(line):
                section = header["name"].casefold()
            elif section == "core" and (found := _EXCLUDES.match(line)):
                yield found["value"].strip('"')

    def _read(self, path: str) -> GitIgnoreSpec | None:
        try:
            return GitIgnoreSpec.from_lines(self._lines(path)) if self.tree.kind(path) is EntryKind.FILE else None
        except ValueError:
            return None

    def _lines(self, path: str) -> list[str]:
        try:
            content = self.tree.read(path).decode("utf-8", "surrogateescape")
        except ReadFailure:
            return []
        return content.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
