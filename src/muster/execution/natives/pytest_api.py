"""`pytest`: marks, fixtures, parameters, and the outcomes that a module can raise at import time."""

from __future__ import annotations

from collections.abc import Callable

from muster.execution import operations
from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    FixtureValue,
    FunctionValue,
    Mark,
    Native,
    Opaque,
    OpaqueInstance,
    ParameterSetValue,
    Value,
)
from muster.model.collection import ModuleMissing, OtherFailure, SessionExit, UnknownMarker

Args = tuple[Value, ...]
Kwargs = dict[str, Value]

_MISSPELLED = ("parameterize", "parametrise", "parameterise")


class MarkGenerator:
    """`pytest.mark`: any attribute is a mark; with strict markers only registered ones (`_pytest/mark/structures.py`)."""

    __slots__ = ()

    def simulated_getattr(self, machine: Machine, name: str) -> Value:
        """`pytest.mark.NAME`."""
        if name.startswith("_"):
            if name.startswith("__"):
                return UNKNOWN
            raise machine.error("AttributeError", "Marker name must NOT start with underscore")
        if name not in machine.registered_markers:
            self._check_unregistered(machine, name)
        scope = machine.here
        return Mark(name, file=scope.file if scope else "", line=scope.line if scope else 0)

    def _check_unregistered(self, machine: Machine, name: str) -> None:
        registered = tuple(sorted(machine.registered_markers))
        if machine.strict_markers:
            text = f"'{name}' not found in `markers` configuration option"
            raise machine.error("Failed", text, UnknownMarker(name, registered))
        if name in _MISSPELLED:
            text = f"Unknown '{name}' mark, did you mean 'parametrize'?"
            raise machine.error("Failed", text, UnknownMarker(name, registered))
        text = (
            f"Unknown pytest.mark.{name} - is this a typo?  You can register custom marks to avoid this warning - "
            "for details, see https://docs.pytest.org/en/stable/how-to/mark.html"
        )
        if machine.turns_into_error("PytestUnknownMarkWarning", text):
            raise machine.error("PytestUnknownMarkWarning", text, UnknownMarker(name, registered))


MARK_GENERATOR = MarkGenerator()


# Fixtures.


