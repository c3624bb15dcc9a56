"""What is changed for a while: `unittest.mock.patch`, `patch.object`, `patch.dict` and `pytest.MonkeyPatch`.

Tests use them around imports at module level (`with patch.dict(os.environ, {...}): import app`), and what they put in place
decides what the import does. When they end everything is as before, modules that came meanwhile included.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from muster.execution.machine import Machine
from muster.execution.namespaces import ModuleTable
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    DictValue,
    FunctionValue,
    ModuleValue,
    Native,
    Value,
)

Args = tuple[Value, ...]
Kwargs = dict[str, Value]
Function = Callable[[Machine, Args, Kwargs], Value]
Undo = Callable[[], None]


class Patcher:
    """A patch that is a context manager, a decorator and has `start` and `stop`.

    `change` puts the new thing in place and returns what it is and how to take it back. `fills`: whether the decorated test
    gets one more argument.
    """

    __slots__ = ("change", "fills", "undo")

    def __init__(self, change: Callable[[Machine], tuple[Value, Undo]], fills: bool = False) -> None:
        self.change = change
        self.fills = fills
        self.undo: list[Undo] = []

    def simulated_enter(self, machine: Machine) -> Value:
        """`__enter__`."""
        value, undo = self.change(machine)
        self.undo.append(undo)
        return value

    def simulated_exit(self, machine: Machine) -> None:
        """`__exit__`."""
        if self.undo:
            self.undo.pop()()

    def simulated_call(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        """As a decorator it changes nothing before the test runs, but for the signature."""
        target = args[0] if args else UNKNOWN
        if not isinstance(target, FunctionValue):
            return target
        from muster.execution.calls import decorate

        wrapper = decorate("unittest.mock.patch", target)
        if isinstance(wrapper, FunctionValue):
            wrapper.patched_args = target.patched_args + int(self.fills)
            wrapper.attributes["__wrapped__"] = target
        return wrapper

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """`start` and `stop`."""
        if name in ("start", "__enter__"):
            return Native(f"unittest.mock._patch.{name}", lambda machine, args, kwargs: self.simulated_enter(machine))
        if name in ("stop", "__exit__"):
            return Native(f"unittest.mock._patch.{name}", lambda machine, args, kwargs: self.simulated_exit(machine))
        return UNKNOWN


def _nothing() -> None:
    return None


def _patch(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`patch("package.module.name", new)`."""
    target, new = args[0] if args else kwargs.get("target", UNKNOWN), _given(args, 1, kwargs)

    def change(machine: Machine) -> tuple[Value, Undo]:
        owner, _, name = target.rpartition(".") if isinstance(target, str) else ("", "", "")
        value = UNKNOWN if new is MISSING else new
        return value, _replace(machine, _resolve(machine, owner), name, value) if owner else _nothing

    return Patcher(change, fills=new is MISSING)


