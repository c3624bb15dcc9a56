"""`pkgutil.iter_modules` and `walk_packages`: what lies in a package's folders, as the finders list it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.values import UNKNOWN, ClassValue, IteratorValue, ModuleValue, TupleValue, Value
from muster.ports import EntryKind

Args = tuple[Value, ...]
Kwargs = dict[str, Value]
Function = Callable[[Machine, Args, Kwargs], Value]

_SUFFIXES = (".so", ".py", ".pyc")


def _iter_modules(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    folders, prefix = _asked(machine, args, kwargs)
    if folders is None or not isinstance(prefix, str):
        return IteratorValue(None, "generator")
    return IteratorValue(
        [_info(prefix + name, is_package) for name, is_package in _listed(machine, folders)], "generator"
    )


def _walk_packages(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    folders, prefix = _asked(machine, args, kwargs)
    if folders is None or not isinstance(prefix, str):
        return IteratorValue(None, "generator")
    onerror = args[2] if len(args) > 2 else kwargs.get("onerror")
    return IteratorValue(list(_walked(machine, folders, prefix, onerror)), "generator")


def _walked(machine: Machine, folders: list[str], prefix: str, onerror: Value) -> Iterator[Value]:
    for name, is_package in _listed(machine, folders):
        yield _info(prefix + name, is_package)
        if not is_package:
            continue
        try:
            package = machine.import_module(prefix + name, "")
        except Raised as raised:
            if onerror is not None:
                machine.call(onerror, (prefix + name,), {})
            elif "ImportError" not in raised.bases:
                raise
            continue
        inner = package.path if isinstance(package, ModuleValue) else None
        yield from _walked(machine, [each for each in inner or () if each not in folders], f"{prefix}{name}.", onerror)


def _asked(machine: Machine, args: Args, kwargs: Kwargs) -> tuple[list[str] | None, Value]:
    path = args[0] if args else kwargs.get("path")
    prefix = args[1] if len(args) > 1 else kwargs.get("prefix", "")
    elements = machine.iterate(path) if path is not None else None
    if elements is None:
        return None, prefix
    folders = [str(each) for each in elements]
    return folders if UNKNOWN not in elements else None, prefix


def _listed(machine: Machine, folders: list[str]) -> Iterator[tuple[str, bool]]:
    """The modules in the folders, by name, the first of a name only (`pkgutil._iter_file_finder_modules`)."""
    seen: set[str] = set()
    for folder in folders:
        place = posixpath.normpath(posixpath.join(machine.cwd, folder))
        for entry in sorted(machine.tree.listing(place)):
            name, is_package = _module_name(machine, place, entry)
            if name and name != "__init__" and "." not in name and name not in seen:
                seen.add(name)
                yield name, is_package


def _module_name(machine: Machine, folder: str, entry: str) -> tuple[str, bool]:
    for suffix in _SUFFIXES:
        if entry.endswith(suffix):
            stem = entry[: -len(suffix)]
            return stem.partition(".")[0] if suffix == ".so" else stem, False
    path = posixpath.join(folder, entry)
    is_package = machine.tree.kind(path) is EntryKind.FOLDER and "__init__.py" in machine.tree.listing(path)
    return (entry, True) if is_package else ("", False)


def _info(name: str, is_package: bool) -> TupleValue:
    """`pkgutil.ModuleInfo`."""
    info = TupleValue((UNKNOWN, name, is_package))
    info.cls = _INFO
    return info


_INFO = ClassValue("ModuleInfo", "ModuleInfo", "pkgutil", "", 0)
_INFO.namespace["_fields"] = TupleValue(("module_finder", "name", "ispkg"))
_INFO.special = "namedtuple"

NATIVES: dict[str, Function] = {
    "pkgutil.iter_modules": _iter_modules,
    "pkgutil.walk_packages": _walk_packages,
}
