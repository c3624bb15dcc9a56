"""What a missing name may be today: the same name elsewhere, another name in the same module, and what git says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from muster.diagnosis.candidates import (
    TIE,
    Place,
    file_of,
    holds,
    names_at,
    prefer_faces,
    ranked,
    resolves,
    said_by_importers,
    spelled_today,
    weight_of_importers,
)
from muster.diagnosis.case import Case
from muster.diagnosis.fate import name_traces
from muster.diagnosis.likeness import is_test, leading_parts
from muster.diagnosis.sources import passed_on_from
from muster.index.bindings import binding_of
from muster.index.near import closeness, nearest
from muster.index.spelling import resolve_relative
from muster.model.cause import Candidate, Evidence
from muster.model.collection import NameMissing
from muster.model.history import NameTrace

MOST_PASSING_ON = 20

COMMON = 3
"""A name that more modules define is an ordinary word: each of them is then less likely to be the one."""


def name_candidates(detail: NameMissing, case: Case) -> tuple[Candidate, ...]:
    """Where `detail.name` may be imported from today, and under which name, best first."""
    trace = next(name_traces(detail, case), None)
    within = list(_in_the_module(detail, case, trace))
    return ranked(_each_once([*_elsewhere(detail, case, trace), *within, *_passed_on_today(within, case)]))


def _each_once(places: Iterable[Place]) -> list[Place]:
    """`places`, those found in two ways with the reasons of both and the better rank."""
    found: dict[tuple[str, str], Place] = {}
    for place in places:
        known = found.setdefault((place.module, place.name), place)
        if known is not place:
            known.rank = max(known.rank, place.rank)
            known.speak_for(0.0, *place.evidence)
    return list(found.values())


def _elsewhere(detail: NameMissing, case: Case, trace: NameTrace | None) -> Iterator[Place]:
    """Modules that have the name: by definition, by re-export, by how other files import it."""
    found: dict[str, Place] = {}
    homes = [
        each
        for each in case.index.locate_name(detail.name)
        if each.dotted and each.path not in (detail.module_file, detail.importer)
    ]
    defined = [each for each in homes if each.kind != "import"]
    for home in homes:
        place = found.setdefault(home.dotted, Place(home.dotted, detail.name, path=home.path))
        if home.kind != "import":
            weight = 14.0 if len(defined) <= COMMON else 14.0 * COMMON / len(defined)
            place.speak_for(weight, Evidence("definition", f"{home.kind} {home.name}", home.path, home.line))
            if trace is not None and trace.kind == home.kind:
                place.speak_for(3.0)
        else:
            # Who imported it from a package meant the package's face, not the module behind it.
            weight = 16.0 if (detail.module_file or "").endswith("/__init__.py") else 8.0
            place.speak_for(weight, Evidence("re-export", f"imports {home.name}", home.path, home.line))
    for module, lines in spelled_today([detail.name], case, detail.module).items():
        resolved = resolves(module, case)
        if resolved is not None and (module in found or holds(resolved, detail.name, case)):
            place = found.setdefault(module, Place(module, detail.name, path=file_of(resolved)))
            place.speak_for(weight_of_importers(lines), *said_by_importers(lines, case))
    if trace is not None:
        _taken(detail, trace, found, case)
    if trace is not None and trace.kind == "import":
        _passed_on(detail, case, trace, found)
    _weigh_nearness(detail, found)
    prefer_faces(found, need_importers=False)
    yield from found.values()


def _taken(detail: NameMissing, trace: NameTrace, found: dict[str, Place], case: Case) -> None:
    """Modules that gained the name, or its text under another one, in the commit that took it out."""
    for path, name in trace.taken:
        dotted = case.spell(path)
        resolved = resolves(dotted, case) if dotted else None
        if resolved is None or dotted == detail.module or not holds(resolved, name, case):
            continue
        place = found.setdefault(dotted, Place(dotted, name, path=path))
        if place.name == name:
            place.commit = trace.commit
            words = f"{trace.commit} took '{detail.name}' out and put '{name}' in there"
            place.speak_for(14.0, Evidence("same commit", words, path, 0, trace.commit.sha))


def _weigh_nearness(detail: NameMissing, found: dict[str, Place]) -> None:
    for place in found.values():
        place.speak_for(2.0 * leading_parts(place.module, detail.module))
        if is_test(place.path):
            place.rank -= 15.0


def _passed_on(detail: NameMissing, case: Case, trace: NameTrace, found: dict[str, Place]) -> None:
    """A name that the module only passed on: where it imported it from, and the modules that still import it so."""
    module, original = passed_on_from(trace.definition, detail.name, trace.path, case)
    resolved = resolves(module, case) if module else None
    if resolved is not None and module != detail.module and holds(resolved, original, case):
        place = found.setdefault(module, Place(module, original, path=file_of(resolved)))
        place.speak_for(16.0, Evidence("source", f"'{detail.module}' imported it from there", file_of(resolved)))
    for line in case.index.imports_of(detail.name)[:MOST_PASSING_ON]:
        dotted = case.spell(line.path)
        if dotted and dotted != detail.module and line.path != detail.importer and not is_test(line.path):
            place = found.setdefault(dotted, Place(dotted, detail.name, path=line.path))
            place.speak_for(2.0, Evidence("imports it too", str(line), line.path, line.line))


def _in_the_module(detail: NameMissing, case: Case, trace: NameTrace | None) -> Iterator[Place]:
    """Names that the module has today, near in spelling or in what they are."""
    file = detail.module_file
    if not file or not file.endswith(".py"):
        return
    own = names_at(file, case)
    # A name that was there went somewhere: then less likeness will do.
    near = nearest(detail.name, own, limit=4) if trace is None else nearest(detail.name, own, limit=6, threshold=0.55)
    added = [name for name in (trace.added if trace else ()) if name in own]
    for name in dict.fromkeys((*added, *near)):
        place = Place(detail.module, name, "renamed", file)
        place.speak_for(14.0 * closeness(detail.name, name), Evidence("nearest", f"'{name}'", file))
        if name.casefold().replace("_", "") == detail.name.casefold().replace("_", ""):
            place.speak_for(
                12.0, Evidence("same letters", f"'{name}' differs in nothing but case and underscores", file)
            )
        if trace is not None and name in added:
            place.commit = trace.commit
            if name in trace.same:
                text = f"{trace.commit} renamed '{detail.name}' to '{name}': the definition is the same"
                place.speak_for(30.0, Evidence("same definition", text, file, 0, trace.commit.sha))
            else:
                text = f"{trace.commit} took '{detail.name}' out and put '{name}' in"
                place.speak_for(
                    9.0 if name == added[0] else 7.0, Evidence("same commit", text, file, 0, trace.commit.sha)
                )
        yield place


def _passed_on_today(within: Iterable[Place], case: Case) -> Iterator[Place]:
    """Where the module has those of its names from that it only passes on itself; a package does so on purpose."""
    for place in within:
        bound = binding_of(case.facts(place.path), place.name)
        if place.path.endswith("/__init__.py") or bound is None or bound.kind != "import" or not bound.original:
            continue
        level = len(bound.module) - len(bound.module.lstrip("."))
        module = resolve_relative(bound.module.lstrip("."), level, place.path, case.index.roots)
        resolved = resolves(module, case) if module else None
        if resolved is not None and holds(resolved, bound.original, case):
            evidence = Evidence("source", f"'{place.module}' has '{place.name}' from there", file_of(resolved))
            yield Place(
                module, bound.original, "renamed", file_of(resolved), place.rank + 2 * TIE, [*place.evidence, evidence]
            )
