"""Which of the names at hand somebody may have meant: by spelling, and by the words that a name is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

THRESHOLD = 0.72
"""Below it suggestions read as noise (`load_user` for `load_order`); measured by eye on misspelt and renamed names."""

ONE_SLIP = 0.75
"""One slip of the finger in a name of three letters: a third of it, and still the likeliest reason."""


def nearest(name: str, candidates: Iterable[str], limit: int = 3, threshold: float = THRESHOLD) -> tuple[str, ...]:
    """The up to `limit` candidates closest to `name`, best first; `name` itself is never among them."""
    others = {candidate for candidate in candidates if candidate != name and not candidate.startswith("__")}
    scored = sorted((-closeness(name, other), other) for other in others)
    return tuple(other for score, other in scored[:limit] if -score >= threshold)


def closeness(name: str, other: str) -> float:
    """Between 0 and 1: the better of the spelling's and the words' agreement."""
    if name.casefold().replace("_", "") == other.casefold().replace("_", ""):
        return 0.99
    if _is_one_slip(name.casefold(), other.casefold()):
        return max(ONE_SLIP, SequenceMatcher(None, name.casefold(), other.casefold()).ratio())
    by_words = _agreement(words_of(name), words_of(other))
    matcher = SequenceMatcher(None, name.casefold(), other.casefold())
    if matcher.real_quick_ratio() < by_words or matcher.quick_ratio() < by_words:
        return by_words
    return max(by_words, matcher.ratio())


def _is_one_slip(name: str, other: str) -> bool:
    """Whether one letter is another one, or two neighbours changed places; in two letters that is no likeness."""
    if len(name) != len(other) or len(name) < 3:
        return False
    wrong = [place for place, pair in enumerate(zip(name, other, strict=True)) if pair[0] != pair[1]]
    is_swap = (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and name[wrong[0] : wrong[1] + 1] == other[wrong[1]] + other[wrong[0]]
    )
    return len(wrong) == 1 or is_swap


def words_of(name: str) -> frozenset[str]:
    """`{"http", "client"}` for `HTTPClient` and `http_client` alike."""
    return frozenset(word.casefold() for word in _WORD.findall(name))


def _agreement(words: frozenset[str], others: frozenset[str]) -> float:
    # One word in common with another one-word name is equality, which spelling has already judged.
    if len(words) < 2 and len(others) < 2:
        return 0.0
    return 0.95 * len(words & others) / len(words | others)
