"""The name that Python 3.13 proposes for an unexpected keyword argument (`Python/suggestions.c`)."""

from __future__ import annotations

from collections.abc import Iterable

_MOVE = 2
_CASE = 1
_LONGEST = 40


def did_you_mean(name: str, candidates: Iterable[str], python: tuple[int, int, int]) -> str:
    """What the message says behind the name; "" where nothing is near, or the Python is older."""
    if python < (3, 13, 0) or len(name) > _LONGEST:
        return ""
    best, nearest = "", 0
    for candidate in candidates:
        farthest = (len(name) + len(candidate) + 3) * _MOVE // 6
        if best:
            farthest = min(farthest, nearest - 1)
        distance = _distance(name, candidate)
        if distance <= farthest and candidate != name:
            best, nearest = candidate, distance
    return f". Did you mean '{best}'?" if best else ""


def _distance(left: str, right: str) -> int:
    """The Levenshtein distance, where another letter costs as much as a missing one, and another case half of that."""
    row = [_MOVE * place for place in range(len(right) + 1)]
    for index, letter in enumerate(left, 1):
        diagonal, row[0] = row[0], _MOVE * index
        for place, other in enumerate(right, 1):
            changed = diagonal + _cost(letter, other)
            diagonal = row[place]
            row[place] = min(changed, row[place] + _MOVE, row[place - 1] + _MOVE)
    return row[-1]


def _cost(letter: str, other: str) -> int:
    if letter == other:
        return 0
    return _CASE if letter.lower() == other.lower() else _MOVE
