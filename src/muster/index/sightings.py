"""What the index reports: places where a name or module lives, and lines that import it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModuleSighting:
    """A file or folder that is a module.

    `dotted` is its name below the deepest search path entry ("" where none reaches it); `shared` is how many trailing
    parts of the wanted name its path ends with.
    """

    path: str
    dotted: str
    shared: int

    def __str__(self) -> str:
        return self.dotted or self.path


@dataclass(frozen=True, slots=True)
class NameSighting:
    """A module-level definition: `kind` is `class`, `function`, `value` or `import` (a re-export)."""

    name: str
    path: str
    line: int
    kind: str
    dotted: str

    def __str__(self) -> str:
        return f"{self.dotted or self.path}:{self.name}"


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import statement: `module` absolute where that can be told, `name` "" for `import module`."""

    path: str
    line: int
    module: str
    name: str = ""

    def __str__(self) -> str:
        return f"from {self.module} import {self.name}" if self.name else f"import {self.module}"
