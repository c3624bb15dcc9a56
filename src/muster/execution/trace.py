"""What files ask of the process and change in it while they are imported: the raw material of `collection.dependence`.

Kept only where somebody asks which files must be given to one worker together; it decides nothing of a verdict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


def _sets() -> defaultdict[str, set[str]]:
    return defaultdict(set)


@dataclass(slots=True)
class ImportTrace:
    """One session's record.

    `base` is `sys.path` when the session began.

    By file whose code runs: `imports` are the modules that it asks for, `reached` the submodules that it reaches as
    attributes without importing them, `looked` the modules that it looks for in `sys.modules`, `replaced` those that it
    sets or drops there, `read` and `written` the environment variables that it looks at and changes, `got` and `patched`
    the attributes of other modules that it reads (noted once somebody has set one) and sets. `asked` are the entries
    that it looks for on `sys.path`.

    `files` maps a module to the files that ran under its name, `loaders` to the test files or conftests during whose
    collection that happened.
    """

    base: tuple[str, ...] = ()
    imports: defaultdict[str, set[str]] = field(default_factory=_sets)
    reached: defaultdict[str, set[str]] = field(default_factory=_sets)
    read: defaultdict[str, set[str]] = field(default_factory=_sets)
    looked: defaultdict[str, set[str]] = field(default_factory=_sets)
    replaced: defaultdict[str, set[str]] = field(default_factory=_sets)
    asked: defaultdict[str, set[str]] = field(default_factory=_sets)
    written: defaultdict[str, set[str]] = field(default_factory=_sets)
    patched: defaultdict[str, set[str]] = field(default_factory=_sets)
    got: defaultdict[str, set[str]] = field(default_factory=_sets)
    files: defaultdict[str, set[str]] = field(default_factory=_sets)
    loaders: defaultdict[str, set[str]] = field(default_factory=_sets)

    def begin(self, path: Sequence[object]) -> None:
        """The session begins: what stands on `sys.path` now belongs to no test file."""
        self.base = tuple(entry for entry in path if isinstance(entry, str))
