"""Conftests and plugins: when they are loaded, and what their collection hooks change (`_pytest/config/__init__.py`)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from muster.collection.config import ConfigValue, NodeValue, OptionsValue, ParserValue
from muster.collection.executor import Executor
from muster.collection.fixtures import FixtureManager
from muster.collection.hook_checks import find_refused_hook
from muster.collection.hookbodies import item_changes
from muster.collection.nodeids import relative_path
from muster.collection.outcomes import failed, import_failure
from muster.execution.imports import UndecidedSourceError
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    BoundMethod,
    FunctionValue,
    ListValue,
    ModuleValue,
    Opaque,
    OpaqueInstance,
    PartialValue,
    Value,
)
from muster.facts.opcodes import GENERATOR
from muster.invocation.conftests import conftests_for, initial_conftests
from muster.model.collection import Confidence
from muster.model.invocation import Invocation
from muster.ports import FileTree

NON_TOP = (
    "Defining 'pytest_plugins' in a non-top-level conftest is no longer supported:\n"
    "It affects the entire test suite instead of just below the conftest as expected.\n"
    "  {}\n"
    "Please move it to a top level conftest file at the rootdir:\n"
    "  {}\n"
    "For more information, visit:\n"
    "  https://docs.pytest.org/en/stable/deprecations.html#pytest-plugins-in-non-top-level-conftest-files"
)


BUILTIN_PLUGINS = frozenset(
    "mark main runner fixtures helpconfig python terminal debugging unittest capture skipping legacypath tmpdir monkeypatch "
    "recwarn pastebin assertion junitxml doctest cacheprovider freeze_support setuponly setupplan stepwise "
    "unraisableexception threadexception warnings logging reports faulthandler python_path nose subtests pytester "
    "pytester_assertions".split()
)
"""Plugins of pytest itself, which it finds by their short names."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A conftest or plugin module of the project; `folder` is where a conftest applies, None for plugins."""

    name: str
    module: ModuleValue
    folder: str | None
    is_initial: bool


@dataclass(frozen=True, slots=True)
class PluginImportError(Exception):
    """Importing the plugin `name`, which `requested_by` names, raised."""

    name: str
    raised: Raised
    requested_by: str


def plugin_failure(error: PluginImportError, version: tuple[int, int, int]) -> Raised:
    """What pytest raises: ImportErrors in words of its own before 9.2, where only a missing plugin still gets them."""
    raised = error.raised
    prefix = f'Error importing plugin "{error.name}": '
    if "ImportError" not in raised.bases or raised.message.startswith(prefix):
        return raised
    if version < (9, 2):
        return import_failure("ImportError", prefix + raised.message, raised)
    return import_failure("UsageError", prefix + raised.message, raised) if is_plugin_missing(error) else raised


def is_plugin_missing(error: PluginImportError) -> bool:
    """Whether the plugin itself, or a package above it, does not exist."""
    missing = getattr(error.raised.detail, "name", "") or error.raised.message.partition("'")[2].rstrip("'")
    return "ModuleNotFoundError" in error.raised.bases and (
        error.name == missing or error.name.startswith(f"{missing}.")
    )


