"""What stands behind a cause: imports further down in its victims that other files of the session already fail on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from muster.diagnosis.case import Case
from muster.diagnosis.roots import Failure
from muster.facts import opcodes as op
from muster.index.spelling import resolve_relative
from muster.model.cause import Scope
from muster.model.collection import FailureDetail, ModuleMissing, NameMissing

Wanted = tuple[str, str]
"""A missing module with "", or a module and the name that it lacks."""

MAX_VICTIMS = 200
"""Looking into more victims of one cause tells nothing new."""


def wanted_by(detail: FailureDetail) -> Wanted | None:
    """What a failed import wanted, or None for any other failure."""
    match detail:
        case ModuleMissing(name=name):
            return name, ""
        case NameMissing(module=module, name=name):
            return module, name
        case _:
            return None


def wanted_behind(failures: Iterable[Failure], known: frozenset[Wanted], case: Case) -> tuple[Wanted, ...]:
    """Those of `known` that the victims import below the statement that failed, unguarded, in the order met."""
    found: dict[Wanted, None] = {}
    for failure in list(failures)[:MAX_VICTIMS]:
        if failure.scope is Scope.FILE:
            found.update(dict.fromkeys(_imports_below(failure, known, case)))
    return tuple(found)


def _imports_below(failure: Failure, known: frozenset[Wanted], case: Case) -> Iterator[Wanted]:
    path = failure.report.path
    failed_at = max((frame.line for frame in failure.exception.frames if frame.path == path), default=0)
    # Only what stands directly at module level: within `try` or `if` an import may be meant to fail.
    for statement in case.facts(path).body if failed_at else ():
        if statement[1] > failed_at and statement[0] in (op.IMPORT, op.FROM):
            yield from (each for each in _wanted_of(statement, path, case) if each in known)


def _wanted_of(statement: list[object], path: str, case: Case) -> Iterator[Wanted]:
    match statement:
        case [op.IMPORT, _, names]:
            for name, _ in _pairs(names):
                yield from _with_parents(name)
        case [op.FROM, _, module, names, int(level)]:
            absolute = resolve_relative(str(module or ""), level, path, case.index.roots)
            yield from _with_parents(absolute)
            yield from ((absolute, name) for name, _ in _pairs(names))
        case _:
            return


def _pairs(names: object) -> Iterator[tuple[str, object]]:
    for pair in names if isinstance(names, list | tuple) else ():
        yield str(pair[0]), pair[1]


def _with_parents(module: str) -> Iterator[Wanted]:
    while module:
        yield module, ""
        module = module.rpartition(".")[0]
