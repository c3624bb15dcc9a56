"""What a project's history is asked, and what it answers: what became of paths and names, and who wrote an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.model.commit import Commit


@dataclass(frozen=True, slots=True)
class CommitFiles:
    """A commit and the absolute paths of the files that it changed."""

    commit: Commit
    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file of today, since when is asked: `kind` is `syntax` (it does not parse), `unbound` (it uses
    the name `text` and binds it nowhere), `import` (it imports one of the names in `text`), `line` (it has the line `text`
    so many `times`) or `file` (it is there at all)."""

    kind: str
    path: str
    text: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class HistoryQuestions:
    """What is to be found out. Paths are absolute; a name is asked for with the file that once may have held it.

    `paths` are files that the tree does not have; `imports` are imports that stand in a file today: the file, the module
    as written (without leading dots), and the name, "" for `import module`. `origins` are files of today: where were they?
    `lost` are names that no file of today defines: did any file ever? That is looked for only where nothing else settles it.
    """

    paths: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str, str], ...] = ()
    origins: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    lost: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.needs_all or self.faults)

    @property
    def needs_all(self) -> bool:
        """Whether the answer lies anywhere in the history, and not in that of a few files alone."""
        return bool(self.paths or self.names or self.imports or self.origins or self.lost)


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit did to a file: `kind` is `renamed` (git says so), `moved` (its names appear in `to`, in this commit
    or its neighbour) or `deleted`; `likeness` is git's own, in per cent."""

    kind: str
    path: str
    commit: Commit
    to: str = ""
    likeness: int = 0


@dataclass(frozen=True, slots=True)
class PathTrace:
    """What became of a file, oldest step first; `source` is what it held when the last step took it away."""

    path: str
    steps: tuple[Step, ...]
    source: bytes = b""

    @property
    def end(self) -> str:
        """Where it came to lie, "" where it is gone."""
        return self.steps[-1].to if self.steps else ""


@dataclass(frozen=True, slots=True)
class NameTrace:
    """The commit that took a name out of a file: `definition` is its text before, `added` are the names that the same
    commit gave to the file, best likeness of the text first, `same` those of them that have the very same text.

    `taken` are other files that gained it in that commit, each with the name that it has there.
    """

    path: str
    name: str
    commit: Commit
    definition: str = ""
    kind: str = ""
    added: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PastVersion:
    """What a file held from `commit` on."""

    commit: Commit
    content: bytes


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The answers. What has no entry was not found; `gaps` say what was not looked at, and why.

    `asked` is false where there is no history at all: nothing then follows from absence. `starred` are files of which some
    version had a star import: a name without an entry may have come through it. `since` is in git's order, newest
    first, and has a commit without a name for a fault that is not committed yet. `seconds` is what the asking took;
    `notes` say what was not looked at without anything following from it.
    """

    asked: bool = False
    paths: Mapping[str, PathTrace] = field(default_factory=dict)
    names: Mapping[tuple[str, str], NameTrace] = field(default_factory=dict)
    imports: Mapping[tuple[str, str, str], Commit] = field(default_factory=dict)
    origins: Mapping[str, PathTrace] = field(default_factory=dict)
    since: Mapping[Fault, Commit] = field(default_factory=dict)
    lost: Mapping[str, NameTrace] = field(default_factory=dict)
    starred: frozenset[str] = frozenset()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether everything that was asked for was looked at, from the first commit on."""
        return self.asked and not self.gaps
