"""Binding arguments to parameters, with the `TypeError` of each way to fail.

The order of the checks and the words are those of `Python/ceval.c` (`initialize_locals`, `missing_arguments`, `too_many_positional`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.suggestions import did_you_mean
from muster.execution.values import DictValue, FunctionValue, TupleValue, Value
from muster.model.collection import OtherFailure


def bind_arguments(
    machine: Machine, function: FunctionValue, args: tuple[Value, ...], kwargs: dict[str, Value]
) -> dict[str, Value]:
    """The parameters' values by name. Raises `TypeError` as Python does."""
    posonly, regular, vararg, kwonly, kwarg = function.params
    if not (kwargs or posonly or vararg or kwonly or kwarg) and len(args) == len(regular):
        return {name: value for (name, _), value in zip(regular, args, strict=True)}
    positional = [*(name for name, _ in posonly), *(name for name, _ in regular)]
    names: dict[str, Value] = dict(zip(positional, args, strict=False))
    extra: dict[str, Value] = {}
    allowed = {*(name for name, _ in regular), *(name for name, _ in kwonly)}
    misplaced = [name for name, _ in posonly if name in kwargs] if not kwarg else []
    if misplaced:
        text = f"got some positional-only arguments passed as keyword arguments: '{', '.join(misplaced)}'"
        raise _error(machine, function, text)
    for name, value in kwargs.items():
        if name not in allowed:
            if not kwarg:
                proposal = did_you_mean(name, [each for each, _ in (*regular, *kwonly)], machine.version)
                raise _error(machine, function, f"got an unexpected keyword argument '{name}'{proposal}")
            extra[name] = value
        elif name in names:
            raise _error(machine, function, f"got multiple values for argument '{name}'")
        else:
            names[name] = value
    if len(args) > len(positional) and not vararg:
        raise _too_many(machine, function, len(args), positional, [name for name, _ in kwonly if name in names])
    _fill_defaults(machine, function, names, positional, [name for name, _ in kwonly])
    if vararg:
        names[vararg] = TupleValue(args[len(positional) :])
    if kwarg:
        names[kwarg] = DictValue(extra)
    return names


def _fill_defaults(
    machine: Machine, function: FunctionValue, names: dict[str, Value], positional: Sequence[str], kwonly: Sequence[str]
) -> None:
    defaults = function.defaults
    missing = [name for name in positional if name not in names and name not in defaults]
    if missing:
        raise _missing(machine, function, missing, "positional")
    missing = [name for name in kwonly if name not in names and name not in defaults]
    if missing:
        raise _missing(machine, function, missing, "keyword-only")
    for name in (*positional, *kwonly):
        if name not in names:
            names[name] = defaults[name]


def _missing(machine: Machine, function: FunctionValue, missing: Sequence[str], kind: str) -> Raised:
    quoted = [f"'{name}'" for name in missing]
    if len(quoted) == 1:
        listed = quoted[0]
    elif len(quoted) == 2:
        listed = f"{quoted[0]} and {quoted[1]}"
    else:
        listed = ", ".join(quoted[:-1]) + f", and {quoted[-1]}"
    plural = "argument" if len(missing) == 1 else "arguments"
    return _error(machine, function, f"missing {len(missing)} required {kind} {plural}: {listed}")


def _too_many(
    machine: Machine, function: FunctionValue, given: int, positional: Sequence[str], keyword_given: Sequence[str]
) -> Raised:
    most = len(positional)
    least = most - sum(1 for name in positional if name in function.defaults)
    takes = f"from {least} to {most}" if least != most else str(most)
    plural = most != 1 if least == most else True
    kwonly = ""
    if keyword_given:
        first = "argument" if given == 1 else "arguments"
        second = "argument" if len(keyword_given) == 1 else "arguments"
        kwonly = f" positional {first} (and {len(keyword_given)} keyword-only {second})"
    verb = "was" if given == 1 and not keyword_given else "were"
    text = f"takes {takes} positional argument{'s' if plural else ''} but {given}{kwonly} {verb} given"
    return _error(machine, function, text)


def _error(machine: Machine, function: Any, text: str) -> Raised:
    # Since Python 3.10 the qualified name stands in these messages.
    name = function.qualname if machine.version >= (3, 10, 0) else function.name
    return machine.error("TypeError", f"{name}() {text}", OtherFailure("arity"))
