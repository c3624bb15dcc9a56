"""The import statement over the simulated search path and module table (language reference, 5; `importlib._bootstrap`)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from muster.execution.machine import ExhaustedError, Machine
from muster.execution.missing import module_missing, name_missing
from muster.execution.raised import Raised
from muster.execution.scope import Scope, module_scope
from muster.execution.searchpath import search_entries
from muster.execution.values import MISSING, UNKNOWN, InstanceValue, ListValue, ModuleValue, OpaqueInstance, Value
from muster.model.collection import Frame, ModuleMissing, NameMissing, SyntaxFailure
from muster.resolver.finder import (
    BinaryModule,
    NamespacePackage,
    NotFound,
    RegularPackage,
    SourceModule,
    Undecided,
    resolve_on_path,
)

Node = Sequence[Any]


class UndecidedSourceError(Exception):
    """A file that Muster cannot judge (newer grammar than any parser at hand): whoever imports it is undecided."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def import_statement(machine: Machine, node: Node, scope: Scope) -> None:
    """`import a.b.c` binds `a`; `import a.b.c as x` binds the last part."""
    for name, alias in node[2]:
        module = import_module(machine, name, scope.file)
        top = name.partition(".")[0]
        # The statement gets hold of the top-level package at the end: one that failed is then tried again.
        package = import_module(machine, top, scope.file) if top != name else module
        scope.bind(alias or top, module if alias is not None else package)


def import_from(machine: Machine, node: Node, scope: Scope) -> None:
    """`from module import names`."""
    _, _, module_name, names, level = node
    full = _absolute_name(machine, module_name, level, scope)
    if full is None:
        for name, alias in names:
            scope.bind(alias or name, UNKNOWN)
        return
    module = import_module(machine, full, scope.file)
    for name, alias in names:
        if name == "*":
            _import_star(machine, module, scope)
        else:
            scope.bind(alias or name, load_from(machine, module, full, name, scope))


def _absolute_name(machine: Machine, name: str | None, level: int, scope: Scope) -> str | None:
    if level == 0:
        return name or ""
    package = package_of(scope.module)
    if package is None:
        return None
    if not package:
        raise machine.error("ImportError", "attempted relative import with no known parent package")
    parts = package.split(".")
    if level > len(parts):
        raise machine.error("ImportError", "attempted relative import beyond top-level package")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base


def package_of(module: ModuleValue) -> str | None:
    """`__package__` of a module; None where code has set it to something unknown."""
    own = module.namespace.get("__package__", MISSING)
    if isinstance(own, str):
        return own
    if own is not MISSING and own is not None:
        return None
    return module.spec_name if module.path is not None else module.spec_name.rpartition(".")[0]


def load_from(machine: Machine, module: Value, full: str, name: str, scope: Scope) -> Value:
    """What `from full import name` gives: an attribute, else a submodule, else `ImportError`."""
    if machine.trace is not None:
        machine.trace.imports[scope.file].add(f"{full}.{name}")
    value = machine.get_attribute(module, name)
    if value is not MISSING:
        return value
    if isinstance(module, InstanceValue):
        # A module that put an object in its place (`sys.modules[__name__] = thing`).
        submodule = MISSING
        if machine.get_attribute(module, "__path__") is not MISSING:
            submodule = _import_submodule(machine, f"{full}.{name}", scope.file)
        if submodule is not MISSING:
            return submodule
        detail = NameMissing(full, name, scope.file, None, sys_path=tuple(search_entries(machine)))
        text = f"cannot import name '{name}' from '<unknown module name>' (unknown location)"
        raise machine.error("ImportError", text, detail)
    if not isinstance(module, ModuleValue):
        return UNKNOWN
    if module_path(machine, module) is not None:
        submodule = _import_submodule(machine, f"{module.name}.{name}", scope.file)
        if submodule is not MISSING:
            return submodule
    fallback = machine.modules.get(f"{module.name}.{name}", MISSING)
    if fallback is not MISSING and fallback is not None:
        return fallback
    raise cannot_import_name(machine, module, name, scope.file)


