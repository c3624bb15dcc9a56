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

VERY_ALIKE = 0.8
"""So much of the text in common, in another file, is one definition that was moved and renamed."""

TELLING = 24
"""A shorter definition (`x = None`) is the same as many others by chance."""


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

    def gains(self, before: str, after: str, gone: Definition) -> list[tuple[float, str]]:
        """The names that `after` has and `before` has not, and that are `gone` by name (2) or by their text (up to 1)."""
        if self.mentions(after, gone.name) and gone.name in self.outline(after):
            return [] if gone.name in self.outline(before) else [(2.0, gone.name)]
        if gone.kind == "import" or len(gone.text) < TELLING or _longest_line(gone) not in self.read(after):
            return []
        old = self.outline(before)
        fresh = [each for each in self.outline(after).values() if each.name not in old and each.kind == gone.kind]
        scored = [(1.0 if same_text(gone, each) else likeness(gone, each), each.name) for each in fresh]
        return [pair for pair in scored if pair[0] >= VERY_ALIKE]

    def imports(self, blob: str, module: str, name: str) -> bool:
        """Whether the blob has `from MODULE import NAME` (any number of dots before it), or `import MODULE`."""
        content = self.read(blob)
        word = (name or module.rpartition(".")[2]).encode("utf-8", "surrogatepass")
        if word not in content:
            return False
        found = imported_names(read_mentions(content), word)
        return any((each.module, each.name) == (module, name) for each in found)


def _longest_line(definition: Definition) -> bytes:
    """The line that tells most of the definition, whatever its name: where it is not, there the definition is not."""
    lines = [line.strip() for line in definition.text.splitlines() if definition.name not in line]
    return max(lines, key=len, default="").encode("utf-8", "replace")
