"""Files in which nothing but names changed, told by their lines alone.

A codemod renames a definition and whatever mentions it, in thousands of files at once: each test there is known by its new
name without taking either version apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from muster.comparison.sides import Sides

_HEADER = re.compile(rb"[ \t]*(?:async[ \t]+)?(?:class|def)[ \t]+(?P<name>\w+).*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NewName:
    """What a test is called now: the first `size` of `names` end with the one that was given anew, on `line`."""

    names: tuple[str, ...]
    size: int
    line: int

    @property
    def is_whole(self) -> bool:
        """Whether what was named anew stands at the top of the file: a method may be one that other classes inherit."""
        return self.size == 1


Renamed = Mapping[str, tuple[str, int]]
"""Old names of definitions to the new ones, and the lines of these."""

_NOTHING: Renamed = MappingProxyType({})


class Renamings:
    """The new names of tests, in files that differ in names only."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._files: dict[str, Renamed] = {}

    def of_test(self, path: str, names: tuple[str, ...]) -> NewName | None:
        """What the test `names` of the file is called now; None where it is called the same, or more than names changed."""
        found = self._files.get(path)
        if found is None:
            old, new = self._sides.before.source(path), self._sides.after.source(path)
            found = self._files[path] = renamed_definitions(old, new) if old and new else _NOTHING
        size = next((at for at, name in enumerate(names, 1) if name in found), 0)
        if not size:
            return None
        return NewName(
            tuple(found[name][0] if name in found else name for name in names), size, found[names[size - 1]][1]
        )


def renamed_definitions(old: bytes, new: bytes) -> Renamed:
    """The definitions of `old` that are called otherwise in `new`, where replacing these words is all that was done.

    Each is defined once, and no new name was a word of `old`: what bears it now is what bore the old one.
    """
    before, after = old.split(b"\n"), new.split(b"\n")
    if len(before) != len(after):
        return _NOTHING
    words: dict[bytes, tuple[bytes, int]] = {}
    for line, (one, other) in enumerate(zip(before, after, strict=True), 1):
        if one == other:
            continue
        first, second = _HEADER.fullmatch(one), _HEADER.fullmatch(other)
        if first is not None and second is not None and first["name"] != second["name"]:
            if first["name"] in words:
                return _NOTHING
            words[first["name"]] = (second["name"], line)
    given = {name for name, _ in words.values()}
    if not words or len(given) < len(words) or _any_of(given).search(old):
        return _NOTHING
    if _any_of(words).sub(lambda word: words[word[0]][0], old) != new:
        return _NOTHING
    return {one.decode("ascii"): (other.decode("ascii"), line) for one, (other, line) in words.items()}


def _any_of(words: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(rb"\b(?:" + b"|".join(words) + rb")\b")
