"""M001 and M002: a file that could not be read, decoded or analysed; every other file is still answered."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.model.cause import Evidence
from muster.model.collection import Confidence, Problem


def explain(problem: Problem, case: Case) -> Finding:
    """The file, and what went wrong with it."""
    place, is_ours = problem.location, problem.code == "M002"
    return Finding(
        problem.code,
        case.show(place.path),
        f"{case.show(place.path)}: {problem.message}",
        ("problem", place.path, problem.message),
        place,
        Confidence.CERTAIN if not is_ours else Confidence.UNDECIDED,
        (Evidence("problem", problem.message, place.path, place.line),),
        remedies(
            "report this: it is a defect of Muster's own"
            if is_ours
            else "make the file readable, or take it out of the tree"
        ),
    )
