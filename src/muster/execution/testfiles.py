"""How pytest imports test files and conftests: `_pytest/pathlib.py`, `import_path`, in its three modes."""

from __future__ import annotations

import posixpath

from muster.execution.imports import import_module, module_path, run_module
from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.searchpath import search_entries
from muster.execution.values import MISSING, UNKNOWN, ModuleValue, Value
from muster.model.collection import FileMismatch, PathEffect
from muster.model.location import Location
from muster.ports import EntryKind
from muster.resolver.finder import NamespacePackage, NotFound, Undecided, resolve_on_path


def import_path(machine: Machine, path: str, mode: str) -> ModuleValue:
    """The module that pytest gets for the file `path`. Raises what importing it raises, or the mismatch of two files with one name."""
    machine.session_files.add(path)
    root_name = module_root(machine, path)
    if mode == "importlib":
        return _import_by_spec(machine, path, root_name)
    root, name = root_name or (posixpath.dirname(path), stem_of(path))
    _put_on_path(machine, root, mode, path)
    module = import_module(machine, name, path)
    if not isinstance(module, ModuleValue):
        module = _stand_in(name, path)
    if posixpath.basename(path) != "__init__.py" and machine.environ.get("PY_IGNORE_IMPORTMISMATCH") != "1":
        _check_same_file(machine, module, name, path)
    return module


def _stand_in(name: str, path: str) -> ModuleValue:
    """What a test file put in `sys.modules` in its own place: nothing is known of it."""
    module = ModuleValue(name, path, "made")
    module.lenient = True
    return module


def stem_of(path: str) -> str:
    """`Path(path).stem`."""
    return posixpath.splitext(posixpath.basename(path))[0]


def module_root(machine: Machine, path: str) -> tuple[str, str] | None:
    """`resolve_pkg_root_and_module_name`: the folder for `sys.path` and the dotted name, or None outside of packages."""
    package = package_folder(machine, path)
    root = posixpath.dirname(package) if package else None
    if machine.invocation.consider_namespace_packages and machine.invocation.pytest_version >= (8, 1, 0):
        root = _namespace_root(machine, root or posixpath.dirname(path), path) or root
    if root is None:
        return None
    name = dotted_name(root, path)
    return (root, name) if name else None


def root_and_package(machine: Machine, path: str) -> tuple[str, str]:
    """The folder from which pytest counts the module name of a test file, and the first part of that name."""
    found = module_root(machine, path)
    if machine.invocation.import_mode == "importlib":
        if found is not None and machine.invocation.pytest_version >= (8, 1, 0):
            return found[0], found[1].partition(".")[0]
        return machine.invocation.rootdir, _name_from_root(machine, path).partition(".")[0]
    root, name = found or (posixpath.dirname(path), stem_of(path))
    return root, name.partition(".")[0]


def package_folder(machine: Machine, path: str) -> str | None:
    """`resolve_package_path`: the topmost folder above `path` in an unbroken chain of `__init__.py`."""
    result = None
    folder = path if machine.tree.kind(path) is EntryKind.FOLDER else posixpath.dirname(path)
    while True:
        if machine.tree.listing(folder).get("__init__.py") is not EntryKind.FILE:
            return result
        if not posixpath.basename(folder).isidentifier():
            return result
        result = folder
        parent = posixpath.dirname(folder)
        if parent == folder:
            return result
        folder = parent


def dotted_name(root: str, path: str) -> str:
    """`compute_module_name`: the name of `path` seen from `root`, "" where it has none."""
    relative = posixpath.relpath(posixpath.splitext(path)[0], root)
    if relative.startswith(".."):
        return ""
    parts = [part for part in relative.split("/") if part != "."]
    if parts and parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _namespace_root(machine: Machine, start: str, path: str) -> str | None:
    candidate = start
    while True:
        name = dotted_name(candidate, path)
        if name and _is_importable(machine, name, path):
            return candidate
        parent = posixpath.dirname(candidate)
        if parent == candidate:
            return None
        candidate = parent


def _is_importable(machine: Machine, name: str, path: str) -> bool:
    """`is_importable`: whether `importlib.util.find_spec(name)` gives this very file."""
    entries = search_entries(machine)
    *parents, tail = name.split(".")
    for parent in parents:
        match resolve_on_path(machine.tree, parent, entries):
            case NotFound() | Undecided():
                return False
            case NamespacePackage(portions=portions):
                entries = list(portions)
            case found:
                entries = [folder] if (folder := getattr(found, "folder", None)) else []
    match resolve_on_path(machine.tree, tail, entries):
        case NotFound() | Undecided() | NamespacePackage():
            return False
        case found:
            return found.path == path


def _put_on_path(machine: Machine, root: str, mode: str, path: str) -> None:
    if mode == "append":
        if root not in machine.sys_path:
            machine.sys_path.append(root)
            machine.effects.append(PathEffect("pytest", root, len(machine.sys_path) - 1, Location(path), path))
    elif not machine.sys_path or machine.sys_path[0] != root:
        machine.sys_path.insert(0, root)
        machine.effects.append(PathEffect("pytest", root, 0, Location(path), path))