@dataclass(slots=True)
class Plugins:
    """All conftests and plugins that are registered, in order."""

    executor: Executor
    invocation: Invocation
    tree: FileTree
    fixtures: FixtureManager
    registered: list[Plugin] = field(default_factory=list)
    conftests: dict[str, ModuleValue] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    known_hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opaque: set[str] = field(default_factory=set)
    """Installed plugins that the project asks for: what they define was not seen."""
    lenient: bool = False
    configured: bool = False
    in_force: dict[tuple[str, str | None, int], tuple[tuple[Plugin, Value], ...]] = field(default_factory=dict)

    def load_named(self) -> None:
        """Import the plugins of `-p NAME`. Raises `PluginImportError`."""
        blocked = {name.removeprefix("no:") for name in self.invocation.plugins if name.startswith("no:")}
        self.names |= blocked
        for name in self.invocation.plugins:
            if not name.startswith("no:"):
                self._import(name, "")

    def load_entry_points(self, plugins: Iterable[tuple[str, str]]) -> None:
        """Import the plugins that the examined project itself registers as entry points. Raises `PluginImportError`."""
        for name, module in plugins:
            if name not in self.names and module not in self.names:
                self._import(module, "")

    def load_from_environment(self) -> None:
        """Import the plugins that the variable PYTEST_PLUGINS names. Raises `PluginImportError`."""
        value = getattr(self.executor, "environ", {}).get("PYTEST_PLUGINS")
        for name in _plugin_names(value):
            self._import(name, "")

    def load_initial(self) -> Iterator[str]:
        """Load the conftests that come before collection, giving each path as it is begun. Raises `Raised`, `PluginImportError`."""
        for path in initial_conftests(self.tree, self.invocation):
            yield path
            self._load(path, is_initial=True)

    def load_for(self, folder: str) -> None:
        """Load the conftests that apply to a folder that is being collected. Raises `Raised`."""
        for path in conftests_for(self.tree, self.invocation, folder):
            if path not in self.conftests:
                self._load(path, is_initial=False)

    def _load(self, path: str, is_initial: bool) -> None:
        if path in self.conftests:
            return
        self.executor.collecting(path)
        try:
            module: ModuleValue | None = self.executor.import_conftest(path)
        except (Raised, UndecidedSourceError):
            if not self.lenient:
                raise
            module = self.executor.blocked_namespace(path)
        if module is None:
            return
        if not is_initial and not self.lenient:
            self._refuse_plugins(path, module)
        self.conftests[path] = module
        folder = posixpath.dirname(path)
        self._register(path, module, folder, is_initial)

    def _refuse_plugins(self, path: str, module: ModuleValue) -> None:
        if "pytest_plugins" in module.namespace and not self.invocation.pyargs:
            raise failed(NON_TOP.format(path, self.invocation.confcutdir), "plugins", path)

    def _register(self, name: str, module: ModuleValue, folder: str | None, is_initial: bool) -> None:
        self.names.add(name)
        refused = find_refused_hook(name, module, self.known_hooks) if not self.lenient else None
        if refused is not None:
            raise refused
        self.registered.append(Plugin(name, module, folder, is_initial))
        self.fixtures.add_module(module, None if folder is None else self._base(folder))
        if self.configured:
            self._register_options(module.namespace.get("pytest_addoption"), late=True)
        self.import_requested(module, name)

    def _base(self, folder: str) -> str:
        """The node id that the fixtures of a conftest in `folder` belong to: the session's for rootdir and outside."""
        relative = relative_path(folder, self.invocation.rootdir)
        return "" if relative in (None, ".") else str(relative)

    def import_requested(self, module: ModuleValue, requested_by: str) -> None:
        """Import what the module's `pytest_plugins` names (`consider_module`). Raises `PluginImportError`."""
        for name in _plugin_names(module.namespace.get("pytest_plugins")):
            self._import(name, requested_by)

    def _import(self, name: str, requested_by: str) -> None:
        if name in self.names or name in BUILTIN_PLUGINS:
            return
        try:
            module = self.executor.import_plugin(name)
        except Raised as raised:
            if self.lenient:
                return
            raise PluginImportError(name, raised, requested_by) from None
        if isinstance(module, ModuleValue) and module.kind == "source":
            self._register(name, module, None, not self.configured)
        else:
            self.names.add(name)
            self.opaque.add(name)

    def hooks(self, name: str, folder: str | None = None) -> Iterator[tuple[Plugin, Value]]:
        """The implementations of a hook that apply to `folder`, in the order in which they are called: the latest first."""
        return iter(self._in_force(name, folder))

    def has_hook(self, name: str, folder: str) -> bool:
        """Whether any implementation of a hook applies to `folder`."""
        return bool(self._in_force(name, folder))

    def _in_force(self, name: str, folder: str | None) -> tuple[tuple[Plugin, Value], ...]:
        key = (name, folder, len(self.registered))
        known = self.in_force.get(key)
        if known is None:
            known = self.in_force[key] = tuple(self._find_hooks(name, folder))
        return known

    def _find_hooks(self, name: str, folder: str | None) -> Iterator[tuple[Plugin, Value]]:
        for plugin in reversed(self.registered):
            if folder is not None and plugin.folder is not None and relative_path(folder, plugin.folder) is None:
                continue
            function = plugin.module.namespace.get(name)
            if function is not None and function is not MISSING:
                yield plugin, function

    def call_first(self, name: str, folder: str, values: Mapping[str, Value]) -> tuple[Plugin | None, Value]:
        """The first answer other than None of a `firstresult` hook, with the plugin that gave it; None where there is none."""
        for plugin, function in self.hooks(name, folder):
            answer = self.call(function, values)
            if answer is not None:
                return plugin, answer
        return None, None

    def call(self, function: Value, values: Mapping[str, Value]) -> Value:
        """What a hook returns, given those of `values` that it asks for. Raises `Raised` where it definitely fails.

        Wrappers give None: what they do with the result of the others is not followed.
        """
        if is_wrapper(function):
            return None
        wanted = _wanted(function)
        if wanted is None:
            return UNKNOWN
        try:
            return self.executor.call(function, (), {name: value for name, value in values.items() if name in wanted})
        except Raised as raised:
            if raised.confidence is Confidence.CERTAIN:
                raise
            return UNKNOWN

    def _register_options(self, function: Value, late: bool) -> None:
        """Run a `pytest_addoption`; one that comes `late` only adds defaults, for the command line was parsed before."""
        options = self.executor.options
        if function is None or not isinstance(options, OptionsValue):
            return
        try:
            self.call(
                function, {"parser": ParserValue(options, self.invocation.options, late), "pluginmanager": UNKNOWN}
            )
        except Raised:
            # pytest refuses some: `invocation` answers for that.
            return

    def configure(self) -> None:
        """Run `pytest_configure` and `pytest_sessionstart`, which may change the search path or register markers."""
        self.executor.options = OptionsValue()
        for _, function in reversed(list(self.hooks("pytest_addoption"))):
            self._register_options(function, late=False)
        config = ConfigValue(self.executor, self.invocation)
        for name in ("pytest_configure", "pytest_sessionstart"):
            for _, function in list(self.hooks(name)):
                self.call(function, {"config": config, "session": NodeValue(config)})
        self.configured = True

    def nearest_list(self, name: str, folder: str) -> tuple[str, ...] | None:
        """`collect_ignore` or `collect_ignore_glob` of the nearest conftest that has it, made absolute; None where not known."""
        for path in reversed(conftests_for(self.tree, self.invocation, folder)):
            module = self.conftests.get(path)
            if module is not None and name in module.namespace:
                return self._absolute(module.namespace[name], posixpath.dirname(path))
        return ()

    def _absolute(self, value: Value, folder: str) -> tuple[str, ...] | None:
        elements = self.executor.iterate(value)
        if elements is None:
            known = [element for element in value if isinstance(element, str)] if isinstance(value, ListValue) else []
            return tuple(_joined(folder, element) for element in known) if known else None
        if not all(isinstance(element, (str, PurePosixPath)) for element in elements):
            elements = [element for element in elements if isinstance(element, (str, PurePosixPath))]
        return tuple(_joined(folder, element) if isinstance(element, str) else str(element) for element in elements)

    def item_changers(self, names: Sequence[str]) -> Iterator[tuple[Plugin, Value, str]]:
        """Hooks that may drop, add, rename or reorder items, with what they do, as far as their bodies tell."""
        for name in names:
            for plugin, function in self.hooks(name):
                body = self.body_of(function)
                change = item_changes(body, _items_name(function)) if body is not None else "may change the items"
                if change:
                    yield plugin, function, change

    def body_of(self, function: Value) -> Any:
        """The statements of a function of the project, None where there are none to read."""
        source = getattr(self.executor, "source", None)
        if not isinstance(function, FunctionValue) or source is None:
            return None
        body = source.body(function.file, function.line)
        return body.statements if body is not None else None


