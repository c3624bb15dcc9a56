"""`match` patterns: does this one match, and what does it bind? (PEP 634)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from muster.execution import operations
from muster.execution.expressions import evaluate
from muster.execution.machine import Machine
from muster.execution.scope import Scope
from muster.execution.values import UNKNOWN, ListValue, Value
from muster.facts import opcodes as op


def match_pattern(
    machine: Machine, pattern: Sequence[Any], subject: Value, scope: Scope, bindings: dict[str, Value]
) -> bool | None:
    """Whether `subject` matches (None: not known); the captured names go into `bindings`."""
    kind = pattern[0]
    if kind == op.M_VALUE:
        answer = operations.compare(machine, "==", subject, evaluate(machine, pattern[1], scope))
        return answer if isinstance(answer, bool) else None
    if kind == op.M_SINGLETON:
        return operations.is_identical(subject, pattern[1])
    if kind == op.M_AS:
        answer = True if pattern[1] is None else match_pattern(machine, pattern[1], subject, scope, bindings)
        if pattern[2]:
            bindings[pattern[2]] = subject
        return answer
    if kind == op.M_OR:
        answers = [match_pattern(machine, each, subject, scope, bindings) for each in pattern[1]]
        return True if True in answers else None if None in answers else False
    _structure(pattern, bindings)
    return None


def _structure(pattern: Sequence[Any], bindings: dict[str, Value]) -> None:
    """Sequences, mappings and classes are not decided: everything that they capture is unknown."""
    kind = pattern[0]
    if kind == op.M_STAR:
        if pattern[1]:
            bindings[pattern[1]] = ListValue((), True)
    elif kind == op.M_SEQUENCE:
        _capture(pattern[1], bindings)
    elif kind == op.M_MAPPING:
        _capture(pattern[2], bindings)
        if pattern[3]:
            bindings[pattern[3]] = UNKNOWN
    elif kind == op.M_CLASS:
        _capture(pattern[2], bindings)
        _capture([each for _, each in pattern[3]], bindings)


def _capture(patterns: Sequence[Sequence[Any]], bindings: dict[str, Value]) -> None:
    for pattern in patterns:
        if pattern[0] == op.M_AS:
            if pattern[2]:
                bindings[pattern[2]] = UNKNOWN
            if pattern[1] is not None:
                _capture([pattern[1]], bindings)
        elif pattern[0] == op.M_OR:
            _capture(pattern[1], bindings)
        else:
            _structure(pattern, bindings)
