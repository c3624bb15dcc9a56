"""One missing package, many modules below it: where each went its own way, each is a root of its own."""

from __future__ import annotations

from muster.diagnosis.case import Case
from muster.diagnosis.fate import was_there
from muster.diagnosis.m101_module_moved import renamed_package
from muster.diagnosis.questions import wanted_by
from muster.diagnosis.roots import Failure, Root
from muster.model.collection import ModuleMissing


def split_by_module(root: Root, case: Case) -> tuple[Root, ...]:
    """`root` by the modules that its failures ask for, where the history remembers several of them and no package took
    the place of them all; else `root` alone."""
    if not isinstance(root.detail, ModuleMissing):
        return (root,)
    wanted = wanted_by(root.failures, root.detail.name, case.facts)
    remembered = [asked for asked in wanted.asked if was_there(asked, case)]
    if len(remembered) < 2 or renamed_package(wanted, case) is not None:
        return (root,)
    groups: dict[str, list[Failure]] = {}
    for failure in root.failures:
        asked = wanted_by([failure], root.detail.name, case.facts).asked
        groups.setdefault(asked[0] if asked else "", []).append(failure)
    return tuple(Root((*root.key, asked), found[0].exception.detail, tuple(found)) for asked, found in groups.items())