def _import_submodule(machine: Machine, name: str, importer: str) -> Value:
    """`importlib._bootstrap._handle_fromlist`: only the absence of that very module is forgiven."""
    try:
        return import_module(machine, name, importer)
    except Raised as raised:
        if isinstance(raised.detail, ModuleMissing) and raised.detail.name == name and len(raised.frames) == 0:
            return MISSING
        raise


def cannot_import_name(machine: Machine, module: ModuleValue, name: str, importer: str) -> Raised:
    """The `ImportError` of a missing name, in Python's words (`Python/ceval.c`, `import_from`)."""
    detail = name_missing(machine, module, name, importer, import_cycle(machine, module))
    place = module.file or "unknown location"
    # In 3.13 an import statement only warns of the standard library's names, an attribute of any.
    renaming = renaming_advice(machine, module) if module.name in machine.environment.stdlib_modules else ""
    if renaming:
        text = f"cannot import name '{name}' from '{module.name}' ({renaming})"
    elif module.initialising and not module.by_spec:
        text = (
            f"cannot import name '{name}' from partially initialized module '{module.name}' "
            f"(most likely due to a circular import) ({place})"
        )
    else:
        text = f"cannot import name '{name}' from '{module.name}' ({place})"
    return machine.error("ImportError", text, detail)


def renaming_advice(machine: Machine, module: ModuleValue) -> str:
    """What Python 3.13 and newer say of a module that may hide another; "" where it cannot (`Objects/moduleobject.c`).

    It can where it lies in the folder that the interpreter itself put first on the path: the working directory of
    `python -m pytest`, the folder of the script for `pytest`.
    """
    if machine.version < (3, 13, 0) or module.kind != "source" or module.file is None:
        return ""
    folder = posixpath.dirname(module.file)
    if posixpath.basename(module.file) == "__init__.py":
        folder = posixpath.dirname(folder)
    if not machine.invocation.cwd_on_path or folder != machine.invocation.cwd:
        return ""
    if module.name in machine.environment.stdlib_modules:
        return (
            f"consider renaming '{module.file}' since it has the same name as the standard library module named "
            f"'{module.name}' and prevents importing that standard library module"
        )
    if module.initialising and not module.by_spec:
        return (
            f"consider renaming '{module.file}' if it has the same name as a third-party module you intended to import"
        )
    return ""


def import_cycle(machine: Machine, module: ModuleValue) -> tuple[Frame, ...]:
    """The running imports from the half-executed `module` down to here; empty for one that is done."""
    if not module.initialising:
        return ()
    for place, scope in enumerate(machine.scopes):
        if scope.module is module:
            return tuple(Frame(each.file, each.line) for each in machine.scopes[place:])
    return ()


def _import_star(machine: Machine, module: Value, scope: Scope) -> None:
    if not isinstance(module, ModuleValue):
        scope.module.lenient = True
        return
    if module.kind == "opaque":
        from muster.execution.installed import star_names

        names = star_names(machine, module)
        if names is None:
            scope.module.lenient = True
            return
    else:
        names = _star_names(machine, module, scope)
    for name in names:
        value = machine.get_attribute(module, name)
        if value is MISSING:
            value = _star_submodule(machine, module, name, scope)
        scope.bind(name, value)


def _star_names(machine: Machine, module: ModuleValue, scope: Scope) -> list[str]:
    exported = module.namespace.get("__all__", MISSING)
    if exported is not MISSING:
        elements = machine.iterate(exported)
        if elements is not None and all(isinstance(element, str) for element in elements):
            return elements
        scope.module.lenient = True
    if module.lenient:
        scope.module.lenient = True
    return [name for name in module.namespace if not name.startswith("_")]


