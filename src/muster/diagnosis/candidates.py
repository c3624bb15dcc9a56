"""Where what is missing may live today: every place that the evidence speaks for, ranked, each with its reasons.

A reason adds to the rank: a commit that git itself calls a renaming outweighs an identical definition, that one the
spelling of the other importers, and these outweigh likeness and nearness of the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

from muster.diagnosis.case import Case
from muster.index.bindings import bindings
from muster.index.sightings import ImportLine
from muster.index.spelling import resolve_relative
from muster.model.cause import Candidate, Evidence
from muster.model.commit import Commit
from muster.resolver.finder import (
    Found,
    NamespacePackage,
    RegularPackage,
    SourceModule,
    folder_of,
    resolve_dotted,
    resolve_on_path,
)

MOST = 8
"""More places than this are no answer; the rest is left out."""

TIE = 0.5
"""Places whose ranks differ by less are equally good."""


@dataclass(slots=True)
class Place:
    """A candidate in the making: its `rank` grows with the evidence for it."""

    module: str
    name: str = ""
    change: str = "moved"
    path: str = ""
    rank: float = 0.0
    evidence: list[Evidence] = field(default_factory=list)
    commit: Commit | None = None
    renamed: tuple[tuple[str, str], ...] = ()

    def speak_for(self, weight: float, *evidence: Evidence) -> None:
        """Add a reason."""
        self.rank += weight
        self.evidence.extend(each for each in evidence if each not in self.evidence)


def ranked(places: Iterable[Place]) -> tuple[Candidate, ...]:
    """The candidates that `places` become, best first; equals by name, and said to be so."""
    good = sorted((each for each in places if each.rank > 0), key=lambda each: (-each.rank, each.module, each.name))
    good = good[:MOST]
    following = [*good[1:], None]
    return tuple(
        Candidate(
            place.module,
            place.name,
            place.change,
            place.path,
            tuple(place.evidence),
            place.commit,
            after is not None and place.rank - after.rank < TIE,
            place.renamed,
        )
        for place, after in zip(good, following, strict=False)
    )


def prefer_faces(places: Mapping[str, Place], *, need_importers: bool) -> None:
    """Put a package before the module behind it, where nobody imports from that module and the package has the names.

    With `need_importers` only where others import from the package today.
    """
    for module in sorted(places, key=lambda module: -places[module].rank):
        place, face = places[module], places.get(module.rpartition(".")[0])
        if face is None or face.rank <= 0 or face.name != place.name or _is_imported(place):
            continue
        if _is_imported(face) or not need_importers:
            face.rank = max(face.rank, place.rank + 1.0)


def _is_imported(place: Place) -> bool:
    return any(each.kind == "importers" for each in place.evidence)


def spelled_today(names: Sequence[str], case: Case, gone: str) -> dict[str, list[ImportLine]]:
    """Modules of the project from which other files import one of `names` well, with these lines; `gone` is left out.

    The import in an `__init__.py` is a re-export, and says nothing of how others should spell it.
    """
    found: dict[str, list[ImportLine]] = {}
    for name in names:
        for line in case.index.spellings_of(name):
            if line.path.endswith("/__init__.py"):
                continue
            if line.module and line.module != gone and line not in found.get(line.module, ()):
                found.setdefault(line.module, []).append(line)
    return {module: lines for module, lines in found.items() if resolves(module, case)}


def weight_of_importers(lines: Sequence[ImportLine]) -> float:
    """What it says for a module that so many files import from it: forty are not ten times as good as four."""
    return 4 * log2(1 + len({line.path for line in lines}))


def resolves(module: str, case: Case) -> Found | None:
    """What the project's own folders give for the dotted name `module`, or None."""
    known = case.resolved.get(module, _UNASKED)
    if known is _UNASKED:
        known = case.resolved[module] = resolve_dotted(case.tree, module, case.index.roots)
    return known if isinstance(known, Found) else None


_UNASKED = object()


def file_of(found: Found | None) -> str:
    """The source file of a module, "" where it has none."""
    return found.path if isinstance(found, SourceModule | RegularPackage) else ""


def holds(found: Found, name: str, case: Case) -> bool:
    """Whether `name` can be imported from the module: a name that it binds, or a module in its folder."""
    path = file_of(found)
    if path and name in case.facts(path).all_names:
        return True
    if isinstance(found, RegularPackage | NamespacePackage):
        return isinstance(resolve_on_path(case.tree, name, folder_of(found)), Found)
    return False


def names_at(path: str, case: Case, depth: int = 2) -> tuple[str, ...]:
    """What the module at `path` binds, and what star imports of the project's own modules bring it."""
    facts = case.facts(path)
    found = dict.fromkeys(facts.all_names)
    for each in bindings(facts) if depth else ():
        level = len(each.module) - len(each.module.lstrip("."))
        module = resolve_relative(each.module.lstrip("."), level, path, case.index.roots) if each.name == "*" else ""
        file = file_of(resolves(module, case)) if module else ""
        if file.endswith(".py"):
            found.update(dict.fromkeys(name for name in names_at(file, case, depth - 1) if not name.startswith("_")))
    return tuple(found)


def said_by_importers(lines: Sequence[ImportLine], case: Case) -> Iterator[Evidence]:
    """One sentence on how many files spell it so."""
    yield from case.importers(tuple(lines))
