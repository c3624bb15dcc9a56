"""Where fixes are made: the project's files and what the session says of them, and the questions that many kinds ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname, join, normpath

from muster.facts.module_facts import ModuleFacts
from muster.fixes.ignored import IgnoreRules
from muster.fixes.source import Source, read_source
from muster.index.listing import python_files
from muster.index.spelling import spell
from muster.model.collection import Collection
from muster.model.environment import Environment
from muster.model.fix import FileChange
from muster.model.history import PastVersion
from muster.model.invocation import Invocation
from muster.ports import EntryKind, FileTree, ReadFailure

RestoreSource = Callable[[tuple[str, ...]], Mapping[str, bytes]]
"""What files that are gone held when they went; those that the history does not know have no entry."""

VersionsOf = Callable[[str], Iterator[PastVersion]]
"""What a file held, the newest commit first."""


@dataclass(frozen=True)
class Site:
    """One project that is to be mended: its `root`, its files, and the session that shows what is wrong.

    `past` answers what files held that are gone, and `versions` what those that are there held, newest first, where there
    is a history to ask. `ignored` is what git leaves alone.
    `words` are those that will be asked for: one pass over the files finds all of them.
    """

    tree: FileTree
    root: str
    collection: Collection
    invocation: Invocation
    environment: Environment
    facts: Callable[[str], ModuleFacts]
    past: RestoreSource | None = None
    versions: VersionsOf | None = None
    ignored: IgnoreRules | None = None
    words: frozenset[str] = frozenset()

    def show(self, path: str) -> str:
        """`path` as the reader knows it."""
        return path.removeprefix(self.root.rstrip("/") + "/")

    def may_change(self, path: str) -> bool:
        """Whether a fix may write `path`: a place inside the project, not an environment's, not ignored by git."""
        inside = (self.root.rstrip("/") + "/", self.tree.real_path(self.root).rstrip("/") + "/")
        # A name of a folder that is a link out of the project leads out of it too.
        real = self.tree.real_path(path)
        if not path.startswith(inside[0]) or not real.startswith(inside[1]):
            return False
        shown = real.removeprefix(inside[1])
        if "site-packages" in shown.split("/"):
            return False
        return self.ignored is None or not self.ignored.ignores(inside[0] + shown)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every Python file of the project that may be changed or asked."""
        return python_files(self.tree, self.root)

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The folders below which the project's modules are spelled."""
        found = [*self.invocation.pythonpath, *([self.invocation.cwd] if self.invocation.cwd_on_path else [])]
        source = self.root.rstrip("/") + "/src"
        if self.tree.kind(source) is EntryKind.FOLDER and self.tree.kind(source + "/__init__.py") is None:
            found.append(source)
        return tuple(dict.fromkeys([*found, self.invocation.rootdir, self.root]))

    def spell(self, path: str) -> str:
        """The dotted name of a file of the project, or ""."""
        return spell(path, self.roots)

    def package_of(self, path: str) -> str:
        """The dotted package whose relative imports the file `path` makes, or ""."""
        return spell(dirname(path) + "/__init__.py", self.roots)

    def entry(self, value: str) -> str:
        """A search path entry as an absolute, normal path."""
        return normpath(join(self.invocation.cwd, value))

    def read(self, path: str) -> bytes | None:
        """The content of `path`, None where it cannot be read."""
        try:
            return self.tree.read(path)
        except ReadFailure:
            return None

    def source(self, path: str) -> Source | None:
        """The text of `path`, None where it cannot be read, decoded or changed."""
        content = self.read(path) if self.may_change(path) else None
        return None if content is None else read_source(content)

    def mentioning(self, *words: str) -> Iterator[str]:
        """The Python files that hold all `words`, in order."""
        if all(word in self.words for word in words):
            found = [self._holders.get(word, set()) for word in words]
            together = found[0].intersection(*found[1:])
            yield from (path for path in self.files if path in together)
            return
        wanted = [word.encode() for word in words]
        for path in self.files:
            content = self.read(path)
            if content is not None and all(word in content for word in wanted):
                yield path

    @cached_property
    def _holders(self) -> dict[str, set[str]]:
        """The files that hold each of the words as a whole word."""
        spelled = b"|".join(re.escape(word).encode() for word in sorted(self.words, key=len, reverse=True))
        pattern = re.compile(rb"\b(?:" + spelled + rb")\b")
        holders: dict[str, set[str]] = {}
        for path in self.files:
            for word in set(pattern.findall(self.read(path) or b"")):
                holders.setdefault(word.decode(), set()).add(path)
        return holders

    def edit(self, path: str, change: Callable[[str], str | None]) -> FileChange | None:
        """The file `path` with its text changed; None where that is not possible or changes nothing."""
        source, before = self.source(path), self.read(path)
        if source is None or before is None:
            return None
        text = change(source.text)
        after = None if text is None else source.encode(text)
        if after is None or after == before:
            return None
        return FileChange(path, before, after)

    def create(self, path: str, content: bytes) -> FileChange | None:
        """A new file; None where something is there or may not be."""
        if self.tree.kind(path) is not None or self.tree.is_symlink(path) or not self.may_change(path):
            return None
        return FileChange(path, None, content)

    def present(self, changes: Mapping[str, FileChange | None]) -> tuple[FileChange, ...]:
        """Those changes that can be made."""
        return tuple(change for change in changes.values() if change is not None)