def _star_submodule(machine: Machine, module: ModuleValue, name: str, scope: Scope) -> Value:
    if module.path is not None:
        submodule = _import_submodule(machine, f"{module.name}.{name}", scope.file)
        if submodule is not MISSING:
            return submodule
    if module.kind == "opaque":
        return UNKNOWN
    detail = name_missing(machine, module, name, scope.file)
    raise machine.error("AttributeError", f"module '{module.name}' has no attribute '{name}'", detail)


# The machinery.


def import_module(machine: Machine, name: str, importer: str) -> Value:
    """`importlib.import_module(name)`: the module, from the table or imported now. Raises what the import raises."""
    if machine.trace is not None:
        machine.trace.imports[importer].add(name)
    found = machine.modules.get(name, MISSING)
    if found is not MISSING:
        if found is None:
            detail = module_missing(machine, name, importer)
            raise machine.error("ModuleNotFoundError", f"import of {name} halted; None in sys.modules", detail)
        return found
    if name in machine.preloaded:
        return load_installed(machine, name)
    parent_name, _, tail = name.rpartition(".")
    if not parent_name:
        return _find_and_load(machine, name, tail, None, importer)
    if machine.modules.get(parent_name, MISSING) is None:
        raise _not_a_package(machine, name, importer)
    parent = import_module(machine, parent_name, importer)
    # Importing the parent may have imported the child.
    found = machine.modules.get(name, MISSING)
    if found is not MISSING and found is not None:
        return found
    if name in machine.preloaded:
        return load_installed(machine, name)
    return _import_child(machine, name, tail, parent, importer)


def _import_child(machine: Machine, name: str, tail: str, parent: Value, importer: str) -> Value:
    if isinstance(parent, InstanceValue):
        return _import_below_object(machine, name, tail, parent, importer)
    if not isinstance(parent, ModuleValue):
        if isinstance(parent, OpaqueInstance):
            raise _not_a_package(machine, name, importer)
        return UNKNOWN
    if module_path(machine, parent) is None:
        if parent.kind == "opaque" and parent.probe is None:
            return load_installed(machine, name)
        if parent.kind == "made" and parent.namespace.get("__path__", MISSING) is not MISSING:
            return UNKNOWN
        raise _not_a_package(machine, name, importer)
    module = _find_and_load(machine, name, tail, parent, importer)
    parent_name = name.rpartition(".")[0]
    if parent_name not in machine.modules and parent_name not in machine.preloaded:
        # `_find_and_load_unlocked` looks the parent up again to set the attribute.
        raise machine.error("KeyError", repr(parent_name))
    parent.namespace[tail] = module
    return module


def _import_below_object(machine: Machine, name: str, tail: str, parent: InstanceValue, importer: str) -> Value:
    """A submodule of a package that put an object in its place (`sys.modules[__name__] = proxy`)."""
    path = machine.get_attribute(parent, "__path__")
    if path is MISSING:
        raise _not_a_package(machine, name, importer)
    entries = machine.iterate(path) if isinstance(path, ListValue) else None
    if entries is None or not all(isinstance(entry, str) for entry in entries):
        return UNKNOWN
    package = ModuleValue(name.rpartition(".")[0], None, "source", entries)
    module = _find_and_load(machine, name, tail, package, importer)
    machine.set_attribute(parent, tail, module)
    return module


def _not_a_package(machine: Machine, name: str, importer: str) -> Raised:
    parent = name.rpartition(".")[0]
    detail = module_missing(machine, name, importer, parent=machine.modules.get(parent), is_module=True)
    return machine.error("ModuleNotFoundError", f"No module named '{name}'; '{parent}' is not a package", detail)


def module_path(machine: Machine, module: ModuleValue) -> list[str] | None:
    """`__path__` of a module, None for what is no package. A namespace's is computed anew: its portions change with the path."""
    if module.kind == "namespace" and module.search_path_of_parent is not None:
        module.path = _namespace_portions(machine, module)
    own = module.namespace.get("__path__")
    if isinstance(own, ListValue) and not own.unsure:
        # Code may set `__path__` itself (`pkgutil.extend_path`, modules made by hand).
        return [entry for entry in own if isinstance(entry, str)]
    return module.path


