"""A fix: what would put a cause right, described as files before and after. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file, by its absolute path, before and after; None where it is not there."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to put a cause right; `kind` is a short slug (`rewrite`, `re-export`, `parents`, `marker`, ...).

    A `choice` is never applied by itself: only a person can know whether it is meant. A `stub` brings tests back to the
    collection, not to life; what `gives_up` tests ends their failure and not their absence. `needs` is what must be done
    besides, outside of the project's files: nothing can be proved before.
    """

    kind: str
    title: str
    changes: tuple[FileChange, ...] = ()
    choice: bool = False
    stub: bool = False
    gives_up: bool = False
    needs: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it touches."""
        return tuple(change.path for change in self.changes)
