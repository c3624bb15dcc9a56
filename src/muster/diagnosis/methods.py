"""A function that became a method: no rewritten import brings it back, so the reader is told."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.likeness import is_test
from muster.index.sightings import NameSighting
from muster.model.cause import Evidence
from muster.model.collection import NameMissing

FEW = 2
"""A name that more classes of other modules have as a method is an ordinary word."""


def methods_named(detail: NameMissing, case: Case) -> tuple[NameSighting, ...]:
    """Methods of the missing name: of classes in the module itself, else of a few in other modules."""
    found = [each for each in case.index.locate_method(detail.name) if not is_test(each.path)]
    own = tuple(each for each in found if each.path == detail.module_file)
    return own or (tuple(found) if len(found) <= FEW else ())


def method_evidence(methods: tuple[NameSighting, ...]) -> tuple[Evidence, ...]:
    """One piece of evidence for each class that has it."""
    return tuple(
        Evidence("method", f"{each.name} is a method: it cannot be imported by itself", each.path, each.line)
        for each in methods[:FEW]
    )
