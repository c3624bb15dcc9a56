"""M302: module level, a decorator, a default or an annotation reads a name that nothing binds."""

from __future__ import annotations

from collections.abc import Iterator

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.diagnosis.likeness import is_test
from muster.diagnosis.roots import Root
from muster.diagnosis.standard_library import ALIASES, PYTHON_2_BUILTINS, USUAL_HOMES
from muster.index.bindings import bindings
from muster.index.near import nearest
from muster.model.cause import Evidence
from muster.model.collection import UndefinedName
from muster.model.location import Location


def explain(root: Root, case: Case) -> Finding | None:
    """The name, where it is used, and the import that would define it."""
    if not isinstance(root.detail, UndefinedName):
        return None
    name, place = root.detail.name, case.place_of(root.first)
    local = tuple(_in_the_file(name, place, case))
    statements = [] if local else list(dict.fromkeys(_imports_for(name, place, case)))
    return Finding(
        "M302",
        name,
        f"'{name}' is not defined when {case.show(place.path)}:{place.line} uses it",
        ("undefined", name, place.path, str(place.line)),
        place,
        root.first.exception.confidence,
        (
            *local,
            *(Evidence("import", statement) for statement in statements[:3]),
            *_near(name, place, case, bool(local or statements)),
        ),
        remedies(*_ways_out(name, local, statements)),
    )


def _in_the_file(name: str, place: Location, case: Case) -> Iterator[Evidence]:
    """Why a binding in the same file does not help: it comes later, or only a type checker runs it."""
    for binding in bindings(case.facts(place.path)):
        if binding.name != name:
            continue
        if binding.guarded:
            yield Evidence("guarded", "it is bound under TYPE_CHECKING only", place.path, binding.line)
        elif binding.line > place.line:
            yield Evidence("later", "it is bound further down", place.path, binding.line)


def _imports_for(name: str, place: Location, case: Case) -> Iterator[str]:
    """Import statements that would bind the name: the project's own habit first."""
    if name in PYTHON_2_BUILTINS:
        return
    habits: dict[str, int] = {}
    for line in case.index.spellings_of(name):
        if line.module and line.path != place.path:
            habits[str(line)] = habits.get(str(line), 0) + 1
    yield from sorted(habits, key=lambda statement: (-habits[statement], statement))[:2]
    for each in case.index.locate_name(name):
        if each.kind != "import" and each.dotted and each.path != place.path and not is_test(each.path):
            yield f"from {each.dotted} import {name}"
    if name in ALIASES:
        yield f"import {USUAL_HOMES[name]} as {name}"
    elif name in USUAL_HOMES:
        yield f"from {USUAL_HOMES[name]} import {name}"
    elif name in case.environment.stdlib_modules or case.distribution_of(name) is not None or name == "pytest":
        yield f"import {name}"


def _near(name: str, place: Location, case: Case, is_explained: bool) -> Iterator[Evidence]:
    if name in PYTHON_2_BUILTINS:
        yield Evidence("python 2", f"a builtin of Python 2; {PYTHON_2_BUILTINS[name]} replaces it")
    elif not is_explained:
        near = nearest(name, (*case.facts(place.path).all_names, *case.environment.builtins))
        if near:
            yield Evidence("nearest", "the nearest names here are " + ", ".join(f"'{each}'" for each in near))


def _ways_out(name: str, local: tuple[Evidence, ...], statements: list[str]) -> Iterator[str]:
    if any(each.kind == "guarded" for each in local):
        yield f"import '{name}' outside of TYPE_CHECKING"
        yield "add 'from __future__ import annotations', if only annotations use it"
    elif local:
        yield f"move the use below line {local[0].line}, or the definition above it"
    elif name in PYTHON_2_BUILTINS:
        yield f"use {PYTHON_2_BUILTINS[name]}"
    elif statements:
        yield f"add: {statements[0]}"
    else:
        yield f"define or import '{name}'"
