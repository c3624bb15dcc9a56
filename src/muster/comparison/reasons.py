"""Why a test that stands in the sources is no longer collected, as far as the text around it tells."""

from __future__ import annotations

from dataclasses import dataclass

from muster.comparison.origins import Origin
from muster.comparison.versions import Version
from muster.facts.blocks import Block
from muster.model.location import Location


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is a slug that losses of one kind share, `text` says it in words."""

    kind: str
    text: str


UNKNOWN = Change("unexplained", "it still stands there: what decides over it lies elsewhere")


def why_not_collected(origin: Origin, block: Block | None, after: Version) -> Change:
    """What changed around the test; `block` is its `def` of now, None for an inherited test."""
    if block is not None and origin.block is not None:
        found = _around(origin.block, block) or _decorated(origin.block, block)
        if found is not None:
            return found
    found = _bound_anew(origin, after) or _no_test(origin, after)
    if found is not None:
        return found
    for size in range(len(origin.names) - 1, 0, -1):
        old, new = origin.owner, after.named(origin.path, origin.names[:size])
        if old is None or not new or old.names != new[-1].names:
            continue
        found = _around(old, new[-1]) or _decorated(old, new[-1]) or _bases(old, new[-1])
        if found is not None:
            return found
    return UNKNOWN


def place_of_change(origin: Origin, block: Block | None) -> Location:
    """Where the test stands now, or its class."""
    if block is not None:
        return Location(origin.path, block.line)
    return Location(origin.path, origin.owner.line if origin.owner is not None else 0)


def _bound_anew(origin: Origin, after: Version) -> Change | None:
    """A later statement that gives the test's name, or its class's, another value."""
    for size in range(len(origin.names), 0, -1):
        blocks = after.named(origin.path, origin.names[:size])
        if len(blocks) > 1 and blocks[-1].kind == "value":
            return Change("rebound", f"'{'.'.join(origin.names[:size])}' is bound anew on line {blocks[-1].line}")
    return None


def _no_test(origin: Origin, after: Version) -> Change | None:
    for size in range(len(origin.names) - 1, -1, -1):
        scope = origin.names[:size]
        if after.named(origin.path, (*scope, "__test__")):
            whose = f"the class '{scope[-1]}'" if scope else "the module"
            return Change("told", f"{whose} says '__test__', and so that it holds no tests")
    return None


def _around(old: Block, new: Block) -> Change | None:
    added = [each for each in new.within if each not in old.within]
    if not added:
        return None
    if added[-1].startswith("def "):
        return Change("nested", f"it stands in the function '{added[-1].removeprefix('def ')}' now")
    return Change("wrapped", f"it stands under '{added[-1]}' now, and is not defined there")


def _decorated(old: Block, new: Block) -> Change | None:
    added = [each for each in new.decorators if each not in old.decorators]
    return Change("decorated", f"it is decorated with '@{added[0]}' now") if added else None


def _bases(old: Block, new: Block) -> Change | None:
    dropped = [each for each in old.bases if each not in new.bases]
    if not dropped:
        return None
    return Change("base", f"the class '{new.names[-1]}' has lost its base '{dropped[0]}'")
