"""Modules of the environment: what they hold and what importing them does, as the environment itself said when asked."""

from __future__ import annotations

import posixpath
from typing import Any

from muster.execution.exceptions import builtin_bases
from muster.execution.machine import Machine
from muster.execution.missing import module_missing
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    BoundMethod,
    ClassValue,
    ModuleValue,
    Opaque,
    OpaqueInstance,
    TupleValue,
    Value,
)
from muster.model.collection import OtherFailure
from muster.model.environment import ImportFailure, ProbedName
from muster.resolver.finder import NotFound, resolve_on_path

_TYPE_ATTRIBUTES = frozenset(dir(type))


def install(machine: Machine, name: str, path: list[str] | None = None, file: str | None = None) -> ModuleValue:
    """The opaque module `name`, put into the module table with all that came with it. Raises what its import raises."""
    known = machine.modules.get(name)
    if isinstance(known, ModuleValue):
        return known
    module = ModuleValue(name, file, "opaque", path)
    probe = machine.probe(name)
    if probe is None:
        module.lenient = True
    else:
        failure = _outcome(machine, name, probe.first, probe.second)
        source = file or probe.file
        if failure is not None and source.endswith(".py") and _wants_project_code(machine, failure.missing):
            return _interpreted(machine, name, path or list(probe.path) or None, source)
        if failure is not None and failure.is_of_the_module:
            raise _failure(machine, failure, name)
        module.probe = probe
        module.file = probe.file or file
        module.lenient = probe.lenient
        if file is not None and probe.file and not _same_module(probe.file, file):
            # The simulated search path reaches another file than the environment does: its names are not known.
            module.probe, module.lenient, module.file = None, True, file
        elif probe.is_package:
            module.path = list(probe.path) or path
        # A top-level name that the examined tree has a package of is the session's own, whatever came with the module.
        tops = {other.partition(".")[0] for other in probe.imported}
        own = {top for top in tops if top not in machine.environment.preloaded and _is_the_projects(machine, top)}
        for other in probe.imported:
            if other.partition(".")[0] in own:
                continue
            machine.preloaded.setdefault(other, "")
    machine.modules[name] = module
    parent, _, tail = name.rpartition(".")
    owner = machine.modules.get(parent) if parent else None
    if isinstance(owner, ModuleValue):
        owner.namespace.setdefault(tail, module)
    return module


def _wants_project_code(machine: Machine, missing: str) -> bool:
    """Whether an installed module failed only because the environment may not import the project's own code."""
    top = missing.partition(".")[0]
    return bool(top) and _is_the_projects(machine, top)


def _is_the_projects(machine: Machine, top: str) -> bool:
    """Whether the top-level name `top` means a module of the project's in this session."""
    known = machine.modules.get(top)
    if isinstance(known, ModuleValue) and known.kind in ("source", "namespace", "made"):
        return True
    if isinstance(known, ModuleValue) or top in machine.environment.stdlib_modules:
        return False
    if top in machine.environment.editable_finders or isinstance(machine.modules.get(top), ModuleValue):
        return True
    from muster.execution.imports import is_installed
    from muster.execution.searchpath import search_entries

    if any(folder.endswith(f"/{top}/") for folder in machine.examined):
        return True
    own = [posixpath.normpath(entry) for entry in search_entries(machine) if not is_installed(machine, entry + "/x")]
    return not isinstance(resolve_on_path(machine.tree, top, own), NotFound)


def _interpreted(machine: Machine, name: str, path: list[str] | None, file: str) -> ModuleValue:
    from muster.execution.imports import load_source

    module = load_source(machine, name, file, path)
    return module if isinstance(module, ModuleValue) else ModuleValue(name, file, "opaque", path)


def _same_module(probed: str, found: str) -> bool:
    return posixpath.splitext(probed)[0].split(".")[0] == posixpath.splitext(found)[0].split(".")[0] or probed == found


def _outcome(
    machine: Machine, name: str, first: ImportFailure | None, second: ImportFailure | None
) -> ImportFailure | None:
    """The failure of this attempt: some modules fail once and then succeed."""
    attempts = machine.import_attempts
    attempts[name] = attempts.get(name, 0) + 1
    return first if attempts[name] == 1 else second


def _failure(machine: Machine, failure: ImportFailure, name: str) -> Raised:
    detail = module_missing(machine, failure.missing, name) if failure.missing else OtherFailure("installed")
    bases = tuple(dotted.rpartition(".")[2] for dotted in failure.mro) or builtin_bases(failure.type)
    raised = machine.error(failure.type, failure.message, detail)
    raised.bases = bases
    return raised


def opaque_attribute(machine: Machine, module: ModuleValue, name: str) -> Value:
    """An attribute of an opaque module: what the simulation models itself, what was set on it, what the environment named."""
    from muster.execution.natives import modelled

    found = module.namespace.get(name, MISSING)
    if found is not MISSING:
        return found
    native = modelled(machine, f"{module.name}.{name}")
    if native is not MISSING:
        return native
    if name == "__name__":
        return module.name
    if name == "__file__":
        return module.file if module.file else UNKNOWN
    if name == "__path__":
        return UNKNOWN if module.path is not None else MISSING
    if module.probe is None:
        submodule = machine.modules.get(f"{module.name}.{name}")
        return submodule if submodule is not None else Opaque(f"{module.name}.{name}")
    probed = module.probe.names.get(name)
    if probed is not None:
        value = _from_probe(machine, module, name, probed)
        module.namespace[name] = value
        return value
    return _absent(machine, module, name)


