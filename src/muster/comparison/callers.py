"""Whether the body of a test that is gone serves other tests now, as a helper or fixture of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster.comparison.origins import Origin
from muster.comparison.sides import Sides
from muster.comparison.versions import Version
from muster.facts.blocks import Block


def serves_others(origin: Origin, path: str, block: Block, sides: Sides) -> bool:
    """Whether code of the file mentions the function `block` that did not mention the test, which says the same.

    Tests that call each other did so before, and a body in which nothing changed calls nothing that is new.
    """
    callers = {each.names[-1] for each in _mentioning(sides.before, origin.path, origin.names[-1])}
    return any(
        each.names[-1] not in callers and all(each.digest != old.digest for old in sides.before.blocks(origin.path))
        for each in _mentioning(sides.after, path, block.names[-1])
    )


def _mentioning(version: Version, path: str, name: str) -> Iterator[Block]:
    """The blocks of the file that use `name`; one that bears it itself is another definition, and overrides it at most."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    for each in version.blocks(path):
        if each.names[-1] != name and (name in each.reads or (each.kind != "class" and word.search(each.text))):
            yield each