def _patch_object(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`patch.object(owner, "name", new)`."""
    owner, name = (*args, kwargs.get("target"), kwargs.get("attribute"))[:2]
    new = _given(args, 2, kwargs)

    def change(machine: Machine) -> tuple[Value, Undo]:
        value = UNKNOWN if new is MISSING else new
        return value, _replace(machine, owner, name, value) if isinstance(name, str) else _nothing

    return Patcher(change, fills=new is MISSING)


def _patch_dict(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`patch.dict(dictionary or "dotted.name", values, clear=False, **more)`."""
    more = {key: value for key, value in kwargs.items() if key not in ("in_dict", "values", "clear")}
    target = args[0] if args else kwargs.get("in_dict", UNKNOWN)
    values = args[1] if len(args) > 1 else kwargs.get("values", DictValue())
    clear = args[2] if len(args) > 2 else kwargs.get("clear", False)

    def change(machine: Machine) -> tuple[Value, Undo]:
        found = _resolve(machine, target) if isinstance(target, str) else target
        undo = _saved(machine, found)
        if machine.truth(clear) is not False and isinstance(found, DictValue):
            found.clear()
        known = DictValue(values) if isinstance(values, DictValue) else DictValue((), True)
        known.unsure |= getattr(values, "unsure", False)
        known.update(more)
        update = machine.get_attribute(found, "update")
        if update not in (MISSING, UNKNOWN):
            machine.call(update, (known,), {})
        return found, undo

    return Patcher(change)


def _given(args: Args, place: int, kwargs: Kwargs) -> Value:
    return args[place] if len(args) > place else kwargs.get("new", MISSING)


def _resolve(machine: Machine, dotted: str) -> Value:
    """What the dotted name means, modules on the way imported (`pkgutil.resolve_name`). Raises what the import raises."""
    importer = machine.here.file if machine.here else ""
    first, *rest = dotted.split(".")
    name, value = first, machine.import_module(first, importer)
    for part in rest:
        name = f"{name}.{part}"
        found = machine.get_attribute(value, part)
        if found is MISSING and isinstance(value, ModuleValue):
            try:
                found = machine.import_module(name, importer)
            except Raised as raised:
                if "ImportError" not in raised.bases or machine.version < (3, 11, 0):
                    raise
                found = machine.load_attribute(value, part)
        value = UNKNOWN if found is MISSING else found
    return value


def _replace(machine: Machine, owner: Value, name: str, value: Value) -> Undo:
    names = owner.namespace if isinstance(owner, (ModuleValue, ClassValue)) else getattr(owner, "attributes", None)
    if not isinstance(names, dict):
        return _nothing
    path = list(machine.sys_path) if isinstance(owner, ModuleValue) and owner.name == "sys" and name == "path" else None
    before = names.get(name, MISSING)
    machine.set_attribute(owner, name, value)

    def undo() -> None:
        if path is not None:
            machine.sys_path[:] = path
        elif before is MISSING:
            names.pop(name, None)
        else:
            names[name] = before

    return undo


def _saved(machine: Machine, target: Value) -> Undo:
    """How to make a dictionary what it is now."""
    if isinstance(target, ModuleTable):
        tables = [(table, dict(table)) for table in (machine.modules, machine.preloaded)]

        def restore_modules() -> None:
            for table, before in tables:
                table.clear()
                table.update(before)

        return restore_modules
    if not isinstance(target, DictValue):
        return _nothing
    before, unsure = dict(target), target.unsure

    def restore() -> None:
        target.clear()
        target.update(before)
        target.unsure = unsure

    return restore


class MonkeyPatchValue:
    """`pytest.MonkeyPatch()`: what it changes is taken back by `undo`, or at the end of its `context`."""

    __slots__ = ("changes",)

    def __init__(self) -> None:
        self.changes: list[Undo] = []

    def simulated_enter(self, machine: Machine) -> Value:
        """`with MonkeyPatch.context() as patch`."""
        return self

    def simulated_exit(self, machine: Machine) -> None:
        """The end of the context."""
        self._undo(machine, (), {})

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """Its methods."""
        methods: dict[str, Function] = {
            "setattr": self._setattr, "delattr": self._delattr, "setenv": self._setenv, "delenv": self._delenv,
            "setitem": self._setitem, "delitem": self._delitem, "syspath_prepend": self._syspath_prepend,
            "chdir": self._chdir, "undo": self._undo,
            "context": lambda machine, args, kwargs: MonkeyPatchValue(),
        }  # fmt: skip
        return Native(f"pytest.MonkeyPatch().{name}", methods[name]) if name in methods else UNKNOWN

    def _setattr(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        owner, name, value = (*args, *(UNKNOWN,) * 3)[:3]
        if isinstance(owner, str):
            dotted, _, last = owner.rpartition(".")
            owner, name, value = _resolve(machine, dotted) if dotted else UNKNOWN, last, name
        if isinstance(name, str):
            self.changes.append(_replace(machine, owner, name, value))
        return None

    def _delattr(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        names = getattr(args[0], "namespace", None) or getattr(args[0], "attributes", None) if args else None
        if len(args) > 1 and isinstance(args[1], str) and isinstance(names, dict) and args[1] in names:
            self.changes.append(_replace(machine, args[0], args[1], UNKNOWN))
            names.pop(args[1])
        return None

    def _setenv(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        name, value = (*args, kwargs.get("name"), kwargs.get("value"))[:2]
        prepend = args[2] if len(args) > 2 else kwargs.get("prepend")
        text = str(value) if isinstance(value, (str, int)) and prepend is None else UNKNOWN
        return self._setitem(machine, (machine.environ, name, text), {})

    def _delenv(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        return self._delitem(machine, (machine.environ, *args), kwargs)

    def _setitem(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        if len(args) == 3:
            from muster.execution.expressions import set_item

            self.changes.append(_saved(machine, args[0]))
            set_item(machine, args[0], args[1], args[2])
        return None

    def _delitem(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        from muster.execution.statements import delete_item

        target, name = (*args, kwargs.get("name"))[:2]
        raising = args[2] if len(args) > 2 else kwargs.get("raising", True)
        is_absent = isinstance(target, DictValue) and isinstance(name, str) and name not in target
        if is_absent and machine.truth(raising) is not True:
            return None
        self.changes.append(_saved(machine, target))
        delete_item(machine, target, name)
        return None

    def _syspath_prepend(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        from muster.execution.searchpath import insert

        before = list(machine.sys_path)
        self.changes.append(lambda: machine.sys_path.__setitem__(slice(None), before))
        entry = args[0] if args else kwargs.get("path", UNKNOWN)
        insert(machine, 0, str(entry) if isinstance(entry, PurePosixPath) else entry)
        return None

    def _chdir(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        from muster.execution.natives.system import NATIVES as SYSTEM

        before = machine.cwd
        self.changes.append(lambda: setattr(machine, "cwd", before))
        change: Any = SYSTEM["os.chdir"]
        return change(machine, args, kwargs)

    def _undo(self, machine: Machine, args: Args, kwargs: Kwargs) -> Value:
        while self.changes:
            self.changes.pop()()
        return None


def _monkeypatch(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return MonkeyPatchValue()


NATIVES: dict[str, Function] = {
    "unittest.mock.patch": _patch,
    "unittest.mock.patch.object": _patch_object,
    "unittest.mock.patch.dict": _patch_dict,
    "pytest.MonkeyPatch": _monkeypatch,
    "pytest.MonkeyPatch.context": _monkeypatch,
    "_pytest.monkeypatch.MonkeyPatch": _monkeypatch,
    "_pytest.monkeypatch.MonkeyPatch.context": _monkeypatch,
}