def fixture(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`@pytest.fixture` with or without arguments."""
    if args and not kwargs and isinstance(args[0], (FunctionValue, ClassValue, FixtureValue)):
        return _make_fixture(machine, args[0], {})
    if args and isinstance(args[0], FunctionValue):
        return _make_fixture(machine, args[0], kwargs)
    if args and (args[0] is UNKNOWN or isinstance(args[0], OpaqueInstance)):
        return FixtureValue(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    params = kwargs.get("params")
    if params is not None and (elements := machine.iterate(params)) is not None:
        from muster.execution.values import ListValue

        kwargs = {**kwargs, "params": ListValue(elements)}
    return Native(
        "pytest.fixture()", lambda machine, inner, _: _make_fixture(machine, inner[0], kwargs) if inner else UNKNOWN
    )


def _make_fixture(machine: Machine, function: Value, options: Kwargs) -> Value:
    if isinstance(function, ClassValue):
        raise machine.error("ValueError", "class fixtures not supported (maybe in the future)", OtherFailure("fixture"))
    if isinstance(function, FixtureValue):
        _refuse_second_fixture(machine, function)
    if isinstance(function, FunctionValue) and function.attributes.get("pytestmark") is not None:
        from muster.execution.calls import mark_fixture

        mark_fixture(machine, Mark("any"), FixtureValue(function, None, "function", None, None, False))
    return FixtureValue(
        function,
        options.get("name"),
        options.get("scope", "function"),
        options.get("params"),
        options.get("ids"),
        options.get("autouse", False),
    )


def _refuse_second_fixture(machine: Machine, fixture: FixtureValue) -> None:
    name = getattr(fixture.function, "name", "")
    text = f"@pytest.fixture is being applied more than once to the same function {name!r}"
    raise machine.error("ValueError", text, OtherFailure("fixture"))


def _param(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    marks = kwargs.get("marks", ())
    identifier = kwargs.get("id")
    if (
        identifier is not None
        and identifier is not UNKNOWN
        and not isinstance(identifier, (str, Opaque, OpaqueInstance))
    ):
        kind = operations.type_name_of(identifier)
        if kind is not None:
            text = f"Expected id to be a string, got <class '{kind}'>: {operations.repr_of(identifier)}"
            raise machine.error("TypeError", text, OtherFailure("parametrize"))
    return ParameterSetValue(args, marks, identifier)


# Outcomes.


def _reason(args: Args, kwargs: Kwargs, *names: str) -> str:
    value = args[0] if args else next((kwargs[name] for name in names if name in kwargs), "")
    return operations.text_of(value) or ""


def _skip(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    raised = machine.error("Skipped", _reason(args, kwargs, "reason", "msg"), OtherFailure("skip"))
    raised.allow_module_level = machine.truth(kwargs.get("allow_module_level", False)) is not False
    raise raised


def _fail(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    raise machine.error("Failed", _reason(args, kwargs, "reason", "msg"), OtherFailure("fail"))


def _xfail(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    raise machine.error("XFailed", _reason(args, kwargs, "reason", "msg"), OtherFailure("fail"))


def _exit(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    text = _reason(args, kwargs, "reason", "msg")
    raise machine.error("Exit", text, SessionExit(text))


def _importorskip(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    """`pytest.importorskip(name, minversion=None, reason=None)` (`_pytest/outcomes.py`)."""
    name = args[0] if args else kwargs.get("modname", UNKNOWN)
    if not isinstance(name, str):
        return UNKNOWN
    try:
        module = machine.import_module(name, machine.here.file if machine.here else "")
    except Raised as raised:
        if not _importorskip_catches(machine, raised, kwargs):
            raise
        given = kwargs.get("reason", args[2] if len(args) > 2 else None)
        text = operations.text_of(given) if given is not None else f"could not import {name!r}: {raised.message}"
        skipped = _module_skip(machine, text or "")
        skipped.detail = raised.detail if isinstance(raised.detail, ModuleMissing) else OtherFailure("importorskip")
        raise skipped from None
    return _check_minversion(machine, module, name, args, kwargs)


def _importorskip_catches(machine: Machine, raised: Raised, kwargs: Kwargs) -> bool:
    # Since pytest 9.1 only the absence of a module skips; before, any ImportError did (with a warning from 8.2 on).
    if "exc_type" in kwargs:
        from muster.execution.exceptions import matches

        return matches(raised, kwargs["exc_type"]) is not False
    wanted = "ModuleNotFoundError" if machine.invocation.pytest_version >= (9, 1, 0) else "ImportError"
    return wanted in raised.bases


def _check_minversion(machine: Machine, module: Value, name: str, args: Args, kwargs: Kwargs) -> Value:
    minimum = args[1] if len(args) > 1 else kwargs.get("minversion")
    if minimum is None:
        return module
    version = machine.get_attribute(module, "__version__")
    if not isinstance(minimum, str) or not (isinstance(version, str) or version is MISSING):
        return module
    from packaging.version import InvalidVersion, Version

    try:
        enough = isinstance(version, str) and Version(version) >= Version(minimum)
    except InvalidVersion:
        return module
    if enough:
        return module
    shown = None if version is MISSING else version
    text = kwargs.get("reason") or f"module {name!r} has __version__ {shown!r}, required is: {minimum!r}"
    raise _module_skip(machine, operations.text_of(text) or "")


def _module_skip(machine: Machine, text: str) -> Raised:
    raised = machine.error("Skipped", text, OtherFailure("importorskip"))
    raised.allow_module_level = True
    return raised


def _register_assert_rewrite(machine: Machine, args: Args, kwargs: Kwargs) -> Value:
    return None


NATIVES: dict[str, Callable[[Machine, Args, Kwargs], Value]] = {}
VALUES: dict[str, Callable[[Machine], Value]] = {}

for _module in ("pytest", "_pytest.fixtures", "_pytest.outcomes", "_pytest.mark", "_pytest.mark.structures", "py.test"):
    NATIVES.update(
        {
            f"{_module}.fixture": fixture,
            f"{_module}.yield_fixture": fixture,
            f"{_module}.param": _param,
            f"{_module}.skip": _skip,
            f"{_module}.fail": _fail,
            f"{_module}.xfail": _xfail,
            f"{_module}.exit": _exit,
            f"{_module}.importorskip": _importorskip,
            f"{_module}.register_assert_rewrite": _register_assert_rewrite,
        }
    )
    VALUES[f"{_module}.mark"] = lambda machine: MARK_GENERATOR

for _plugin in (
    "pytest_asyncio",
    "pytest_asyncio.plugin",
    "pytest_twisted",
    "pytest_trio",
    "pytest_cases",
    "pytest_factoryboy",
    "pytest_tornasync",
):
    NATIVES[f"{_plugin}.fixture"] = fixture
