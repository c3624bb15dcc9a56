"""`pytest.Config` as the project's hooks see it, with the options that the project itself registers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from muster.execution.raised import Raised
from muster.execution.values import MISSING, UNKNOWN, FunctionValue, ListValue, Native, Value
from muster.model.invocation import Invocation

Args = tuple[Value, ...]
Kwargs = dict[str, Value]

_IMPLIED = {
    "store": None, "store_true": False, "store_false": True, "store_const": None, "append": None, "append_const": None,
    "count": None,
}  # fmt: skip
"""What argparse sets where the option is not given and has no default of its own."""


class OptionsValue:
    """`config.option`: the options of the project's conftests and plugins by destination; of others nothing is known."""

    __slots__ = ("destinations", "values")

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.destinations: dict[str, str] = {}

    def simulated_getattr(self, machine: Any, name: str) -> Value:
        """`config.option.name`."""
        return self.values.get(name, UNKNOWN)

    def simulated_setattr(self, machine: Any, name: str, new: Value) -> None:
        """`config.option.name = new`."""
        self.values[name] = UNKNOWN if machine.unsure else new

    def find(self, name: Value) -> Value:
        """`config.getoption(name)` by destination or by any spelling."""
        return self.values.get(self.destinations.get(name, name), UNKNOWN) if isinstance(name, str) else UNKNOWN

    def register(self, machine: Any, args: Args, kwargs: Kwargs, given: Mapping[str, object], late: bool) -> None:
        """`parser.addoption(*args, **kwargs)`; `given` is what the command line says. A `late` one only has its default."""
        names = [name for name in args if isinstance(name, str)]
        dest = kwargs.get("dest", _destination(names))
        if not isinstance(dest, str) or not names:
            return
        self.destinations.update(dict.fromkeys(names, dest))
        if dest in self.values:
            # The first option of a destination sets its default (`Config._processopt`).
            return
        if late:
            self.values[dest] = UNKNOWN if machine.unsure else kwargs.get("default", UNKNOWN)
        else:
            self.values[dest] = UNKNOWN if machine.unsure else _value(machine, kwargs, given.get(dest))


def _destination(names: list[str]) -> str | None:
    long = next((name for name in names if name.startswith("--")), names[0] if names else None)
    return long.lstrip("-").replace("-", "_") if long is not None else None


def _value(machine: Any, kwargs: Kwargs, given: object) -> Value:
    action = kwargs.get("action", "store")
    if not isinstance(action, str) or action not in _IMPLIED or None in kwargs:
        return UNKNOWN
    if given is None:
        default = kwargs.get("default", _IMPLIED[action])
        return _converted(machine, kwargs, default) if isinstance(default, str) else default
    if action in ("store_true", "store_false"):
        return action == "store_true"
    if action == "store_const":
        return kwargs.get("const")
    if action == "store" and isinstance(given, str) and kwargs.get("nargs") in (None, "?"):
        return _converted(machine, kwargs, given)
    if action == "append" and isinstance(given, tuple) and not {"type", "default", "nargs"} & set(kwargs):
        return ListValue(given)
    return UNKNOWN


def _converted(machine: Any, kwargs: Kwargs, text: str) -> Value:
    """What `type` makes of a text (argparse applies it to a default that is a text as well)."""
    kind = kwargs.get("type")
    if kind is None:
        return text
    if not isinstance(kind, (Native, FunctionValue)):
        return UNKNOWN
    try:
        made: Value = machine.call(kind, (text,), {})
    except Raised:
        return UNKNOWN
    return made


class ParserValue:
    """`pytest.Parser` and its option groups: only `addoption` matters here."""

    __slots__ = ("given", "is_late", "options")

    def __init__(self, options: OptionsValue, given: Mapping[str, object], is_late: bool) -> None:
        self.options = options
        self.given = given
        self.is_late = is_late

    def simulated_getattr(self, machine: Any, name: str) -> Value:
        """The methods of parser and group."""
        if name in ("addoption", "_addoption"):
            return Native("pytest.Parser.addoption", self._add)
        if name in ("getgroup", "addgroup"):
            return Native("pytest.Parser.getgroup", lambda machine, args, kwargs: self)
        return UNKNOWN

    def _add(self, machine: Any, args: Args, kwargs: Kwargs) -> Value:
        self.options.register(machine, args, kwargs, self.given, self.is_late)
        return None


class NodeValue:
    """A collector or the session as hooks get it: nothing but its `config` is known."""

    __slots__ = ("config",)

    def __init__(self, config: ConfigValue) -> None:
        self.config = config

    def simulated_getattr(self, machine: Any, name: str) -> Value:
        """The attribute that simulated code reads."""
        return self.config if name == "config" else UNKNOWN


class ConfigValue:
    """`pytest.Config` as conftests see it: what the invocation says, else unknown."""

    __slots__ = ("executor", "invocation")

    def __init__(self, executor: Any, invocation: Invocation) -> None:
        self.executor = executor
        self.invocation = invocation

    def simulated_getattr(self, machine: Any, name: str) -> Value:
        """The attribute that simulated code reads."""
        if name == "rootpath":
            return PurePosixPath(self.invocation.rootdir)
        if name == "inipath":
            return PurePosixPath(self.invocation.inifile) if self.invocation.inifile else None
        if name == "addinivalue_line":
            return Native("pytest.Config.addinivalue_line", self._add_line)
        if name == "option":
            return getattr(self.executor, "options", None) or UNKNOWN
        if name in ("getoption", "getvalue"):
            return Native("pytest.Config.getoption", self._get_option)
        return UNKNOWN

    def _get_option(self, machine: Any, args: Args, kwargs: Kwargs) -> Value:
        options = getattr(self.executor, "options", None)
        name = args[0] if args else kwargs.get("name")
        found = options.find(name) if isinstance(options, OptionsValue) else UNKNOWN
        # One that is None and may be skipped for raises `Skipped`, which is left to those who run the hook.
        return UNKNOWN if found is MISSING or (found is None and (len(args) > 2 or "skip" in kwargs)) else found

    def _add_line(self, machine: Any, args: Args, kwargs: Kwargs) -> Value:
        name, line = (
            (*args, kwargs.get("name"), kwargs.get("line"))[:2] if args else (kwargs.get("name"), kwargs.get("line"))
        )
        markers = getattr(self.executor, "registered_markers", None)
        if name == "markers" and isinstance(line, str) and markers is not None:
            markers.add(line.split(":")[0].split("(")[0].strip())
        return None
