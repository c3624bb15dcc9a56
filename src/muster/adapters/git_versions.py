"""Versions of files, each read and taken apart once: which names they bind, which imports they have."""

from __future__ import annotations

import re

from muster.adapters.git_objects import Objects
from muster.facts.mentions import imported_names, read_mentions
from muster.facts.outline import Definition, likeness, outline, same_text

_STAR = re.compile(rb"^[ \t]*from[ \t]+\S+[ \t]+import[ \t]*\*", re.MULTILINE)

MOST_SUCCESSORS = 5
ALIKE = 0.5
"""Less of the text in common says nothing of a renaming."""


class Versions:
    """What blobs hold, by their names; a blob that is missing holds nothing."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._contents: dict[str, bytes] = {}
        self._outlines: dict[str, dict[str, Definition]] = {}

    def read(self, blob: str) -> bytes:
        """The content of the blob, empty where there is none."""
        if not blob:
            return b""
        if blob not in self._contents:
            self._contents[blob] = self._objects.read(blob) or b""
        return self._contents[blob]

    def outline(self, blob: str) -> dict[str, Definition]:
        """The top-level definitions of the blob."""
        if blob not in self._outlines:
            self._outlines[blob] = outline(self.read(blob))
        return self._outlines[blob]

    def mentions(self, blob: str, name: str) -> bool:
        """Whether `name` stands anywhere in the blob, as a word."""
        raw = name.encode("utf-8", "surrogatepass")
        content = self.read(blob)
        return raw in content and re.search(rb"(?<!\w)" + re.escape(raw) + rb"(?!\w)", content) is not None

    def loses(self, before: str, after: str, name: str) -> bool:
        """Whether module level of `before` binds `name` and that of `after`, which can be read, does not."""
        if not self.mentions(before, name) or name not in self.outline(before):
            return False
        return name not in self.outline(after) and bool(self.outline(after) or not self.read(after).strip())

    def has_star(self, blob: str) -> bool:
        """Whether the blob has a star import, which may bring any name."""
        return _STAR.search(self.read(blob)) is not None

    def successors(self, before: str, after: str, gone: Definition) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the same kind that `after` has and `before` has not, the most alike first; and those of the very
        same text."""
        old, new = self.outline(before), self.outline(after)
        fresh = [each for each in new.values() if each.name not in old and each.kind == gone.kind]
        same = tuple(each.name for each in fresh if same_text(gone, each))
        scored = sorted((-likeness(gone, each), each.name) for each in fresh)
        near = [name for score, name in scored if -score >= ALIKE or len(fresh) == 1]
        return tuple(dict.fromkeys((*same, *near)))[:MOST_SUCCESSORS], same

    def imports(self, blob: str, module: str, name: str) -> bool:
        """Whether the blob has `from MODULE import NAME` (any number of dots before it), or `import MODULE`."""
        content = self.read(blob)
        word = (name or module.rpartition(".")[2]).encode("utf-8", "surrogatepass")
        if word not in content:
            return False
        found = imported_names(read_mentions(content), word)
        return any((each.module, each.name) == (module, name) for each in found)
