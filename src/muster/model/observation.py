"""Real collections: how much of one is asked for, and one that was seen once, as it is kept for later."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Which test files of a session a child collects: `files` and what lies in `folders` (None and none: all), none of
    `skip`; a conftest there stands for its whole folder. Absolute paths."""

    files: frozenset[str] | None = None
    folders: tuple[str, ...] = ()
    skip: frozenset[str] = frozenset()

    def holds(self, path: str) -> bool:
        """Whether the file at `path` is among those asked for, left out or not."""
        if self.files is None or path in self.files:
            return True
        return any(path.startswith(f"{folder}/") for folder in self.folders)


EVERYTHING = Part()


@dataclass(frozen=True, slots=True)
class Observation:
    """What pytest collected, when, and how long that took as a whole process.

    `selection` identifies what it was told to collect. `errors` are node ids with the exception of each; `workers` is 0
    where the process collected itself, else how many processes of pytest-xdist did it for it.
    """

    selection: str
    observed_at: str
    seconds: float
    command: str
    python: str
    pytest: str
    workers: int = 0
    errors: tuple[tuple[str, str], ...] = ()
    nodeids: tuple[str, ...] = ()
