"""M104: another module of the same name wins the import, by a rule and not by any statement of an earlier file."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.contest import Contest, describe, find_contest
from muster.diagnosis.fate import name_traces
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import ModuleMissing, NameMissing
from muster.resolver.finder import NamespacePackage, place_of


def explain(root: Root, case: Case) -> Finding | None:
    """The winner, the loser and the rule; None where the import lost to nobody."""
    contest = find_contest(root.first, case)
    if contest is None:
        return _module_instead_of_package(root, case)
    if _had_it_once(contest, root, case):
        return None
    winner, loser = place_of(contest.winner), place_of(contest.loser)
    return Finding(
        "M104",
        contest.module,
        f"'{contest.module}' resolves to {case.show(winner)}, not {case.show(loser)}",
        ("shadowed", winner, loser),
        case.place_of(root.first),
        evidence=(
            *contest_evidence(contest, case),
            Evidence("entry", _why_on_path(contest, root.first.report.path, case), contest.entry),
            *case.places_of(root, "import"),
        ),
        remedies=remedies(*_ways_out(contest, case)),
    )


def _had_it_once(contest: Contest, root: Root, case: Case) -> bool:
    """Whether an older release of the project is installed besides, and the project's own package is what changed."""
    detail = root.detail
    if "/site-packages/" not in place_of(contest.loser) or not case.is_ours(place_of(contest.winner)):
        return False
    if isinstance(detail, NameMissing):
        return next(name_traces(detail, case), None) is not None
    below = f"{contest.entry}/{detail.name.replace('.', '/')}" if isinstance(detail, ModuleMissing) else ""
    return any(path in case.answers.history.paths for path in (f"{below}.py", f"{below}/__init__.py"))


def contest_evidence(contest: Contest, case: Case) -> tuple[Evidence, ...]:
    """Winner, loser and rule: the same three for every contest."""
    winner, loser = place_of(contest.winner), place_of(contest.loser)
    return (
        Evidence("winner", f"{case.show(winner)} ({describe(contest.winner)})", winner),
        Evidence("loser", f"{case.show(loser)} ({describe(contest.loser)})", loser),
        Evidence("rule", rule_of(contest, case)),
    )


def rule_of(contest: Contest, case: Case) -> str:
    """Why the winner wins, in one sentence."""
    if isinstance(contest.loser, NamespacePackage) and not isinstance(contest.winner, NamespacePackage):
        return "a regular package or module always beats namespace portions, wherever it stands on sys.path (PEP 420)"
    if contest.module in case.environment.stdlib_modules and not case.is_ours(place_of(contest.winner)):
        return "the standard library's module was imported before the project's search path entries counted"
    if "/site-packages/" in place_of(contest.winner):
        return f"an installed distribution has a top-level '{contest.module}', and its entry comes first"
    return "the first entry of sys.path that has the name wins"


def _why_on_path(contest: Contest, victim: str, case: Case) -> str:
    """Who put the winner's entry on the path: the invocation, or pytest itself for a test file (`_pytest/pathlib.py`)."""
    entry = case.name_folder(contest.entry)
    for effect in case.effects_before(victim):
        if effect.kind == "pytest" and case.entry(effect.value) == contest.entry:
            mode = case.invocation.import_mode
            return f"pytest's {mode} mode put {entry} on sys.path to import {case.show(effect.during)}"
    return f"{entry} is on the search path"


def _ways_out(contest: Contest, case: Case) -> tuple[str, ...]:
    winner, loser = place_of(contest.winner), place_of(contest.loser)
    if "/site-packages/" in winner and isinstance(contest.loser, NamespacePackage):
        return (f"add {case.show(loser)}__init__.py, so that the project's own package is a regular one",)
    if not case.is_ours(winner):
        return (f"rename {case.show(loser)}: the name belongs to {case.show(winner)}",)
    by_mode = case.invocation.import_mode != "importlib" and contest.entry not in case.initial_path
    return (
        f"rename {case.show(winner)}, or make it a part of a package of its own",
        "use --import-mode=importlib, which puts no test folder on sys.path" if by_mode else "",
        f"take {case.name_folder(contest.entry)} off the search path",
    )


def _module_instead_of_package(root: Root, case: Case) -> Finding | None:
    """`'p' is not a package`: a module file `p.py` was met where a package `p/` was meant."""
    detail = root.detail
    if not isinstance(detail, ModuleMissing) or not detail.parent_is_module:
        return None
    parent, _, last = detail.name.rpartition(".")
    packages = [each for each in case.index.locate_module(detail.name) if each.shared == len(detail.name.split("."))]
    if not packages:
        return None
    winner = detail.parent_file or parent
    return Finding(
        "M104",
        parent,
        f"'{parent}' resolves to {case.show(winner)}, a module, so '{last}' cannot be found in it",
        ("shadowed", winner, packages[0].path),
        case.place_of(root.first),
        evidence=(
            Evidence("winner", f"{case.show(winner)} (a module)", winner),
            Evidence("loser", f"{case.show(packages[0].path)} has what was meant", packages[0].path),
            Evidence("rule", "a module is no package: nothing can be imported from below it"),
            *case.places_of(root, "import"),
        ),
        remedies=remedies(f"rename {case.show(winner)}"),
    )