def _joined(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def is_wrapper(function: Value) -> bool:
    """Whether the hook is a generator, which is how wrappers are written."""
    return isinstance(function, FunctionValue) and bool(function.flags & GENERATOR)


def _wanted(function: Value) -> set[str] | None:
    """The names of the arguments that a hook takes."""
    dropped = 0
    if isinstance(function, (BoundMethod, PartialValue)):
        dropped = len(function.args) if isinstance(function, PartialValue) else 1
        function = function.function
    if not isinstance(function, FunctionValue):
        return None
    positional, arguments, _, keywords, _ = function.params or ((), (), None, (), None)
    return {pair[0] for pair in (*(*positional, *arguments)[dropped:], *keywords)}


def _items_name(function: Value) -> str:
    wanted = _wanted(function) or set()
    return "items" if "items" in wanted else "item"


def _plugin_names(value: Value) -> list[str]:
    """`_get_plugin_specs_as_list`: a string is split at commas."""
    if isinstance(value, str):
        return value.split(",") if value else []
    if isinstance(value, (list, tuple)):
        return [name for name in value if isinstance(name, str)]
    return []


def is_known_hook_answer(value: Value) -> bool:
    """Whether a hook's answer is one that the simulation understands."""
    return not (value is UNKNOWN or isinstance(value, (Opaque, OpaqueInstance)))
