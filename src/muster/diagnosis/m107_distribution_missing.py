"""M107: a third-party module that no installed distribution provides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from muster.diagnosis.case import Case
from muster.diagnosis.contest import entry_of, winner_of
from muster.diagnosis.declaration import Declaration, as_pep_440, normal_name
from muster.diagnosis.declared import usual_rank
from muster.diagnosis.fate import was_there
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.m101_module_moved import find_home
from muster.diagnosis.ownership import is_own
from muster.diagnosis.providers import provider_of, variants_of
from muster.diagnosis.questions import MissingModule
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import Confidence, ModuleMissing, NameMissing, OtherFailure


def explain(root: Root, case: Case) -> Finding | None:
    """The distribution that provides the module, and whether and where the project declares it."""
    detail = root.detail
    if isinstance(detail, OtherFailure):
        return _by_its_words(root, case)
    if not isinstance(detail, ModuleMissing | NameMissing):
        return None
    module = detail.name if isinstance(detail, ModuleMissing) else detail.module
    if isinstance(detail, ModuleMissing) and was_there(module, case):
        return None  # a module of the project's own, which its history remembers
    shared = _part_of_own_namespace(module, root, case)
    if shared:
        return _finding(root, case, f"'{module}'", shared, "declared")
    top = module.partition(".")[0]
    stand_in = _stand_in(root, case)
    if not _is_third_party(top, module, case) or (_is_met(detail) and stand_in is None):
        return None
    asked = _spelled_out(case.answers.missing_module(module), module)
    provider, known_by = find_provider(asked, case, case.declarations_for(case.place_of(root.first).path))
    if known_by == "guess" and (stand_in is not None or _looks_like_own(top, case) or _has_a_home(module, case)):
        return None
    what = f"'{top if stand_in else module}'"
    return _finding(root, case, what, provider, known_by, *([stand_in] if stand_in else []))


def _spelled_out(missing: MissingModule, module: str) -> str:
    """The module as an importer spells it; of a package that many distributions share, with what is taken from it
    (`from google.cloud import storage`)."""
    asked = next(iter(missing.asked), module)
    parts = (f"{asked}.{name}" for name in missing.names)
    return asked if provider_of(asked) is not None else next((part for part in parts if provider_of(part)), asked)


def _part_of_own_namespace(module: str, root: Root, case: Case) -> str:
    """The declared, absent distribution named after the dotted name (`shop-sdk` for `shop.sdk`), which adds to a
    package that the project has itself; "" where there is none."""
    near = case.declarations_for(case.place_of(root.first).path)
    declared = {each.name for each in near} - case.installed
    parts = module.split(".")
    names = (normal_name("-".join(parts[:end])) for end in range(len(parts), 1, -1))
    return next((name for name in names if name in declared), "")


def _is_met(detail: ModuleMissing | NameMissing) -> bool:
    """Whether a module of the top-level name was met, so that something else lacks what was wanted."""
    return isinstance(detail, NameMissing) or detail.parent_is_module or "." in detail.name


def _stand_in(root: Root, case: Case) -> Evidence | None:
    """What was met under the name of the absent distribution: a folder outside of the project, or one that an earlier
    statement brought within reach. Where the project itself has such a module, nothing stands in for anything."""
    detail = root.detail
    if not isinstance(detail, ModuleMissing | NameMissing) or not _is_met(detail):
        return None
    winner = winner_of(detail, case)
    if winner is None or "/site-packages/" in winner:
        return None
    entry = entry_of(winner, detail.name.rpartition(".")[0] if isinstance(detail, ModuleMissing) else detail.module)
    for effect in case.effects_before(root.first.report.path):
        if effect.kind in ("insert", "append", "assign") and case.entry(effect.value) == entry:
            place = effect.culprit
            text = f"{case.show(winner)} steps in for it, since {case.name_folder(entry)} was put on sys.path here"
            return Evidence("stand-in", text, place.path, place.line)
    # What is met is a bare folder of the project that is nobody's package.
    is_bare = not winner.endswith(".py")
    return (
        Evidence("stand-in", f"{case.show(winner)}, a folder without __init__.py, steps in for it") if is_bare else None
    )


def _by_its_words(root: Root, case: Case) -> Finding | None:
    """An exception of the project's or a library's own that says which distribution it misses."""
    exception = root.first.exception
    match = _ASKS_FOR.search(exception.message) if exception.type in ("ImportError", "RuntimeError") else None
    provider = next((group for group in match.groups() if group), "") if match else ""
    if not provider or normal_name(provider) in case.installed:
        return None
    return _finding(root, case, case.show(case.place_of(root.first).path), provider, "message")


def _finding(root: Root, case: Case, what: str, provider: str, known_by: str, *more: Evidence) -> Finding:
    place = case.place_of(root.first)
    near = case.declarations_for(place.path)
    declared = [each for each in near if each.name == normal_name(provider)]
    return Finding(
        "M107",
        provider,
        _message(what, provider, known_by, declared, case),
        ("distribution", normal_name(provider)),
        place,
        _confidence(known_by, declared, case),
        (
            _provider_evidence(what, provider, known_by),
            *more,
            *_declarations(declared, near, case),
            *_requirers(provider, case),
            *case.places_of(root, "import"),
        ),
        remedies(*_ways_out(provider, declared, near, case)),
    )


def _provider_evidence(what: str, provider: str, known_by: str) -> Evidence:
    if known_by == "message":
        return Evidence("provider", f"the exception's own words name {provider}")
    return Evidence("provider", f"{what} is provided by {provider} ({_SOURCES[known_by]})")


_SOURCES = {
    "metadata": "by the metadata of what is installed",
    "declared": "the project declares a distribution of that name",
    "locked": "the project's lock file has a distribution of that name",
    "table": "by Muster's own table",
    "guess": "a guess: a distribution is often named as its module",
}

_ASKS_FOR = re.compile(
    r"pip3? install ['\"]?([A-Za-z][\w.-]*)|['\"`]([A-Za-z][\w.-]*)['\"`] to be installed"
    r"|requires (?:that )?(?:the )?(?:Python )?['\"`]([A-Za-z][\w.-]*)['\"`] (?:library|package|module)"
    r"|(?:optional|missing) dependency ['\"`]([A-Za-z][\w.-]*)['\"`]"
)


def find_provider(module: str, case: Case, declarations: Sequence[Declaration] | None = None) -> tuple[str, str]:
    """The distribution that provides `module`, and how that is known: a key of the sources."""
    installed = case.distribution_of(module)
    if installed is not None and "." not in module:
        return installed.name, "metadata"
    given = case.declarations if declarations is None else declarations
    sources = {each.name: "locked" if each.locked else "declared" for each in reversed(given)}
    parts = module.split(".")
    own = [normal_name("-".join(parts[:end])) for end in range(len(parts), 0, -1)]
    # What the project itself asks for by that very name goes before what the name usually means.
    exact = next((name for name in own if name in sources), "")
    known = provider_of(module)
    if exact and (known is None or normal_name(known) != exact):
        return exact, sources[exact]
    if known is not None:
        return next((name for name in variants_of(known) if normal_name(name) in sources), known), "table"
    for candidate in own:
        for name in (f"python-{candidate}", f"py{candidate}"):
            if name in sources:
                return name, sources[name]
    return parts[0], "guess"


def _is_third_party(top: str, module: str, case: Case) -> bool:
    """Whether the name is neither the standard library's, nor the tree's, nor installed."""
    if top in case.environment.stdlib_modules or is_own(top, case):
        return False
    # `google` and `azure` are namespaces of many distributions: that one is installed says nothing of the others.
    return case.distribution_of(top) is None or ("." in module and provider_of(module) is not None)


def _looks_like_own(top: str, case: Case) -> bool:
    """Whether an undeclared, unknown name is more probably a module that the project lost."""
    from_tests = top.startswith("test_") or top.endswith(("_test", "_tests")) or top in ("tests", "conftest", "src")
    return from_tests or bool(case.index.locate_module(top)) or not top.islower()


def _has_a_home(module: str, case: Case) -> bool:
    """Whether the tree has what is asked for elsewhere: a whole package may have been renamed."""
    wanted = case.answers.missing_module(module)
    return any(find_home(asked, wanted.names, case) is not None for asked in wanted.asked)


def _confidence(known_by: str, declared: list[Declaration], case: Case) -> Confidence:
    if case.environment_is_foreign:
        return Confidence.UNDECIDED
    is_known = bool(declared) or known_by in ("metadata", "table")
    return Confidence.CERTAIN if is_known else Confidence.LIKELY


def _message(what: str, provider: str, known_by: str, declared: list[Declaration], case: Case) -> str:
    here = [each for each in declared if not each.locked]
    if here:
        where = f"which {case.show(here[0].path)} declares and nobody installed"
    elif declared:
        where = f"which only {case.show(declared[0].path)} mentions"
    else:
        where = "which the project does not declare"
    if known_by == "message":
        return f"{what} asks for '{provider}', {where}"
    verb = "is probably" if known_by == "guess" and not declared else "is"
    return f"{what} {verb} provided by '{provider}', {where}"


def _declarations(declared: list[Declaration], near: Sequence[Declaration], case: Case) -> Iterator[Evidence]:
    if not declared:
        files = ", ".join(case.show(path) for path in _declaring_files(near))
        yield Evidence("undeclared", f"not declared in {files}" if files else "the project declares nothing")
    for each in declared[:3]:
        group = f" in {each.group}" if each.group else ""
        verb = "locked" if each.locked else "declared"
        yield Evidence("declared", f"{verb}{group}: {each.name}{each.specifier}", each.path, each.line)


def _declaring_files(near: Sequence[Declaration]) -> list[str]:
    """The files that declare distributions, those that a newcomer would open first in front."""
    return sorted({each.path for each in near if not each.locked}, key=lambda path: (usual_rank(path), path))


def _requirers(provider: str, case: Case) -> Iterator[Evidence]:
    """Installed distributions that ask for it: it came with one of them before, or should have."""
    for each in case.environment.distributions:
        for requirement in each.requires:
            if normal_name(requirement.split(" ")[0].split(";")[0].rstrip("<>=!~0123456789.,*")) == normal_name(
                provider
            ):
                yield Evidence("required by", f"{each.name} {each.version} asks for {requirement}")


def _ways_out(provider: str, declared: list[Declaration], near: Sequence[Declaration], case: Case) -> Iterator[str]:
    here = [each for each in declared if not each.locked]
    if here and here[0].group.startswith("extra "):
        yield f"install the extra: pip install -e '.[{here[0].group.removeprefix('extra ')}]'"
    elif here:
        yield f"install what {case.show(here[0].path)} declares: pip install '{provider}{as_pep_440(here[0].specifier)}'"
    else:
        files = _declaring_files(near)
        yield f"add {provider}{f' to {case.show(files[0])}' if files else ''}, and install it"
    if case.environment_is_foreign:
        yield f"if {case.environment.executable} is not the suite's interpreter, name the right one with --python"
