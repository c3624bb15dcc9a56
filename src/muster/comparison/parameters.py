"""Tests that lost some of their parameters: on purpose, where what they are made of was edited, else silently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from posixpath import dirname, join

from muster.comparison.difference import Difference, TestGroup, bare_id
from muster.comparison.origins import Origin, find_origin
from muster.comparison.sides import Sides
from muster.facts.blocks import Block
from muster.model.collection import Collection, Loss
from muster.model.location import Location

_ARGUMENTS = re.compile(r"def\s+\w+\s*\((?P<arguments>[^)]*)\)", re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class FewerParameters:
    """What became of the parameters of one test: `renamed` pairs, `deleted` on purpose, or `lost` by `loss`."""

    renamed: tuple[tuple[str, str], ...] = ()
    deleted: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    loss: Loss | None = None


def judge_parameters(
    found: Difference, before: Collection, after: Collection, sides: Sides
) -> Iterator[FewerParameters]:
    """The fate of the parameters that each test of `found.fewer` has lost between the two collections."""
    of_old = _without_parameters(before)
    losses = {bare: loss for bare, loss in _without_parameters(after).items() if bare not in of_old}
    for group in found.unknown:
        if group.bare in losses:
            yield FewerParameters(lost=(group.bare,), loss=losses[group.bare])
    for group, gone, gained in found.fewer:
        known = losses.get(group.bare)
        if known is not None:
            yield FewerParameters(lost=gone, loss=known)
            continue
        was = find_origin(group, sides.before, sides.rootdir_before)
        now = find_origin(found.after[group.bare], sides.after, sides.rootdir_after)
        if _is_edited(was, now, sides):
            pairs = tuple(zip(gone, gained, strict=False))
            yield FewerParameters(renamed=pairs, deleted=gone[len(pairs) :])
        elif len(gained) >= len(gone):
            yield FewerParameters(renamed=tuple(zip(gone, gained, strict=False)))
        else:
            yield FewerParameters(lost=gone, loss=_loss(group, gone, now))


def _without_parameters(collection: Collection) -> dict[str, Loss]:
    """The tests that are known to lose parameters."""
    losses = [loss for loss in collection.losses if loss.kind == "M409"]
    return {bare_id(nodeid): loss for loss in losses for nodeid in (loss.subject, *loss.lost)}


def _loss(group: TestGroup, gone: Sequence[str], after: Origin) -> Loss:
    text = f"{len(gone)} of the parameters of '{group.bare}' are gone, and what makes them was not edited"
    line = after.block.line if after.block is not None else 0
    return Loss(
        "M406", group.bare, Location(after.path_of_block, line), tuple(gone), len(gone), text, root="parameters"
    )


def _is_edited(before: Origin, after: Origin, sides: Sides) -> bool:
    """Whether the test itself, or anything that its parameters are made of, says something else now."""
    if before.block is None or after.block is None:
        return True
    if _said(before.block) != _said(after.block):
        return True
    if before.owner is not None and after.owner is not None and before.owner.decorators != after.owner.decorators:
        return True
    names = {*before.block.reads, *_arguments(before.block), "pytest_generate_tests"}
    if before.owner is not None:
        names.update(before.owner.reads)
    return any(_differs(path, names, sides) for path in _sources(before, sides))


def _said(block: Block) -> tuple[object, ...]:
    return (block.digest, block.decorators)


def _arguments(block: Block) -> Iterator[str]:
    found = _ARGUMENTS.search(block.text)
    yield from _WORD.findall(found["arguments"]) if found else ()


def _sources(origin: Origin, sides: Sides) -> Iterator[str]:
    """The files that parameters may come from: the test's own, the conftests above it, and what it imports."""
    yield from dict.fromkeys((origin.path, origin.path_of_block))
    folder = dirname(origin.path)
    while True:
        yield join(folder, "conftest.py")
        if folder in (sides.rootdir_before, "/", ""):
            break
        folder = dirname(folder)
    yield from sides.imported(origin.path_of_block)


def _differs(path: str, names: Iterable[str], sides: Sides) -> bool:
    """Whether a definition that bears one of `names`, or that such a one reads, is another one in the two versions."""
    pending, seen = list(names), set(names)
    while pending:
        name = pending.pop()
        old, new = sides.before.named(path, (name,)), sides.after.named(path, (name,))
        if [_said(block) for block in old] != [_said(block) for block in new]:
            return True
        for block in old:
            further = [each for each in (*block.reads, *_WORD.findall(block.text)) if each not in seen]
            pending.extend(further)
            seen.update(further)
    return False
