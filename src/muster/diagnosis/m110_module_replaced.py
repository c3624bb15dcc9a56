"""M110: a statement put another module, often a stub, into `sys.modules`, and imports met it instead of the real
one."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.roots import Failure, Root
from muster.model.cause import Evidence
from muster.model.collection import Confidence, ModuleMissing, NameMissing, PathEffect
from muster.resolver.finder import RegularPackage, SourceModule, place_of, resolve_dotted


def explain(root: Root, case: Case) -> Finding | None:
    """The statement that replaced the module that the failing import met."""
    detail, effect = root.detail, _replacement(root.first, case)
    if not isinstance(detail, ModuleMissing | NameMissing):
        return None
    if effect is None:
        return _by_an_unknown_statement(root, case)
    culprit = effect.culprit
    real = resolve_dotted(case.tree, effect.value, case.search_path(detail, root.first.report.path))
    met = detail.module_file if isinstance(detail, NameMissing) else detail.parent_file
    if real is not None and place_of(real) == met:
        # The idiom of loading a file by hand: the module that was put there is the real one.
        return None
    wanted = detail.name.rpartition(".")[2]
    return Finding(
        "M110",
        effect.value,
        f"'{effect.value}' is what {case.show(culprit.path)}:{culprit.line} put into sys.modules"
        + (f", not {case.show(place_of(real))}" if real else "")
        + f"; it has no '{wanted}'",
        ("replaced", culprit.path, str(culprit.line)),
        culprit,
        Confidence.CERTAIN if real else Confidence.LIKELY,
        (
            Evidence("effect", f"replaced while {case.show(effect.during)} is collected", culprit.path, culprit.line),
            *([Evidence("loser", f"{case.show(place_of(real))} is the real one", place_of(real))] if real else []),
            *_alone(effect, root, case),
            *case.places_of(root, "import"),
        ),
        remedies(
            "replace it for one test only: monkeypatch.setitem(sys.modules, ...) in a fixture",
            f"import the real '{effect.value}' before it is replaced",
        ),
    )


def _replacement(failure: Failure, case: Case) -> PathEffect | None:
    """The last statement before the failure that replaced the module, or a package above it."""
    match failure.exception.detail:
        case NameMissing(module=module):
            met = module
        case ModuleMissing(name=name, parent_is_module=is_module, search_path=search_path) if (
            is_module or not search_path
        ):
            # A stub may have `__path__ = []`, and then passes for a package in which nothing is found.
            met = name.rpartition(".")[0]
        case _:
            return None
    replaced = [each for each in case.effects_before(failure.report.path) if each.kind == "module"]
    found = [each for each in replaced if met and (met == each.value or met.startswith(each.value + "."))]
    return found[-1] if found else None


def _by_an_unknown_statement(root: Root, case: Case) -> Finding | None:
    """A module without a file that lacks a name, where the search path has a file of that module which defines it."""
    detail = root.detail
    if not isinstance(detail, NameMissing) or detail.module_file is not None or detail.initialising:
        return None
    real = resolve_dotted(case.tree, detail.module, case.search_path(detail, root.first.report.path))
    if not isinstance(real, SourceModule | RegularPackage) or detail.name not in case.index.names_in(real.path):
        return None
    return Finding(
        "M110",
        detail.module,
        f"'{detail.module}' in sys.modules is not {case.show(real.path)}, which defines '{detail.name}'",
        ("replaced", detail.module),
        case.place_of(root.first),
        Confidence.LIKELY,
        (
            Evidence("loser", f"{case.show(real.path)} is the real one", real.path),
            Evidence("rule", "a module without a file was put into sys.modules by some earlier statement"),
            *case.places_of(root, "import"),
        ),
        remedies("find who writes sys.modules, and let a fixture do it: monkeypatch.setitem(sys.modules, ...)"),
    )


def _alone(effect: PathEffect, root: Root, case: Case) -> tuple[Evidence, ...]:
    victim = root.first.report.path
    if effect.during == victim:
        return ()
    return (Evidence("alone", f"collected alone, {case.show(victim)} meets the real module", victim),)
