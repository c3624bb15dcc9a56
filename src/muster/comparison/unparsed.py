"""What is left of a test in a file that does not parse: its lines, though not always below the class that they belong to."""

from __future__ import annotations

from collections.abc import Iterable

from muster.comparison.matching import ALIKE, likeness
from muster.comparison.origins import Origin
from muster.comparison.sides import Sides
from muster.facts.blocks import Block


def stands_in_pieces(origin: Origin, sides: Sides) -> bool:
    """Whether the test is still written in its file, or, where it is inherited, some of the functions of its class are.

    What broke the file may have taken the header of the class, and what is nested below a broken line is told by its
    indentation alone.
    """
    left = [block for block in sides.after.blocks(origin.path) if block.kind == "function"]
    if origin.is_own and origin.block is not None:
        return _is_among(origin.block, left)
    if origin.owner is None:
        return False
    names = origin.owner.names
    own = (block for block in sides.before.blocks(origin.path) if block.names[:-1] == names)
    return any(block.kind == "function" and _is_among(block, left) for block in own)


def _is_among(block: Block, left: Iterable[Block]) -> bool:
    return any(each.names[-1] == block.names[-1] and likeness(block, each) >= ALIKE for each in left)
