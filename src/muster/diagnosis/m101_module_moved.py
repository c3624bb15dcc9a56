"""M101: the module is gone from where importers look for it, and the tree has it (or all that is wanted of it)
elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from muster.diagnosis.candidates import Place, resolves
from muster.diagnosis.case import Case
from muster.diagnosis.fate import home_in_history, never_was, path_steps, shown, since_path, traces_of, was_there
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.likeness import is_test, leading_parts
from muster.diagnosis.module_candidates import dotted_today, homes_of_parts, module_candidates
from muster.diagnosis.questions import MissingModule
from muster.diagnosis.roots import Root
from muster.index.near import closeness
from muster.index.sightings import ModuleSighting
from muster.model.cause import Candidate, Evidence
from muster.model.collection import Confidence, ModuleMissing, NameMissing
from muster.model.history import PathTrace
from muster.resolver.finder import place_of

COMMON_TAILS = frozenset(
    "api app base client common config conftest constants core database db errors exceptions fixtures handlers helpers "
    "main manager models settings schema schemas service services setup test tests types utils views".split()
)
"""So many packages have a module of such a name that one elsewhere proves nothing by its name alone."""


def explain(root: Root, case: Case) -> Finding | None:
    """The new home of a missing module, or of a missing submodule that was imported by `from package import module`."""
    match root.detail:
        case ModuleMissing(name=name):
            wanted = case.wanted(root, name)
        case NameMissing(module=module, name=name) if not case.index.hits.definers.get(name) or was_there(
            f"{module}.{name}", case
        ):
            wanted = MissingModule(f"{module}.{name}", (f"{module}.{name}",))
        case _:
            return None
    if wanted.name.partition(".")[0] in case.environment.stdlib_modules - case.index.top_level_modules:
        return None
    importers = frozenset(failure.report.path for failure in root.failures)
    package = renamed_package(wanted, case)
    if package is not None:
        return _finding(root, case, wanted, wanted.name, package, is_package=True)
    for asked in wanted.asked or (wanted.name,):
        names = wanted.names_of(asked)
        home = (
            _home_in_history(asked, case)
            or _home_of_parts(asked, names, case)
            or find_home(asked, names, case, importers)
        )
        # What never was there did not move, wherever its like may be today: that is M103's to say.
        if home is not None and not never_was(asked, case):
            return _finding(root, case, wanted, asked, home)
    return None


def renamed_package(wanted: MissingModule, case: Case) -> ModuleSighting | None:
    """The package that took the place of the missing one with all that was asked for below it, where git followed that."""
    below = [asked for asked in wanted.asked if asked.startswith(wanted.name + ".")]
    homes = {asked: _home_in_history(asked, case) for asked in below}
    found: set[str] = set()
    for asked, home in homes.items():
        rest = asked.removeprefix(wanted.name)
        if home is None or not home.dotted.endswith(rest):
            return None
        found.add(home.dotted.removesuffix(rest))
    if len(below) < 2 or len(found) != 1:
        return None
    package = found.pop()
    place = resolves(package, case) if package else None
    return ModuleSighting(place_of(place), package, 0) if place is not None else None


def _home_in_history(asked: str, case: Case) -> ModuleSighting | None:
    path = home_in_history(asked, case)
    dotted = dotted_today(path, asked, case) if path else ""
    return ModuleSighting(path, dotted, 0) if dotted else None


def _home_of_parts(asked: str, names: Sequence[str], case: Case) -> ModuleSighting | None:
    """The package that the modules of the package `asked` went to, where it had no file that git could follow."""
    homes = {dotted for _, dotted in homes_of_parts(asked, names, case)}
    package = resolves(next(iter(homes)), case) if len(homes) == 1 else None
    return ModuleSighting(place_of(package), homes.pop(), 0) if package is not None else None


def find_home(
    asked: str, names: tuple[str, ...], case: Case, importers: frozenset[str] = frozenset()
) -> ModuleSighting | None:
    """The file of the tree that most probably is the module `asked` now, or None."""
    candidates = [
        each for each in case.index.locate_module(asked) if each.path not in importers and each.dotted != asked
    ]
    scored = [(_score(each, asked, names, case), each) for each in candidates if each.dotted]
    good = sorted(((score, each) for score, each in scored if score > 0), key=lambda pair: (-pair[0], pair[1].path))
    if good and (len(good) == 1 or good[0][0] > good[1][0] or names):
        return good[0][1]
    return _by_its_names(names, case, importers)


def _score(sighting: ModuleSighting, asked: str, names: tuple[str, ...], case: Case) -> float:
    """Zero where the likeness is an accident of a common file name."""
    parts = asked.split(".")
    leading = leading_parts(asked, sighting.dotted)
    if sighting.shared < 2 and parts[-1] in COMMON_TAILS and not leading:
        return 0
    if names:
        held = _held(sighting.path, names, case)
        return held * 10 + sighting.shared + leading if held >= 0.5 else 0
    if sighting.shared >= 2 or (parts[-1] not in COMMON_TAILS and "_" in parts[-1]):
        return sighting.shared + leading + closeness(asked, sighting.dotted)
    return 0


def _held(path: str, names: tuple[str, ...], case: Case) -> float:
    """The share of `names` that the module at `path` has."""
    if not names or not path.endswith(".py"):
        return 0
    own = frozenset(case.index.names_in(path))
    return sum(name in own for name in names) / len(names)


def _by_its_names(names: tuple[str, ...], case: Case, importers: frozenset[str]) -> ModuleSighting | None:
    """The one module that defines most of the wanted names: the module was renamed, or taken apart."""
    counts = Counter(
        path for name in names for path in _homes(name, case) if path not in importers and not is_test(path)
    )
    best = sorted(counts, key=lambda path: (-counts[path], path))[:2]
    if not best or counts[best[0]] * 2 < len(names) or (len(names) == 1 and len(names[0]) < 5):
        return None
    if len(best) == 2 and counts[best[0]] == counts[best[1]]:
        return None
    dotted = case.spell(best[0])
    return ModuleSighting(best[0], dotted, 0) if dotted else None


def _homes(name: str, case: Case) -> frozenset[str]:
    return frozenset(each.path for each in case.index.locate_name(name) if each.kind != "import")


def _finding(
    root: Root, case: Case, wanted: MissingModule, asked: str, home: ModuleSighting, *, is_package: bool = False
) -> Finding:
    importers = frozenset(failure.report.path for failure in root.failures)
    traces = traces_of(wanted.asked[0] if is_package else asked, case)
    names = wanted.names_of(asked) if asked in wanted.asked else ()
    candidates = module_candidates(
        asked,
        names,
        case,
        importers,
        prefer=_chosen(home, wanted, traces, is_package=is_package),
        as_name=root.detail.name if isinstance(root.detail, NameMissing) else "",
    )
    best = candidates[0] if candidates else Candidate(home.dotted, path=home.path)
    evidence = [Evidence("home", f"{case.show(best.path)} is '{best.module}'", best.path)]
    if names:
        own = frozenset(case.index.names_in(best.path)) if best.path.endswith(".py") else frozenset()
        held = [name for name in names if name in own]
        evidence.append(Evidence("names", f"it has {len(held)} of the {len(names)} names asked for", best.path))
    # What was renamed on the way is not brought back by the new module's name alone.
    evidence.extend(each for each in best.evidence if each.kind == "renamed along")
    evidence.extend(path_steps(traces, case))
    evidence.extend(case.importers(case.index.importers_of(best.module)))
    evidence.extend(shown(candidates, from_first=False))
    evidence.extend(case.places_of(root, "import"))
    return Finding(
        "M101",
        asked,
        f"'{asked}' is not there; the tree has it as '{best.module}'",
        ("moved", asked),
        case.place_of(root.first),
        Confidence.CERTAIN if is_package or (traces and traces[0].end == best.path) else Confidence.LIKELY,
        tuple(evidence),
        remedies(f"import {_renamed_names(best)}from '{best.module}' instead of '{asked}'"),
        since=since_path(traces),
        candidates=candidates,
    )


def _renamed_names(best: Candidate) -> str:
    """The names that have other names at the new place, to stand before its own."""
    new = [best.name] if best.name else [name for _, name in best.renamed]
    return ", ".join(f"'{name}'" for name in new) + " " if new else ""


def _chosen(home: ModuleSighting, wanted: MissingModule, traces: Sequence[PathTrace], *, is_package: bool) -> Place:
    """What a rule's own choice weighs among the candidates: little for a guess, all for what git says of every module."""
    if not is_package:
        return Place(home.dotted, rank=0.25)
    commit = since_path(traces)
    words = f"all {len(wanted.asked)} modules that are imported below it went there"
    return Place(home.dotted, rank=40.0, evidence=[Evidence("git rename", words, home.path)], commit=commit)
