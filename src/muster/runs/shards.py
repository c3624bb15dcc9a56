"""Which part of a run one of several machines takes, decided by each of them alone.

Every machine sees the same files and costs and so comes to the same partition; `fingerprint` lets two machines be
compared that should have.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from muster.errors import UsageError
from muster.model.run import Unit

_SHARD = re.compile(r"(\d+)/(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`th (from 1) of `count` parts."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def parse_shard(text: str) -> Shard:
    """`2/5` as a value. Raises `UsageError`."""
    match = _SHARD.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"--shard {text}: it takes I/N, the Ith of N parts, such as 1/4 to 4/4")
    return Shard(int(match[1]), int(match[2]))


def pick_shard(units: Sequence[Unit], shard: Shard) -> list[Unit]:
    """The units of `shard`: the heaviest first to whichever part has least, ties by path; in the session's order."""
    loads = [0.0] * shard.count
    picked: list[Unit] = []
    for unit in sorted(units, key=lambda unit: (-unit.weight, unit.tasks[0].path)):
        target = min(range(shard.count), key=lambda number: (loads[number], number))
        loads[target] += unit.weight
        if target == shard.number - 1:
            picked.append(unit)
    return sorted(picked, key=lambda unit: unit.order)


def fingerprint(units: Sequence[Unit], root: str) -> str:
    """A short name of the whole partition's input, the same on machines that will agree."""
    text = "\n".join(
        f"{unit.weight:.6f} " + " ".join(task.path.removeprefix(root) for task in unit.tasks) for unit in units
    )
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
