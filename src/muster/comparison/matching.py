"""Which test that is gone is which one that is new: renamed, moved to another class or file, or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from muster.comparison.origins import Origin
from muster.facts.blocks import Block

ALIKE = 0.6
"""Less of the text in common makes no renaming of a test whose name changed."""

ALIKE_ELSEWHERE = 0.5
"""A test of the same name in another class or file may differ more."""

MOST_COMPARISONS = 20_000
"""Texts that are compared line by line in all: a change of everything is told by what is the very same."""

MOST_PAIRS = 40
"""New tests that one lost test is compared with, line by line."""


def match_tests(lost: Sequence[Origin], gained: Sequence[Origin]) -> dict[str, str]:
    """Bare ids of `lost` to those of `gained`, each at most once, the surest first."""
    found: dict[str, str] = {}
    free = {origin.group.bare: origin for origin in gained}
    _match_same(lost, free, found)
    _match_alike([origin for origin in lost if origin.group.bare not in found], free, found)
    return found


def _match_same(lost: Sequence[Origin], free: dict[str, Origin], found: dict[str, str]) -> None:
    """Those that say the very same."""
    by_digest: dict[tuple[str, ...], list[Origin]] = {}
    for origin in free.values():
        by_digest.setdefault(_identity(origin), []).append(origin)
    pairs = [
        (-_nearness(origin, other), position, origin.group.bare, other.group.bare)
        for position, origin in enumerate(lost)
        for other in by_digest.get(_identity(origin), ())[: MOST_PAIRS * 5]
    ]
    _take(pairs, free, found)


def _match_alike(lost: Sequence[Origin], free: dict[str, Origin], found: dict[str, str]) -> None:
    """Those that were edited as well: of one name elsewhere, or in one place under another name."""
    by_name: dict[str, list[Origin]] = {}
    by_place: dict[tuple[str, tuple[str, ...]], list[Origin]] = {}
    for origin in free.values():
        by_name.setdefault(origin.names[-1] if origin.names else "", []).append(origin)
        by_place.setdefault((origin.path, origin.names[:-1]), []).append(origin)
    pairs: list[tuple[float, int, str, str]] = []
    left = MOST_COMPARISONS
    for position, origin in enumerate(lost):
        if not origin.names or left <= 0:
            continue
        namesakes = by_name.get(origin.names[-1], ())[:MOST_PAIRS]
        neighbours = by_place.get((origin.path, origin.names[:-1]), ())[:MOST_PAIRS]
        left -= len(namesakes) + len(neighbours)
        for other in namesakes:
            likeness = _likeness(origin, other)
            is_whole = origin.names == other.names and len(origin.names) > 1
            if likeness >= ALIKE_ELSEWHERE or is_whole:
                pairs.append((-likeness - _nearness(origin, other), position, origin.group.bare, other.group.bare))
        for other in neighbours:
            likeness = _likeness(origin, other)
            if likeness >= ALIKE:
                pairs.append((-likeness - 2, position, origin.group.bare, other.group.bare))
    _take(pairs, free, found)


def _take(pairs: Iterable[tuple[float, int, str, str]], free: dict[str, Origin], found: dict[str, str]) -> None:
    for _, _, old, new in sorted(pairs):
        if old not in found and new in free:
            found[old] = new
            del free[new]


def _identity(origin: Origin) -> tuple[str, ...]:
    """What a test says; an inherited one is what its class says, and its name."""
    if origin.is_own and origin.block is not None:
        return (origin.block.digest,)
    if origin.owner is not None:
        return (origin.owner.digest, *origin.owner.bases, *origin.names[-1:])
    return (origin.block.digest if origin.block is not None else "", *origin.names)


def _nearness(one: Origin, other: Origin) -> float:
    """How much of the two node ids agrees, from the file to the name."""
    score = 0.0
    if one.names == other.names:
        score += 4
    if one.names[-1:] == other.names[-1:]:
        score += 2
    if one.names[:-1] == other.names[:-1]:
        score += 1
    if one.path == other.path:
        score += 1
    elif one.path.rpartition("/")[2] == other.path.rpartition("/")[2]:
        score += 0.5
    return score


def _likeness(one: Origin, other: Origin) -> float:
    if one.is_own != other.is_own:
        return 0.0
    first, second = (one.block, other.block) if one.is_own else (one.owner, other.owner)
    if first is None or second is None or not first.text or not second.text:
        return 0.0
    return likeness(first, second)


def likeness(one: Block, other: Block) -> float:
    """Between 0 and 1: how much of the two is the same, line by line, whatever their names and indentation."""
    return SequenceMatcher(None, _lines(one), _lines(other), autojunk=False).ratio()


def _lines(block: Block) -> list[str]:
    text = re.sub(rf"\b{re.escape(block.names[-1])}\b", "_", block.text)
    return [line.strip() for line in text.splitlines() if line.strip()]
