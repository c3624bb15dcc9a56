"""Where a test comes from: its own `def`, or the class that inherits it."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import join, normpath

from muster.comparison.difference import TestGroup
from muster.comparison.versions import Version
from muster.facts.blocks import Block


@dataclass(frozen=True, slots=True)
class Origin:
    """The file and names that the test is collected under, and what defines it.

    `block` is its `def` (or the assignment that makes it), in the file `path_of_block`; None where nothing in the sources
    bears its name. `owner` is the class that the node id names, where there is one.
    """

    group: TestGroup
    path: str
    names: tuple[str, ...]
    block: Block | None
    path_of_block: str
    owner: Block | None

    @property
    def is_own(self) -> bool:
        """Whether the test is defined where its node id says, not inherited or imported."""
        return self.block is not None and self.path_of_block == self.path and self.block.names == self.names


def find_origin(group: TestGroup, version: Version, rootdir: str) -> Origin:
    """The origin of the test in `version`."""
    path, names = normpath(join(rootdir, group.file)), group.names
    owners = version.named(path, names[:-1]) if len(names) > 1 else []
    owner = owners[-1] if owners else None
    own = version.named(path, names)
    at_line = [block for block in own if block.line == group.item.line]
    if own:
        return Origin(group, path, names, (at_line or own)[-1], path, owner)
    inherited = version.at(group.item.path, group.item.line) if group.item.line else None
    return Origin(group, path, names, inherited, group.item.path, owner)
