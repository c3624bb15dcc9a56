"""Which arguments of a function are fixtures (`getfuncargnames` in `_pytest/compat.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from muster.collection.definitions import call_named, find_function_at
from muster.collection.objects import is_static, unwrapped
from muster.execution.values import BoundMethod, DescriptorValue, FixtureValue, FunctionValue, PartialValue, Value
from muster.facts import opcodes as op
from muster.facts.module_facts import ModuleFacts

_PRESERVING = frozenset({
    "functools.lru_cache", "functools.cache", "unittest.skip", "unittest.case.skip", "unittest.skipIf",
    "unittest.skipUnless", "unittest.case.skipIf", "unittest.case.skipUnless", "abc.abstractmethod", "typing.no_type_check",
    "typing.final", "typing.override", "typing.overload", "types.coroutine", "contextlib.contextmanager",
})  # fmt: skip
"""Installed decorators that leave the signature as it is."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The mandatory arguments that are left for fixtures, and those with defaults.

    `is_sure` is false where an opaque decorator may have changed the signature; `refusal` is what `inspect.signature` says
    of a function that it cannot bind.
    """

    names: tuple[str, ...] = ()
    with_default: tuple[str, ...] = ()
    is_sure: bool = True
    refusal: str = ""


class _Parameter(NamedTuple):
    name: str
    has_default: bool
    kind: str


def mandatory_names(value: Value, name: str, cls: Value = None, *, bound: bool = False) -> Arguments:
    """The arguments of `value`, collected under `name` in `cls`.

    With `bound` the function is taken from an instance, so that Python itself drops the first parameter.
    """
    parameters, sure = _parameters(value)
    if parameters is None:
        return Arguments(is_sure=False)
    drops = bound and not _is_fixed(value)
    if drops:
        kept = _without_first(parameters)
        if kept is None:
            return Arguments(refusal="invalid method signature")
        parameters = kept
    names = tuple(
        parameter.name
        for parameter in parameters
        if parameter.kind in ("argument", "keyword") and not parameter.has_default
    )
    has_positional_only = any(parameter.kind == "positional" for parameter in parameters)
    if not bound and cls is not None and not has_positional_only and not is_static(cls, name):
        names = names[1:]
    with_default = tuple(
        parameter.name
        for parameter in parameters
        if parameter.kind in ("argument", "keyword") and parameter.has_default
    )
    return Arguments(names[_patched(value) :], with_default, sure)


def _parameters(value: Value) -> tuple[list[_Parameter] | None, bool]:
    """The parameters as `inspect.signature` lists them, and whether they are sure; None where nothing is known."""
    if isinstance(value, (DescriptorValue, FixtureValue)):
        return _parameters(value.function)
    if isinstance(value, PartialValue):
        return _partial_parameters(value)
    if isinstance(value, BoundMethod):
        parameters, sure = _parameters(value.function)
        return (None if parameters is None else _without_first(parameters)), sure
    if not isinstance(value, FunctionValue):
        return None, False
    function = unwrapped(value)
    sure = all(dotted in _PRESERVING for dotted in (*value.opaque_decorators, *function.opaque_decorators))
    return _listed(function.params), sure and "__signature__" not in value.attributes


def _listed(params: Any) -> list[_Parameter]:
    if not params:
        return []
    positional, arguments, star, keywords, double_star = params
    found = [_Parameter(pair[0], pair[1] is not None, "positional") for pair in positional]
    found += [_Parameter(pair[0], pair[1] is not None, "argument") for pair in arguments]
    found += [_Parameter(star, False, "star")] if star else []
    found += [_Parameter(pair[0], pair[1] is not None, "keyword") for pair in keywords]
    found += [_Parameter(double_star, False, "double star")] if double_star else []
    return found


def _partial_parameters(value: PartialValue) -> tuple[list[_Parameter] | None, bool]:
    parameters, sure = _parameters(value.function)
    if parameters is None:
        return None, False
    left, to_drop = [], len(value.args)
    for parameter in parameters:
        if to_drop and parameter.kind in ("positional", "argument"):
            to_drop -= 1
        elif parameter.name in value.kwargs and parameter.kind in ("argument", "keyword"):
            left.append(_Parameter(parameter.name, True, "keyword"))
        else:
            left.append(parameter)
    return left, sure


def _without_first(parameters: list[_Parameter]) -> list[_Parameter] | None:
    """What is left once `self` is bound; None where there is no parameter that could take it."""
    if parameters and parameters[0].kind in ("positional", "argument"):
        return parameters[1:]
    return parameters if parameters and parameters[0].kind == "star" else None


_GIVEN = frozenset({"hypothesis.given", "hypothesis.core.given"})


def without_given(arguments: Arguments, function: FunctionValue, facts: ModuleFacts | None) -> Arguments:
    """What `hypothesis.given` leaves: it fills named arguments by name and the last positional ones by place."""
    if arguments.is_sure or facts is None or not _GIVEN & set(function.opaque_decorators):
        return arguments
    statement = find_function_at(facts.body, function.line)
    calls = [
        call
        for decorator in (statement[3] if statement is not None else ())
        if (call := call_named(decorator, "given"))
    ]
    if len(calls) != 1 or any(argument[0] == op.STAR for argument in calls[0][2]):
        return arguments
    named = [pair[0] for pair in calls[0][3]]
    if None in named:
        return arguments
    filled = {*named, *arguments.names[len(arguments.names) - len(calls[0][2]) :]}
    others = set(function.opaque_decorators) - _GIVEN - _PRESERVING
    is_sure = not any(not dotted.startswith("hypothesis.") for dotted in others)
    return Arguments(tuple(name for name in arguments.names if name not in filled), arguments.with_default, is_sure)


def _is_fixed(value: Value) -> bool:
    """Whether binding to an instance drops nothing: a static method, or one that is bound already."""
    if isinstance(value, DescriptorValue):
        return value.kind == "staticmethod"
    return isinstance(value, (BoundMethod, PartialValue)) or (isinstance(value, FunctionValue) and value.static)


def _patched(value: Value) -> int:
    """Arguments that `unittest.mock.patch` decorators fill in."""
    return value.patched_args if isinstance(value, FunctionValue) else 0