def _namespace_portions(machine: Machine, module: ModuleValue) -> list[str] | None:
    parent_name, _, tail = module.name.rpartition(".")
    if parent_name:
        parent = machine.modules.get(parent_name)
        entries = module_path(machine, parent) if isinstance(parent, ModuleValue) else None
    else:
        entries = search_entries(machine)
    key = tuple(entries or ())
    if key != module.search_path_of_parent:
        module.search_path_of_parent = key
        match resolve_on_path(machine.tree, tail, key):
            case NamespacePackage(portions=portions):
                return list(portions)
            case _:
                pass
    return module.path


def _find_and_load(machine: Machine, name: str, tail: str, parent: ModuleValue | None, importer: str) -> Value:
    if parent is None:
        if name in machine.environment.builtin_modules:
            return load_installed(machine, name)
        entries = search_entries(machine)
    else:
        entries = module_path(machine, parent) or []
    resolution = resolve_on_path(machine.tree, tail, [posixpath.normpath(entry) for entry in entries])
    match resolution:
        case NotFound():
            return _not_found(machine, name, parent, tuple(entries), importer)
        case Undecided():
            return _leniently(machine, name)
        case NamespacePackage(portions=portions):
            if parent is not None and parent.kind == "opaque":
                return load_installed(machine, name, list(portions))
            return _load_namespace(machine, name, list(portions), tuple(entries))
        case BinaryModule(path=path) | SourceModule(path=path) | RegularPackage(path=path):
            if isinstance(resolution, BinaryModule) and not is_installed(machine, path):
                # The project's own extension module: what it holds is not known, that it loads is taken on trust.
                module = _leniently(machine, name)
                module.file, module.path = path, _folder(resolution)
                machine.native_packages.add(name.partition(".")[0])
                return module
            if isinstance(resolution, BinaryModule) or (
                is_installed(machine, path)
                and path not in machine.session_files
                and name not in machine.plugin_modules
                and not _is_interpreted(machine, parent)
            ):
                return load_installed(machine, name, _folder(resolution), path)
            folder = resolution.folder if isinstance(resolution, RegularPackage) else None
            return load_source(
                machine, name, _as_written(path, entries), None if folder is None else [_as_written(folder, entries)]
            )


def _is_interpreted(machine: Machine, parent: ModuleValue | None) -> bool:
    """Whether `parent` is an installed package that is interpreted, as it needs the project's own code."""
    return parent is not None and parent.kind == "source" and is_installed(machine, parent.file or "")


def _folder(found: BinaryModule | SourceModule | RegularPackage) -> list[str] | None:
    folder = getattr(found, "folder", None)
    return [folder] if folder else None


def _as_written(path: str, entries: Sequence[str]) -> str:
    """`path` below its search entry as that is spelled (`tests/../lib`): so `__file__` and messages show it."""
    for entry in entries:
        plain = posixpath.normpath(entry)
        if plain != entry and path.startswith(plain + "/"):
            return entry.rstrip("/") + path[len(plain) :]
    return path


def _not_found(
    machine: Machine, name: str, parent: ModuleValue | None, entries: tuple[str, ...], importer: str
) -> Value:
    # Never ask the environment for what the simulated path does not reach, except finders of its own (editable installs).
    top = name.partition(".")[0]
    if parent is None and top in machine.environment.editable_finders:
        return _load_editable(machine, name, machine.environment.editable_finders[top])
    if _may_be_hooked(machine, name, entries if parent is not None else None):
        return _leniently(machine, name)
    if parent is not None and (parent.lenient or (parent.kind == "opaque" and parent.probe is None)):
        return load_installed(machine, name)
    if parent is not None and parent.kind == "opaque" and parent.probe is not None and f"{name}" in machine.preloaded:
        return load_installed(machine, name)
    if parent is not None and parent.kind == "opaque":
        # Packages can make their modules up (`six.moves`): only the environment knows.
        found = _made_up(machine, name)
        if found is not None:
            return found
    detail = module_missing(machine, name, importer, entries, parent=parent)
    raise machine.error("ModuleNotFoundError", f"No module named '{name}'", detail)


