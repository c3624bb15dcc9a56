"""What a reader must know before the numbers: where the simulated environment may not be the team's."""

from __future__ import annotations

from collections.abc import Sequence

from muster.model.cause import Cause
from muster.model.collection import Confidence
from muster.model.environment import Environment
from muster.model.invocation import Invocation


def notes_on(environment: Environment, invocation: Invocation, causes: Sequence[Cause]) -> tuple[str, ...]:
    """One sentence for each doubt about the environment or the command; none where there is no doubt."""
    return (*_environment_notes(environment, causes), *environment.problems, *_invocation_notes(invocation))


def _environment_notes(environment: Environment, causes: Sequence[Cause]) -> list[str]:
    where = environment.executable or environment.prefix
    if not environment.pytest_version:
        return [
            f"pytest is not installed in {where} ({environment.why}): what is missing there is not decided; "
            "--python names the environment that runs the tests"
        ]
    if any(cause.code in ("M107", "M108") and cause.confidence is Confidence.UNDECIDED for cause in causes):
        return [
            f"{where} ({environment.why}) has none of the project's distributions, so it is not decided which are "
            "missing; --python names the environment that runs the tests"
        ]
    if not environment.asked:
        return [f"{where} was only read ({environment.why}), so what its modules hold is taken on trust"]
    return []


def _invocation_notes(invocation: Invocation) -> list[str]:
    notes = list(invocation.warnings)
    if invocation.unmodelled:
        names = ", ".join(invocation.unmodelled)
        notes.append(f"not simulated, and perhaps of effect on what is collected: {names}")
    return notes
