"""The two versions that every judgement of a comparison looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from muster.comparison.versions import Version


@dataclass(frozen=True, slots=True)
class Sides:
    """The two versions of the sources, and the folders that their node ids are relative to."""

    before: Version
    after: Version
    rootdir_before: str
    rootdir_after: str
    new_files: Callable[[], Sequence[str]] = tuple
    """Python files that only the later version has; asked for where a test seems to be deleted."""
    imported: Callable[[str], Sequence[str]] = lambda path: ()
    """The files of the project that a file imports, as far as their names tell."""