def _may_be_hooked(machine: Machine, name: str, path: tuple[str, ...] | None) -> bool:
    """Whether a finder that the project put on `sys.meta_path` may know the module."""
    from muster.execution.values import BoundMethod

    place = UNKNOWN if path is not None else None
    for hook in machine.import_hooks:
        find = machine.get_attribute(hook, "find_spec")
        if not isinstance(find, BoundMethod):
            return True
        try:
            if machine.call(find, (name, place, None), {}) is not None:
                return True
        except Raised:
            return True
    return False


def _made_up(machine: Machine, name: str) -> ModuleValue | None:
    probe = machine.probe(name)
    if probe is not None and probe.first is None:
        return load_installed(machine, name)
    return None


def _load_editable(machine: Machine, name: str, place: str) -> Value:
    init = posixpath.join(place, "__init__.py")
    if machine.tree.kind(init) is not None:
        return load_source(machine, name, init, [place])
    if place.endswith(".py"):
        return load_source(machine, name, place, None)
    return _load_namespace(machine, name, [place], ())


def _leniently(machine: Machine, name: str) -> ModuleValue:
    module = ModuleValue(name, None, "opaque")
    module.lenient = True
    machine.modules[name] = module
    return module


def is_installed(machine: Machine, path: str) -> bool:
    """Whether `path` belongs to the environment (standard library or site-packages): never interpreted for a verdict.

    An installed package whose tests are asked for (`--pyargs networkx`) is what is examined, and no part of it.
    """
    return path.startswith(machine.installed_prefixes) and not path.startswith(machine.examined)


def load_installed(machine: Machine, name: str, path: list[str] | None = None, file: str | None = None) -> ModuleValue:
    """The opaque module `name` of the environment, with what importing it really did (asked once)."""
    from muster.execution.installed import install

    return install(machine, name, path, file)


def _load_namespace(machine: Machine, name: str, portions: list[str], entries: tuple[str, ...]) -> ModuleValue:
    module = ModuleValue(name, None, "namespace", portions)
    module.search_path_of_parent = entries or None
    machine.modules[name] = module
    return module


def load_source(machine: Machine, name: str, file: str, path: list[str] | None) -> Value:
    """The module `name` made by running `file`; one that fails leaves the module table again."""
    module = ModuleValue(name, file, "source", path)
    machine.modules[name] = module
    try:
        run_module(machine, module)
    except Raised:
        # A module that failed leaves the table; what it had imported stays (`_load_unlocked`).
        if machine.modules.get(name) is module:
            del machine.modules[name]
        raise
    # A module may replace itself in `sys.modules`.
    return machine.modules.get(name, module)


def run_module(machine: Machine, module: ModuleValue) -> None:
    """Run the body of a source module. Raises what it raises; a run that takes too long leaves the module lenient."""
    from muster.execution.statements import run_scope

    path = posixpath.normpath(module.file or "")
    if machine.trace is not None:
        machine.trace.files[module.name].add(path)
        machine.trace.loaders[module.name].add(machine.during)
    facts = machine.source.facts(path)
    if facts.undecided:
        raise UndecidedSourceError(path, facts.undecided)
    if facts.problem is not None:
        problem = facts.problem
        raise machine.error(
            problem.type, problem.message, SyntaxFailure(path, problem.line, problem.column, problem.text)
        )
    module.doc = facts.doc
    module.initialising = True
    scope = module_scope(module)
    scope.file = path
    outer = (machine.budget, machine.unsure, machine.depth)
    machine.budget, machine.depth = machine.module_budget, 0
    try:
        run_scope(machine, facts.body, scope)
    except ExhaustedError:
        module.lenient = True
    finally:
        module.initialising = False
        machine.budget, machine.unsure, machine.depth = outer
