"""What is still to be given out: the longest first, the tail in small portions, whoever asks next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from muster.model.run import Task, Unit

PORTIONS = 8
"""Into how many portions for each worker the work that is left is divided, each time somebody asks."""
MOST_FILES = 25


class Queue:
    """Units that wait for a worker. With one worker they keep the session's order."""

    def __init__(
        self, units: Iterable[Unit], workers: int, first: Iterable[Unit] = (), last: Iterable[Unit] = ()
    ) -> None:
        self._workers = max(workers, 1)
        ordered = sorted(
            units, key=(lambda unit: (0.0, unit.order)) if workers == 1 else (lambda unit: (-unit.weight, unit.order))
        )
        self._units = [*ordered, *last]
        self._first = list(first)

    def __len__(self) -> int:
        return len(self._units) + len(self._first)

    def take(self) -> tuple[Task, ...]:
        """The next portion, in the session's order; empty where nothing waits."""
        if self._first:
            return self._first.pop(0).tasks
        left = sum(unit.weight for unit in self._units)
        portion: list[Unit] = []
        weight, files = 0.0, 0
        while self._units:
            unit = self._units[0]
            weight, files = weight + unit.weight, files + len(unit.tasks)
            if portion and (weight > left / (self._workers * PORTIONS) or files > MOST_FILES):
                break
            portion.append(self._units.pop(0))
        return tuple(task for unit in sorted(portion, key=lambda unit: unit.order) for task in unit.tasks)

    def put_back(self, units: Sequence[Unit]) -> None:
        """Units that a lost worker did not get to: they come next."""
        self._first.extend(units)

    def put_last(self, unit: Unit) -> None:
        """A unit that comes after everything else."""
        self._units.append(unit)

    def clear(self) -> None:
        """Give out nothing more."""
        self._units.clear()
        self._first.clear()
