"""`globals()`, `sys.modules`: dictionaries that are really something else."""

from __future__ import annotations

from muster.execution.machine import Machine
from muster.execution.values import MISSING, UNKNOWN, DictValue, ListValue, ModuleValue, Native, TupleValue, Value
from muster.model.collection import PathEffect
from muster.model.location import Location


class NamespaceValue:
    """The `__dict__` of a module: writing a name that is not known makes the module lenient."""

    __slots__ = ("module",)

    def __init__(self, module: ModuleValue) -> None:
        self.module = module

    def simulated_getitem(self, machine: Machine, key: Value) -> Value:
        """`globals()[key]`."""
        value = self._find(key) if isinstance(key, str) else UNKNOWN
        if value is not MISSING:
            return value
        if self.module.lenient:
            return UNKNOWN
        raise machine.error("KeyError", repr(key))

    def _find(self, name: str) -> Value:
        from muster.execution.attributes import module_dunder

        found = self.module.namespace.get(name, MISSING)
        return module_dunder(self.module, name) if found is MISSING else found

    def simulated_setitem(self, machine: Machine, key: Value, value: Value) -> None:
        """`globals()[key] = value`."""
        if isinstance(key, str):
            self.module.namespace[key] = value
        else:
            self.module.lenient = True

    def simulated_delitem(self, machine: Machine, key: Value) -> None:
        """`del globals()[key]`."""
        if isinstance(key, str):
            self.module.namespace.pop(key, None)

    def simulated_contains(self, key: str) -> bool | None:
        """`key in globals()`."""
        return self._find(key) is not MISSING or (None if self.module.lenient else False)

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """Methods of the dictionary."""
        if name == "update":
            return Native("dict.update", self._update)
        if name in ("get", "setdefault", "pop"):
            return Native(f"dict.{name}", self._get)
        if name in ("keys", "items", "values", "copy"):
            return Native(f"dict.{name}", lambda machine, args, kwargs: self._view(name))
        return UNKNOWN

    def _update(self, machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        self.module.namespace.update(kwargs)
        for arg in args:
            source = arg.module.namespace if isinstance(arg, NamespaceValue) else arg
            if isinstance(source, dict) and not getattr(source, "unsure", False):
                self.module.namespace.update({key: value for key, value in source.items() if isinstance(key, str)})
            else:
                self.module.lenient = True
        return None

    def _get(self, machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if not args or not isinstance(args[0], str):
            return UNKNOWN
        found = self._find(args[0])
        if found is not MISSING:
            return found
        return UNKNOWN if self.module.lenient else (args[1] if len(args) > 1 else None)

    def _view(self, name: str) -> Value:
        if name == "copy":
            return DictValue(self.module.namespace, self.module.lenient)
        if name == "keys":
            return ListValue(self.module.namespace, self.module.lenient)
        if name == "values":
            return ListValue(self.module.namespace.values(), self.module.lenient)
        return ListValue((TupleValue(pair) for pair in self.module.namespace.items()), self.module.lenient)


class ModuleTable:
    """`sys.modules` as the code sees it."""

    __slots__ = ("machine",)

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def _find(self, name: str) -> Value:
        self._trace_lookup(name)
        found = self.machine.modules.get(name, MISSING)
        if found is MISSING and name in self.machine.preloaded:
            from muster.execution.imports import load_installed

            return load_installed(self.machine, name)
        return found

    def _trace_lookup(self, name: str) -> None:
        trace, here = self.machine.trace, self.machine.here
        if trace is not None and here is not None:
            trace.looked[here.file].add(name)

    def simulated_getitem(self, machine: Machine, key: Value) -> Value:
        """`sys.modules[key]`."""
        if not isinstance(key, str):
            return UNKNOWN
        found = self._find(key)
        if found is MISSING:
            raise machine.error("KeyError", repr(key))
        return found

    def simulated_setitem(self, machine: Machine, key: Value, value: Value) -> None:
        """`sys.modules[key] = value`: whoever imports `key` later meets `value`."""
        if not isinstance(key, str):
            return
        machine.modules[key] = value
        if machine.trace is not None:
            machine.trace.replaced[machine.running_file].add(key)
        _record(machine, key)

    def simulated_delitem(self, machine: Machine, key: Value) -> None:
        """`del sys.modules[key]`."""
        if not isinstance(key, str):
            return
        if self._find(key) is MISSING:
            raise machine.error("KeyError", repr(key))
        self._drop(key)

    def _drop(self, key: str) -> None:
        if self.machine.trace is not None:
            self.machine.trace.replaced[self.machine.running_file].add(key)
        self.machine.modules.pop(key, None)
        self.machine.preloaded.pop(key, None)

    def simulated_contains(self, key: str) -> bool:
        """`key in sys.modules`."""
        self._trace_lookup(key)
        return key in self.machine.modules or key in self.machine.preloaded

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """Methods of the dictionary."""
        method = {"get": self._get, "pop": self._pop, "setdefault": self._setdefault, "update": self._update}.get(name)
        if method is not None:
            return Native(f"dict.{name}", method)
        if name in ("keys", "items", "values", "copy"):
            return Native(f"dict.{name}", lambda machine, args, kwargs: self._view(name))
        return UNKNOWN

    def _view(self, name: str) -> Value:
        names = [*self.machine.preloaded, *(key for key in self.machine.modules if key not in self.machine.preloaded)]
        if name == "keys":
            return ListValue(names)
        return UNKNOWN

    def _get(self, machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if not args or not isinstance(args[0], str):
            return UNKNOWN
        found = self._find(args[0])
        return found if found is not MISSING else (args[1] if len(args) > 1 else None)

    def _pop(self, machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        found = self._get(machine, args, kwargs)
        if args and isinstance(args[0], str):
            if len(args) == 1 and self._find(args[0]) is MISSING:
                raise machine.error("KeyError", repr(args[0]))
            self._drop(args[0])
        return found

    def _setdefault(self, machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if args and isinstance(args[0], str) and not self.simulated_contains(args[0]):
            self.simulated_setitem(machine, args[0], args[1] if len(args) > 1 else None)
        return self._get(machine, args, kwargs)

    def _update(self, machine: Machine, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        for arg in args:
            if isinstance(arg, DictValue):
                for key, value in arg.items():
                    self.simulated_setitem(machine, key, value)
        return None


def _record(machine: Machine, name: str) -> None:
    scope = machine.here
    if scope is not None:
        place = Location(scope.file, scope.line)
        machine.effects.append(PathEffect("module", name, 0, place, machine.during))
