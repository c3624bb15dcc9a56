"""M105: a statement that ran earlier in the session changed `sys.path`, and now an import finds something else, or
nothing."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname

from muster.diagnosis.case import Case
from muster.diagnosis.contest import Contest, describe, find_contest
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.m104_module_shadowed import contest_evidence
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import ModuleMissing, NameMissing, PathEffect
from muster.resolver.finder import Found, NamespacePackage, place_of, resolve_dotted


def explain(root: Root, case: Case) -> Finding | None:
    """The statement at fault, what it put on the path or took off it, and what that changed."""
    return _made_another_win(root, case) or _took_away(root, case)


def _made_another_win(root: Root, case: Case) -> Finding | None:
    contest = find_contest(root.first, case)
    if contest is None:
        return None
    victim = root.first.report.path
    culprits = [
        effect
        for effect in case.effects_before(victim)
        if effect.kind in ("insert", "append", "assign") and case.entry(effect.value) == contest.entry
    ]
    if not culprits:
        return None
    effect, winner, loser = culprits[0], place_of(contest.winner), place_of(contest.loser)
    return Finding(
        "M105",
        contest.module,
        f"'{contest.module}' becomes {case.show(winner)} ({describe(contest.winner)}) instead of {case.show(loser)}"
        f" ({_with_its_rule(contest)}): {case.show(effect.culprit.path)}:{effect.culprit.line} put"
        f" {case.name_folder(contest.entry)} on sys.path",
        _group(effect),
        effect.culprit,
        evidence=(
            Evidence(
                "effect",
                f"puts {case.name_folder(contest.entry)} on sys.path at position {effect.index}, while"
                f" {case.show(effect.during)} is collected{_aim(contest, case)}",
                effect.culprit.path,
                effect.culprit.line,
            ),
            *contest_evidence(contest, case),
            *_alone(effect, victim, case),
            *(
                Evidence("also", "puts the same folder there", other.culprit.path, other.culprit.line)
                for other in _other_culprits(culprits)
            ),
            *case.places_of(root, "import"),
        ),
        remedies=remedies(*_ways_out(contest, effect, case)),
    )


def _with_its_rule(contest: Contest) -> str:
    always_loses = isinstance(contest.loser, NamespacePackage) and not isinstance(contest.winner, NamespacePackage)
    return describe(contest.loser) + (", which always loses" if always_loses else "")


def _group(effect: PathEffect) -> tuple[str, ...]:
    return ("polluted", effect.culprit.path, str(effect.culprit.line))


def _other_culprits(culprits: list[PathEffect]) -> list[PathEffect]:
    """Other statements that put the same entry there: correcting the first one alone would not help."""
    first = culprits[0].culprit
    others = {(each.culprit.path, each.culprit.line): each for each in culprits[1:]}
    others.pop((first.path, first.line), None)
    return list(others.values())[:5]


def _aim(contest: Contest, case: Case) -> str:
    """How far off the entry is from the folder that was probably meant."""
    meant = _root_of(contest.loser)
    steps, folder = 0, contest.entry
    while folder not in (meant, "/") and steps < 5:
        folder, steps = dirname(folder), steps + 1
    if folder != meant or not steps:
        return ""
    return f": {('one', 'two', 'three', 'four', 'five')[steps - 1]} .parent short of {case.name_folder(meant)}"


def _root_of(found: Found) -> str:
    path = place_of(found)
    return dirname(path.removesuffix("/__init__.py"))


def _alone(effect: PathEffect, victim: str, case: Case) -> Iterator[Evidence]:
    if effect.during != victim:
        yield Evidence("alone", f"collected alone, {case.show(victim)} finds the right module", victim)


def _ways_out(contest: Contest, effect: PathEffect, case: Case) -> Iterator[str]:
    meant, line = _root_of(contest.loser), effect.culprit.line
    place = f"{case.show(effect.culprit.path)}:{line}"
    if _aim(contest, case):
        wanted, got = case.name_folder(meant), case.name_folder(contest.entry)
        yield f"correct the number of parents at {place}: {wanted} was meant, not {got}"
    if meant in case.initial_path:
        yield f"delete {place}: {case.name_folder(meant)} is on the search path already"
    else:
        yield f'delete {place} and put pythonpath = ["{case.show(meant).rstrip("/")}"] into the configuration'
    if isinstance(contest.loser, NamespacePackage):
        yield f"not: {case.show(place_of(contest.loser))}__init__.py{_why_not(contest, meant)}"


def _why_not(contest: Contest, meant: str) -> str:
    path = contest.search_path
    stays_first = contest.entry in path and (meant not in path or path.index(contest.entry) < path.index(meant))
    if stays_first:
        return " does not help: the wrong folder stays first on the path"
    return " would hide the wrong path instead of correcting it"


def _took_away(root: Root, case: Case) -> Finding | None:
    """An entry that is gone from the path would have led to the module."""
    detail = root.detail
    if not isinstance(detail, ModuleMissing) or (isinstance(detail, NameMissing)):
        return None
    victim = root.first.report.path
    current = case.search_path(detail, victim)
    effects = case.effects_before(victim)
    for position, effect in enumerate(effects):
        for entry in _removed_by(effect, effects[:position], current, case):
            found = resolve_dotted(case.tree, detail.name, (entry, *current))
            if found is not None:
                return _removal(root, case, effect, entry, found)
    return None


def _removed_by(
    effect: PathEffect, earlier: tuple[PathEffect, ...], current: tuple[str, ...], case: Case
) -> tuple[str, ...]:
    """The entries that `effect` took away from others; a file that takes back what it put there itself is well-behaved."""
    if effect.kind == "remove":
        entry = case.entry(effect.value)
        own = any(each.during == effect.during and case.entry(each.value) == entry for each in earlier)
        return () if own or entry in current else (entry,)
    if effect.kind == "assign":
        return tuple(entry for entry in case.initial_path if entry not in current)
    return ()


def _removal(root: Root, case: Case, effect: PathEffect, entry: str, found: Found) -> Finding | None:
    name = root.detail.name if isinstance(root.detail, ModuleMissing) else ""
    victim, culprit = root.first.report.path, effect.culprit
    return Finding(
        "M105",
        name.partition(".")[0],
        f"'{name}' is {case.show(place_of(found))}, but {case.show(culprit.path)}:{culprit.line} took"
        f" {case.name_folder(entry)} off sys.path",
        _group(effect),
        culprit,
        evidence=(
            Evidence(
                "effect",
                f"takes {case.name_folder(entry)} off sys.path while {case.show(effect.during)} is collected",
                culprit.path,
                culprit.line,
            ),
            Evidence("loser", f"{case.show(place_of(found))} ({describe(found)})", place_of(found)),
            *_alone(effect, victim, case),
            *case.places_of(root, "import"),
        ),
        remedies=remedies(f"delete {case.show(culprit.path)}:{culprit.line}, or put the entry back after use"),
    )
