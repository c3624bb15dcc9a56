"""One declared distribution, and how names of distributions are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared distribution: its PEP 503 name, what follows it (`>=2`), where, and the group or extra ("" for
    runtime).

    `locked` is true for what a lock file merely pins.
    """

    name: str
    specifier: str
    path: str
    line: int
    group: str = ""
    locked: bool = False

    def admits(self, version: str) -> bool:
        """Whether the installed `version` is one of those that are asked for; true where that cannot be told."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # few projects have anything at odds
        from packaging.version import InvalidVersion, Version

        try:
            return SpecifierSet(as_pep_440(self.specifier)).contains(Version(version), prereleases=True)
        except (InvalidSpecifier, InvalidVersion):
            return True


def normal_name(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).casefold()


def as_pep_440(specifier: str) -> str:
    """Poetry's `^1.2.3` and `~1.2` as ranges; everything else as it stands."""
    return ",".join(_ranges(part.strip()) for part in specifier.split(",") if part.strip())


def _ranges(part: str) -> str:
    """One clause: a caret keeps the first number that is not 0, a tilde the first two (poetry's dependency specification)."""
    found = re.fullmatch(r"([\^~])\s*v?(\d+(?:\.\d+)*)", part)
    if found is None:
        return f"=={part}" if part[:1].isdigit() else part
    numbers = [int(number) for number in found[2].split(".")]
    if found[1] == "~":
        kept = min(len(numbers), 2)
    else:
        kept = next((place for place, number in enumerate(numbers, 1) if number), len(numbers))
    upper = [*numbers[: kept - 1], numbers[kept - 1] + 1]
    return f">={found[2]},<{'.'.join(map(str, upper))}"
