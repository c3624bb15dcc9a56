"""What files ask of the process and change in it while they are imported: the raw material of `collection.dependence`.

Kept only where somebody asks which files must be given to one worker together; it decides nothing of a verdict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


def _sets() -> defaultdict[str, set[str]]:
    return defaultdict(set)


@dataclass(slots=True)
class ImportTrace:
    """One session's record.

    `base` and `variables` are `sys.path` and the environment variables when the session began.

    By file whose code runs: `imports` are the modules that it asks for, `reached` the submodules that it reaches as
    attributes without importing them, `looked` the modules that it looks for in `sys.modules`, `read` the environment
    variables that it looks at, `got` the attributes of modules that it reads once somebody has set one from outside.

    By test file or conftest that is being collected: `asked` are the entries that it looks for on `sys.path`, `replaced`
    the entries of `sys.modules` that it sets or drops, `written` the variables that it changes, `patched` the
    `module.attribute`s that it sets from outside.

    `files` maps a module to the files that ran under its name, `loaders` to the test files or conftests during whose
    collection that happened.
    """

    base: tuple[str, ...] = ()
    variables: dict[str, object] = field(default_factory=dict)
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

    def begin(self, path: Sequence[object], variables: Mapping[str, object]) -> None:
        """The session begins: what stands now belongs to no test file."""
        self.base = tuple(entry for entry in path if isinstance(entry, str))
        self.variables = dict(variables)

    def notice_variables(self, during: str, variables: Mapping[str, object]) -> None:
        """Charge what changed in the environment variables since the last time to `during`."""
        if during and variables != self.variables:
            names = {*variables, *self.variables}
            self.written[during].update(
                name for name in names if variables.get(name, self) != self.variables.get(name, self)
            )
        self.variables = dict(variables)
