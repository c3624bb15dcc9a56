"""The details of modules and names that are not there, with the search path as it stood."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from muster.execution.machine import Machine
from muster.execution.searchpath import search_entries
from muster.execution.values import ModuleValue, Value
from muster.model.collection import Frame, ModuleMissing, NameMissing


def module_missing(
    machine: Machine,
    name: str,
    importer: str,
    searched: Sequence[str] = (),
    *,
    parent: Value = None,
    is_module: bool = False,
) -> ModuleMissing:
    """No module `name`; `searched` is where the finder looked, `parent` what its parent package turned out to be."""
    file = parent.file if isinstance(parent, ModuleValue) else None
    place = posixpath.normpath(file) if file else None
    return ModuleMissing(name, importer, tuple(searched), is_module, tuple(search_entries(machine)), place)


def name_missing(
    machine: Machine, module: ModuleValue, name: str, importer: str, cycle: tuple[Frame, ...] = ()
) -> NameMissing:
    """`module` has no `name`."""
    file = posixpath.normpath(module.file) if module.file else None
    path = tuple(search_entries(machine))
    return NameMissing(module.name, name, importer, file, module.initialising, cycle, path)
