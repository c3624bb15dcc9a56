"""Callables and values that the simulation knows itself, by the dotted name that they stand for.

Add one here only where guessing would be wrong: everything else of the environment is opaque and harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster.execution.attribute_hooks import method_of_object
from muster.execution.machine import Machine
from muster.execution.metaclasses import new_class
from muster.execution.natives import (
    builtin_functions,
    packages,
    patching,
    programs,
    pytest_api,
    standard_library,
    system,
)
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    InstanceValue,
    Native,
    Opaque,
    Value,
)

_TABLES: tuple[dict[str, Any], ...] = (
    system.NATIVES,
    pytest_api.NATIVES,
    standard_library.NATIVES,
    patching.NATIVES,
    packages.NATIVES,
    programs.NATIVES,
)
_NATIVES: dict[str, Native] = {
    dotted: Native(dotted, function) for table in _TABLES for dotted, function in table.items()
}
_BUILTINS: dict[str, Native] = {name: Native(name, function) for name, function in builtin_functions.NATIVES.items()}
_VALUES: dict[str, Callable[[Machine], Value]] = {**system.VALUES, **pytest_api.VALUES, **standard_library.VALUES}


_MODULE_GLOBALS = frozenset(
    "__name__ __file__ __doc__ __spec__ __loader__ __package__ __builtins__ __path__ __annotations__ __dict__".split()
)


def modelled(machine: Machine, dotted: str) -> Value:
    """What stands for `dotted` here, `MISSING` where it is left to the environment."""
    native = _NATIVES.get(dotted)
    if native is not None:
        return native
    make = _VALUES.get(dotted)
    if make is not None:
        return make(machine)
    if dotted.startswith("builtins."):
        return builtin(machine, dotted[len("builtins.") :])
    return MISSING


def builtin(machine: Machine, name: str) -> Value:
    """The built-in `name` as the target Python has it, else `MISSING`."""
    native = _BUILTINS.get(name)
    if native is not None:
        return native
    if name in builtin_functions.CONSTANTS:
        return builtin_functions.CONSTANTS[name]
    if name in _MODULE_GLOBALS:
        return _module_global(machine, name)
    if name in machine.environment.builtins or name in builtin_functions.ALWAYS:
        kind = "class" if builtin_functions.is_class(name) else "function"
        return Opaque(f"builtins.{builtin_functions.canonical(name)}", kind, builtin_functions.facts_of(name))
    return MISSING


def _module_global(machine: Machine, name: str) -> Value:
    scope = machine.here
    if scope is None:
        return UNKNOWN
    if name == "__path__" and scope.module.path is None:
        return MISSING
    if name == "__dict__":
        return MISSING
    if name == "__annotations__":
        return UNKNOWN
    found = machine.get_attribute(scope.module, name)
    return UNKNOWN if found is MISSING else found


def native_attribute(machine: Machine, native: Native, name: str) -> Value:
    """An attribute of a callable that the simulation models: another modelled one, or something opaque."""
    found = modelled(machine, f"{native.dotted}.{name}")
    if found is not MISSING:
        return found
    if name in ("__name__", "__qualname__"):
        return native.name
    stands_for = builtin_functions.TYPES.get(native.dotted)
    if stands_for is not None:
        if name.startswith("__") or hasattr(stands_for, name):
            return _method_of_type(native.dotted, name)
        return MISSING
    return Opaque(f"{native.dotted}.{name}")


def _method_of_type(type_name: str, name: str) -> Value:
    """`str.upper`, `dict.fromkeys`: called with the receiver as first argument."""
    plain = method_of_object(name) if type_name == "object" else MISSING
    if plain is not MISSING:
        return plain

    def run(machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if name == "__new__" and type_name == "type":
            return new_class(machine, args, kwargs)
        if name == "__init__" and type_name == "type":
            return None
        if name == "__new__":
            # `object.__new__(cls)` makes the instance itself; a class's own `__new__` is not what is meant.
            return InstanceValue(args[0], unsure=True) if args and isinstance(args[0], ClassValue) else UNKNOWN
        if not args or name in ("fromkeys", "fromhex", "from_bytes", "maketrans"):
            return UNKNOWN
        method = machine.get_attribute(args[0], name)
        return UNKNOWN if method in (MISSING, UNKNOWN) else machine.call(method, args[1:], kwargs)

    return Native(f"{type_name}.{name}", run)