def _check_same_file(machine: Machine, module: ModuleValue, name: str, path: str) -> None:
    if module.kind == "made" or module.namespace.get("__file__", MISSING) is UNKNOWN:
        return
    own = module.namespace.get("__file__", module.file)
    file = own if isinstance(own, str) else None
    shown = file.removesuffix("/__init__.py") if file is not None else None
    if shown is not None and machine.tree.real_path(posixpath.normpath(shown)) == machine.tree.real_path(path):
        return
    message = f"('{name}', {shown!r}, PosixPath('{path}'))"
    raise machine.error("ImportPathMismatchError", message, FileMismatch(name, shown or ""))


# importlib mode.


def _import_by_spec(machine: Machine, path: str, root_name: tuple[str, str] | None) -> ModuleValue:
    version = machine.invocation.pytest_version
    is_packaged = root_name is not None and version >= (8, 1, 0)
    name = root_name[1] if root_name is not None and is_packaged else _name_from_root(machine, path)
    if machine.trace is not None:
        machine.trace.imports[path].add(name)
    found = _in_table(machine, name)
    return found if found is not None else _execute_by_spec(machine, name, path, insert=not is_packaged)


def _in_table(machine: Machine, name: str) -> ModuleValue | None:
    found = machine.modules.get(name)
    if found is None and name in machine.preloaded:
        found = import_module(machine, name, "")
    return found if isinstance(found, ModuleValue) else None


def _name_from_root(machine: Machine, path: str) -> str:
    """`module_name_from_path`: the path below rootdir, dots within a part replaced from pytest 8.1 on."""
    root = machine.invocation.rootdir
    plain = posixpath.splitext(path)[0]
    relative = posixpath.relpath(plain, root)
    parts = plain.split("/")[1:] if relative.startswith("..") else relative.split("/")
    if len(parts) >= 2 and parts[-1] == "__init__":
        parts = parts[:-1]
    if machine.invocation.pytest_version >= (8, 1, 0):
        parts = [part.replace(".", "_") for part in parts]
    return ".".join(parts)


def _execute_by_spec(machine: Machine, name: str, path: str, *, insert: bool) -> ModuleValue:
    """`_import_module_using_spec`: parents first, then the file itself; a module that fails STAYS in `sys.modules`."""
    parent_name, _, tail = name.rpartition(".")
    parent: Value = None
    if parent_name and machine.invocation.pytest_version >= (8, 3, 0):
        parent = machine.modules.get(parent_name)
        if parent is None and parent_name in machine.preloaded:
            parent = import_module(machine, parent_name, path)
        if not isinstance(parent, ModuleValue) or module_path(machine, parent) is None:
            parent = _execute_by_spec(machine, parent_name, _parent_place(machine, path), insert=insert)
    module = _make_module(machine, name, path)
    machine.modules[name] = module
    if module.kind == "source":
        module.by_spec = True
        try:
            run_module(machine, module)
        except Raised:
            if machine.trace is not None:
                # It stays in the table, and is taken for whole by whoever asks next.
                machine.trace.replaced[machine.running_file].add(name)
            raise
    module = machine.modules.get(name, module) if isinstance(machine.modules.get(name), ModuleValue) else module
    if isinstance(parent, ModuleValue):
        parent.namespace[tail] = module
    if insert or machine.invocation.pytest_version < (8, 3, 0):
        _insert_missing_parents(machine, name)
    return module


def _parent_place(machine: Machine, path: str) -> str:
    folder = posixpath.dirname(path)
    if posixpath.basename(path) == "__init__.py":
        folder = posixpath.dirname(folder)
    init = posixpath.join(folder, "__init__.py")
    return init if machine.tree.kind(init) is EntryKind.FILE else folder


def _make_module(machine: Machine, name: str, path: str) -> ModuleValue:
    if machine.tree.kind(path) is EntryKind.FOLDER:
        above = posixpath.dirname(path)
        is_portion = isinstance(resolve_on_path(machine.tree, posixpath.basename(path), [above]), NamespacePackage)
        # A module of the folder's name makes pytest fall back on `spec_from_file_location`, whose path is the folder above.
        return ModuleValue(name, None, "namespace", [path if is_portion else above])
    package = [posixpath.dirname(path)] if posixpath.basename(path) == "__init__.py" else None
    return ModuleValue(name, path, "source", package)


def _insert_missing_parents(machine: Machine, name: str) -> None:
    """`insert_missing_modules`: parents that are not in the table are imported, or made up empty."""
    while name:
        parent_name, _, tail = name.rpartition(".")
        if not parent_name:
            return
        parent = machine.modules.get(parent_name)
        if parent is None:
            try:
                parent = import_module(machine, parent_name, "")
            except Raised as raised:
                if "ModuleNotFoundError" not in raised.bases:
                    raise
                parent = ModuleValue(parent_name, None, "made")
            machine.modules[parent_name] = parent
        if isinstance(parent, ModuleValue) and machine.get_attribute(parent, tail) in (MISSING, UNKNOWN):
            parent.namespace.setdefault(tail, machine.modules[name])
        name = parent_name


def import_conftest(machine: Machine, path: str, mode: str) -> ModuleValue:
    """A conftest (`_importconftest`): outside of packages its name `conftest` is free for each folder."""
    if package_folder(machine, path) is None and mode != "importlib":
        machine.modules.pop("conftest", None)
    return import_path(machine, path, mode)
