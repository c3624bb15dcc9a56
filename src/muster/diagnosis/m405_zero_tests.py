"""M405: a category that should have tests collects fewer than it must."""

from __future__ import annotations

from dataclasses import dataclass

from muster.diagnosis.case import Case
from muster.diagnosis.finding import Finding, remedies
from muster.model.cause import Evidence
from muster.model.location import Location


@dataclass(frozen=True, slots=True)
class ExpectedTests:
    """What one category must hold at least (`min_tests`, 1 by default) and how many tests it has; `paths` as
    configured."""

    category: str
    tests: int
    min_tests: int = 1
    paths: tuple[str, ...] = ()
    location: Location | None = None


def explain(expected: ExpectedTests, case: Case) -> Finding | None:
    """None where the category has what it must have."""
    if expected.tests >= expected.min_tests:
        return None
    missing = [path for path in expected.paths if case.tree.kind(case.entry(path)) is None]
    place = expected.location
    has = "no tests" if not expected.tests else f"{expected.tests} of at least {expected.min_tests} tests"
    return Finding(
        "M405",
        expected.category,
        f"the category '{expected.category}' collects {has}",
        ("category", expected.category),
        place,
        evidence=(
            *(Evidence("path", f"{case.show(case.entry(path))} is not there") for path in missing),
            Evidence(
                "settings", f"min_tests = {expected.min_tests}", place.path if place else "", place.line if place else 0
            ),
        ),
        remedies=remedies(
            "correct the paths of the category"
            if missing
            else "look at the other causes: they may have taken its tests",
        ),
    )
