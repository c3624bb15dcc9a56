"""What a missing module may be today: the files of its name, those that hold what is wanted of it, and what git says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster.diagnosis.candidates import (
    Place,
    file_of,
    holds,
    prefer_faces,
    ranked,
    resolves,
    said_by_importers,
    spelled_today,
    weight_of_importers,
)
from muster.diagnosis.case import Case
from muster.diagnosis.fate import traces_of, way_of
from muster.diagnosis.likeness import is_test, leading_parts
from muster.diagnosis.sources import passed_on_from
from muster.facts.outline import outline, same_text
from muster.index.near import closeness, nearest
from muster.index.spelling import dotted_below
from muster.model.cause import Candidate, Evidence
from muster.model.history import Step
from muster.ports import EntryKind, ReadFailure
from muster.resolver.finder import NamespacePackage, folder_of

NEAR_WEIGHT = 12.0
"""For a sibling whose name is all but the same; `nearest` lets nothing below its threshold through."""


def module_candidates(
    asked: str,
    names: Sequence[str],
    case: Case,
    importers: frozenset[str] = frozenset(),
    prefer: Place | None = None,
    as_name: str = "",
) -> tuple[Candidate, ...]:
    """Where the module `asked`, of which `names` are wanted, may be imported from today, best first.

    `importers` are the files that fail over it: none of them is the answer. `prefer` is a module that another rule has
    already chosen, with the weight and the evidence of that. `as_name` is how the module was imported from its package: what
    has that name within the new home may be meant, too.
    """
    places = {place.module: place for place in _places(asked, names, case, importers)}
    if prefer is not None:
        chosen = _place_for(prefer.module, places)
        chosen.speak_for(prefer.rank, *prefer.evidence)
        chosen.commit = chosen.commit or prefer.commit
    for step in git_steps(asked, case):
        _credit(step, dotted_today(step.to, asked, case), asked, places, case)
    for step, dotted in homes_of_parts(asked, names, case):
        _credit(step, dotted, asked, places, case)
    _credit_sources(asked, names, places, case)
    for place in places.values():
        _judge(place, asked, names, case)
    if names:
        prefer_faces(_renamed_with_all(asked, names, places, case), need_importers=True)
    _add_faces(places, case)
    if as_name:
        _add_names(as_name, places, case)
    return ranked(places.values())


def homes_of_parts(asked: str, names: Sequence[str], case: Case) -> Iterator[tuple[Step, str]]:
    """Where the modules went that were imported from the package `asked`, which may never have had a file of its own: each
    last step, with the package of today."""
    for name in names:
        for step in git_steps(f"{asked}.{name}", case):
            dotted = dotted_today(step.to, asked, case)
            if dotted.endswith(f".{name}"):
                yield step, dotted.removesuffix(f".{name}")


def _add_faces(places: dict[str, Place], case: Case) -> None:
    """The packages that pass on a renamed name from the module below that has it."""
    for place in list(places.values()):
        face = place.module.rpartition(".")[0]
        found = resolves(face, case) if place.name and place.rank > 0 and face and face not in places else None
        if found is not None and holds(found, place.name, case):
            evidence = Evidence("re-export", f"'{face}' has '{place.name}' too", file_of(found))
            places[face] = Place(face, place.name, place.change, file_of(found), place.rank - 1.0, [evidence])


def _add_names(name: str, places: dict[str, Place], case: Case) -> None:
    """Homes that hold something of their own name (`config.config`), as the files of today import it."""
    for place in list(places.values()):
        if (
            place.rank <= 0
            or place.name
            or not place.path.endswith(".py")
            or name not in case.facts(place.path).all_names
        ):
            continue
        lines = [line for line in case.index.spellings_of(name) if line.module == place.module]
        rank = place.rank - 1.0 + weight_of_importers(lines)
        evidence = [*place.evidence, *said_by_importers(lines, case)]
        places[f"{place.module}:{name}"] = Place(place.module, name, place.change, place.path, rank, evidence)


def _renamed_with_all(asked: str, names: Sequence[str], places: dict[str, Place], case: Case) -> dict[str, Place]:
    """Those places that have everything that is wanted, but for modules that kept their own name: who imported the module
    itself goes on doing so."""
    found = {module: resolves(module, case) for module in places}
    return {
        module: place
        for module, place in places.items()
        if module.rpartition(".")[2] != asked.rpartition(".")[2]
        and (there := found[module]) is not None
        and all(holds(there, name, case) for name in names)
    }


def git_steps(asked: str, case: Case) -> Iterator[Step]:
    """The last step of each file that the module was, where it leads to a file of today."""
    for trace in traces_of(asked, case):
        if trace.end and case.tree.kind(trace.end) is EntryKind.FILE:
            yield trace.steps[-1]


def _places(asked: str, names: Sequence[str], case: Case, importers: frozenset[str]) -> Iterator[Place]:
    found: dict[str, Place] = {}
    for sighting in case.index.locate_module(asked):
        if sighting.dotted and sighting.dotted != asked and sighting.path not in importers:
            place = found.setdefault(sighting.dotted, Place(sighting.dotted, path=sighting.path))
            place.speak_for(3.0 * sighting.shared, Evidence("same name", f"{case.show(sighting.path)}", sighting.path))
    for name in names:
        homes = [each for each in case.index.locate_name(name) if each.path not in importers and each.dotted]
        for home in homes:
            place = found.setdefault(home.dotted, Place(home.dotted, path=home.path))
            if home.kind != "import":
                place.speak_for(2.0 / len(homes), Evidence("definition", f"{home.kind} {name}", home.path, home.line))
    for module, lines in spelled_today(names, case, asked).items():
        place = found.setdefault(module, Place(module, path=file_of(resolves(module, case))))
        place.speak_for(weight_of_importers(lines), *said_by_importers(lines, case))
    for near in _near_siblings(asked, case):
        found.setdefault(near, Place(near, path=file_of(resolves(near, case))))
    yield from (place for place in found.values() if place.path not in importers and place.module != asked)


def _near_siblings(asked: str, case: Case) -> Iterator[str]:
    """Modules that stand where `asked` would, with nearly its name."""
    parent, _, last = asked.rpartition(".")
    siblings: set[str] = set()
    folders = case.index.roots if not parent else _folders(parent, case)
    for folder in folders:
        for name, kind in case.tree.listing(folder).items():
            if kind is EntryKind.FOLDER and name.isidentifier():
                siblings.add(name)
            elif name.endswith(".py"):
                siblings.add(name.removesuffix(".py"))
    for near in nearest(last, siblings):
        yield f"{parent}.{near}" if parent else near


def _folders(package: str, case: Case) -> Sequence[str]:
    found = resolves(package, case)
    return folder_of(found) if found is not None else ()


def _credit(step: Step, dotted: str, asked: str, places: dict[str, Place], case: Case) -> None:
    """What git says of where the module went, which is `dotted` today."""
    if not dotted or dotted == asked:
        return
    place = _place_for(dotted, places)
    place.path, place.commit = step.to, step.commit
    words = f"{step.commit} {step.kind} {way_of(step, case)}"
    is_gits = step.kind == "renamed"
    kind = "git rename" if is_gits else "git move"
    place.speak_for(30.0 if is_gits else 22.0, Evidence(kind, words, step.to, 0, step.commit.sha))


def _credit_sources(asked: str, names: Sequence[str], places: dict[str, Place], case: Case) -> None:
    """A module that only passed names on says itself where they came from."""
    for trace in traces_of(asked, case):
        held = outline(trace.source) if trace.source else {}
        for name in names:
            definition = held.get(name)
            if definition is None or definition.kind != "import":
                continue
            module, _ = passed_on_from(definition.text, name, trace.path, case)
            if module and module != asked:
                text = f"'{asked}' imported '{name}' from there"
                _place_for(module, places).speak_for(12.0, Evidence("source", text, file_of(resolves(module, case))))


def dotted_today(path: str, asked: str, case: Case) -> str:
    """How `path` is spelled by whoever spelled `asked`: below the root that the old name began at, where that is possible."""
    spelled = case.spell(path)
    top = asked.partition(".")[0]
    names = [dotted_below(path, root) for root in case.index.roots]
    return next((name for name in names if name.partition(".")[0] == top), spelled)


def _place_for(dotted: str, places: dict[str, Place]) -> Place:
    return places.setdefault(dotted, Place(dotted))


def _judge(place: Place, asked: str, names: Sequence[str], case: Case) -> None:
    """What the place itself says: the names that it has, and how like and near it is."""
    found = resolves(place.module, case)
    if found is None:
        place.rank = 0.0
        return
    place.path = place.path or file_of(found)
    place.change = "renamed" if place.module.rpartition(".")[2] != asked.rpartition(".")[2] else "moved"
    if names:
        held = [name for name in names if holds(found, name, case)]
        words = f"it has {len(held)} of the {len(names)} names asked for"
        place.speak_for(18.0 * len(held) / len(names), Evidence("names", words, place.path))
        _rename_along(place, asked, [name for name in names if name not in held], names, case)
    elif isinstance(found, NamespacePackage):
        place.rank *= 0.5
    near = closeness(asked.rpartition(".")[2], place.module.rpartition(".")[2])
    place.speak_for(NEAR_WEIGHT * max(near - 0.6, 0) + 1.5 * leading_parts(asked, place.module))
    if is_test(place.path) and not is_test(asked.replace(".", "/")):
        place.rank -= 25.0
    if any(part.startswith("_") for part in place.module.split(".")) and "_" not in (
        part[0] for part in asked.split(".") if part
    ):
        place.rank -= 1.0


def _rename_along(place: Place, asked: str, lacking: Sequence[str], names: Sequence[str], case: Case) -> None:
    """A module that has nothing of what is wanted is a poor answer, unless its names were renamed on the way."""
    found = {name: new for name in lacking if (new := _called_there(name, place, asked, case)) is not None}
    if len(lacking) == len(names):
        share = sum(0.9 if is_twin else 0.7 for _, is_twin in found.values()) / len(names)
        place.rank *= max(share, 0.3)
    if not found:
        return
    if len(names) == 1:
        place.name = found[names[0]][0]
    else:
        place.renamed = tuple((old, new) for old, (new, _) in found.items())
    words = ", ".join(f"'{old}' is probably '{new}'" for old, (new, _) in found.items())
    place.speak_for(0.1, Evidence("renamed along", f"{words} there", place.path))


def _called_there(name: str, place: Place, asked: str, case: Case) -> tuple[str, bool] | None:
    """What `name` of the module that is gone seems to be called at the place, and whether its text says so."""
    own = case.facts(place.path).all_names if place.path.endswith(".py") else ()
    old = next((outline(trace.source).get(name) for trace in traces_of(asked, case) if trace.source), None)
    if old is not None and own:
        new = outline(read_source(place.path, case))
        twin = next((each.name for each in new.values() if each.name != name and same_text(old, each)), "")
        if twin:
            return twin, True
    near = nearest(name, own, limit=1, threshold=0.6)
    return (near[0], False) if near else None


def read_source(path: str, case: Case) -> bytes:
    """The file's content, empty where it cannot be read."""
    try:
        return case.tree.read(path)
    except ReadFailure:
        return b""