def _absent(machine: Machine, module: ModuleValue, name: str) -> Value:
    submodule = machine.modules.get(f"{module.name}.{name}")
    if submodule is not None:
        return submodule
    if f"{module.name}.{name}" in machine.preloaded:
        return install(machine, f"{module.name}.{name}")
    if name.startswith("__") and name.endswith("__"):
        return UNKNOWN
    return _made_on_demand(machine, module, name) if module.lenient else MISSING


def _made_on_demand(machine: Machine, module: ModuleValue, name: str) -> Value:
    """What a module `__getattr__` of the environment's gives (PEP 562), as the environment says when it is asked."""
    if module.probe is None or not module.probe.lenient or module.probe.first is not None:
        return UNKNOWN
    answer = machine.probe(f"{module.name}:{name}")
    if answer is None:
        return UNKNOWN
    probed = answer.names.get(name)
    if probed is not None:
        return _from_probe(machine, module, name, probed)
    if answer.lenient:
        return UNKNOWN
    if answer.first is None:
        return MISSING
    if "AttributeError" in answer.first.mro:
        machine.refused_attribute = _failure(machine, answer.first, module.name)
        return MISSING
    if "ImportError" in answer.first.mro:
        raise _failure(machine, answer.first, module.name)
    return UNKNOWN


def _from_probe(machine: Machine, module: ModuleValue, name: str, probed: ProbedName) -> Value:
    if probed.kind == "module":
        target = probed.target or f"{module.name}.{name}"
        try:
            return install(machine, target)
        except Raised:
            return UNKNOWN
    if probed.kind == "value":
        value = probed.value
        return TupleValue(value) if isinstance(value, (tuple, list)) else value
    from muster.execution.natives import modelled

    if probed.target:
        native = modelled(machine, probed.target)
        if native is not MISSING:
            return native
    if probed.kind in ("class", "function"):
        return Opaque(probed.target or f"{module.name}.{name}", probed.kind, probed)
    if probed.type_name:
        return OpaqueInstance(Opaque(probed.type_name, "class"))
    return Opaque(f"{module.name}.{name}", "object", probed)


def star_names(machine: Machine, module: ModuleValue) -> list[str] | None:
    """What `from module import *` binds, or None where that is not known."""
    if module.probe is None:
        return None
    if module.probe.all is not None:
        return list(module.probe.all)
    return [name for name in module.probe.names if not name.startswith("_")]


def attribute_of_opaque(machine: Machine, opaque: Opaque, name: str) -> Value:
    """An attribute of an installed class, function or object."""
    from muster.execution.natives import modelled

    native = modelled(machine, f"{opaque.dotted}.{name}")
    if native is not MISSING:
        return native
    if name in ("__name__", "__qualname__") and opaque.kind in ("class", "function"):
        return opaque.name
    if name == "__module__" and opaque.kind in ("class", "function"):
        return opaque.dotted.rpartition(".")[0]
    facts = getattr(opaque.facts, "class_", None)
    if opaque.kind != "class" or facts is None or not facts.names:
        return Opaque(f"{opaque.dotted}.{name}")
    if name in facts.names:
        if facts.is_enum:
            return OpaqueInstance(opaque, (name,)) if name.isupper() else Opaque(f"{opaque.dotted}.{name}")
        return Opaque(f"{opaque.dotted}.{name}", "", None)
    if name in _TYPE_ATTRIBUTES or facts.metaclass not in ("type", "builtins.type") or name.startswith("_"):
        return UNKNOWN
    return MISSING


def attribute_of_instance(machine: Machine, instance: OpaqueInstance, name: str) -> Value:
    """An attribute of an instance of an installed class: never known to be absent, `__init__` may have set it."""
    from muster.execution.natives import modelled

    native = modelled(machine, f"{instance.cls.dotted}().{name}")
    if native is not MISSING:
        return BoundMethod(native, instance)
    if name == "__class__":
        return instance.cls
    facts: Any = getattr(instance.cls.facts, "class_", None)
    if facts is not None and facts.is_enum and name in ("name", "value"):
        return instance.args[0] if name == "name" and instance.args else UNKNOWN
    return UNKNOWN


def is_subclass(machine: Machine, cls: Value, dotted: str) -> bool | None:
    """Whether `cls` derives from the class named `dotted` (`unittest.case.TestCase`); None where it is not known."""
    if isinstance(cls, Opaque):
        facts = getattr(cls.facts, "class_", None)
        if cls.dotted == dotted:
            return True
        return dotted in facts.mro if facts is not None else None
    if not isinstance(cls, ClassValue):
        return None
    answers = [is_subclass(machine, base, dotted) for base in cls.mro[1:] if base is not cls]
    if True in answers:
        return True
    return None if None in answers or not cls.mro_known else False
