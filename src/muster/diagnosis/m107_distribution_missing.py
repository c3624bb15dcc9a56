"""M107: a third-party module that no installed distribution provides."""

from __future__ import annotations

from collections.abc import Iterator

from muster.diagnosis.case import Case, normal_name
from muster.diagnosis.declared import Declaration
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.providers import provider_of
from muster.diagnosis.roots import Root
from muster.model.cause import Evidence
from muster.model.collection import Confidence, ModuleMissing


def explain(root: Root, case: Case) -> Finding | None:
    """The distribution that provides the module, and whether and where the project declares it."""
    detail = root.detail
    if not isinstance(detail, ModuleMissing) or detail.parent_is_module:
        return None
    top = detail.name.partition(".")[0]
    if not _is_third_party(top, detail, case):
        return None
    asked = next(iter(case.answers.missing_module(detail.name).asked), detail.name)
    provider, known_by = find_provider(asked, case)
    declared = [each for each in case.declarations if each.name == normal_name(provider)]
    if known_by == "guess" and not declared and _looks_like_own(top, case):
        return None
    return Finding(
        "M107",
        provider,
        _message(detail.name, provider, known_by, declared, case),
        ("distribution", normal_name(provider)),
        case.place_of(root.first),
        _confidence(known_by, declared, case),
        (
            Evidence("provider", f"'{asked.partition('.')[0]}' is provided by {provider} ({_SOURCES[known_by]})"),
            *_declarations(provider, declared, case),
            *_requirers(provider, case),
            *case.places_of(root, "import"),
        ),
        remedies(*_ways_out(provider, declared, case)),
    )


_SOURCES = {
    "metadata": "by the metadata of what is installed",
    "declared": "the project declares a distribution of that name",
    "table": "by Muster's own table",
    "guess": "a guess: a distribution is often named as its module",
}


def find_provider(module: str, case: Case) -> tuple[str, str]:
    """The distribution that provides `module`, and how that is known: a key of the sources."""
    installed = case.distribution_of(module)
    if installed is not None and "." not in module:
        return installed.name, "metadata"
    declared = {each.name for each in case.declarations}
    known = provider_of(module)
    if known is not None:
        return known, "table"
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        candidate = normal_name("-".join(parts[:end]))
        for name in (candidate, f"python-{candidate}", f"py{candidate}"):
            if name in declared:
                return name, "declared"
    return parts[0], "guess"


def _is_third_party(top: str, detail: ModuleMissing, case: Case) -> bool:
    """Whether the name is neither the standard library's, nor the tree's, nor installed."""
    if top in case.environment.stdlib_modules or top in case.index.top_level_modules:
        return False
    is_shared_namespace = provider_of(detail.name) is not None and "." in detail.name
    # `google` and `azure` are namespaces of many distributions: that one is installed says nothing of the others.
    return is_shared_namespace or ("." not in detail.name and case.distribution_of(top) is None)


def _looks_like_own(top: str, case: Case) -> bool:
    """Whether an undeclared, unknown name is more probably a module that the project lost."""
    from_tests = top.startswith("test_") or top.endswith(("_test", "_tests")) or top in ("tests", "conftest", "src")
    return from_tests or bool(case.index.locate_module(top)) or not top.islower()


def _confidence(known_by: str, declared: list[Declaration], case: Case) -> Confidence:
    if case.environment_is_foreign:
        return Confidence.UNDECIDED
    return Confidence.LIKELY if known_by == "guess" and not declared else Confidence.CERTAIN


def _message(module: str, provider: str, known_by: str, declared: list[Declaration], case: Case) -> str:
    here = [each for each in declared if not each.locked]
    if here:
        where = f"which {case.show(here[0].path)} declares and nobody installed"
    elif declared:
        where = f"which only {case.show(declared[0].path)} mentions"
    else:
        where = "which the project does not declare"
    verb = "is probably" if known_by == "guess" else "is"
    return f"'{module}' {verb} provided by '{provider}', {where}"


def _declarations(provider: str, declared: list[Declaration], case: Case) -> Iterator[Evidence]:
    if not declared:
        files = sorted({case.show(each.path) for each in case.declarations if not each.locked})
        yield Evidence("undeclared", f"not declared in {', '.join(files)}" if files else "the project declares nothing")
    for each in declared[:3]:
        group = f" in {each.group}" if each.group else ""
        verb = "locked" if each.locked else "declared"
        yield Evidence("declared", f"{verb}{group}: {each.name}{each.specifier}", each.path, each.line)


def _requirers(provider: str, case: Case) -> Iterator[Evidence]:
    """Installed distributions that ask for it: it came with one of them before, or should have."""
    for each in case.environment.distributions:
        for requirement in each.requires:
            if normal_name(requirement.split(" ")[0].split(";")[0].rstrip("<>=!~0123456789.,*")) == normal_name(
                provider
            ):
                yield Evidence("required by", f"{each.name} {each.version} asks for {requirement}")


def _ways_out(provider: str, declared: list[Declaration], case: Case) -> Iterator[str]:
    here = [each for each in declared if not each.locked]
    if here and here[0].group.startswith("extra "):
        yield f"install the extra: pip install -e '.[{here[0].group.removeprefix('extra ')}]'"
    elif here:
        yield f"install what {case.show(here[0].path)} declares: pip install '{provider}{here[0].specifier}'"
    else:
        files = [each.path for each in case.declarations if not each.locked]
        target = f" to {case.show(files[0])}" if files else ""
        yield f"add {provider}{target}, and install it"
    if case.environment_is_foreign:
        yield f"if {case.environment.executable} is not the suite's interpreter, name the right one with --python"
