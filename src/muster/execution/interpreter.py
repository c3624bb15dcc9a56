"""The simulated process as the collectors use it: one `sys.path` and one `sys.modules` for the whole session."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from muster.execution import attributes, calls, expressions, imports, natives, operations, statements, testfiles
from muster.execution.machine import Machine
from muster.execution.raised import Raised
from muster.execution.rerun import failures_behind, module_for, put_aside
from muster.execution.scope import Scope
from muster.execution.values import FunctionValue, ModuleValue, Opaque, Value
from muster.facts.module_facts import ModuleFacts
from muster.model.collection import Problem, RaisedException
from muster.model.location import Location

BUILTIN_PLUGINS = frozenset({"pytester", "pytester_assertions"})
"""Plugins of pytest's own that are loaded only on request (`_pytest/config/__init__.py`)."""


class Interpreter(Machine):
    """A `Machine` whose parts are bound together, with the entry points of the collectors."""

    def evaluate(self, node: Any, scope: Scope) -> Value:  # because Machine says it
        return expressions.evaluate(self, node, scope)

    def execute(self, block: Sequence[Any], scope: Scope) -> Any:
        return statements.execute(self, block, scope)

    def builtin(self, name: str) -> Value:
        return natives.builtin(self, name)

    def run_scope(self, block: Sequence[Any], scope: Scope) -> Any:
        return statements.run_scope(self, block, scope)

    def call(self, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        return calls.call(self, function, args, kwargs)

    def get_attribute(self, value: Value, name: str) -> Value:
        return attributes.get_attribute(self, value, name)

    def load_attribute(self, value: Value, name: str) -> Value:
        return attributes.load_attribute(self, value, name)

    def set_attribute(self, value: Value, name: str, new: Value) -> None:
        attributes.set_attribute(self, value, name, new)

    def truth(self, value: Value) -> bool | None:
        return operations.is_truth(self, value)

    def iterate(self, value: Value) -> list[Value] | None:
        return operations.elements_of(self, value)

    def import_module(self, name: str, importer: str) -> Value:
        return imports.import_module(self, name, importer)

    # What the collectors ask for.

    def collecting(self, path: str | None) -> None:
        """From now on effects belong to the test file or conftest `path`."""
        self.during = path or ""

    def session_begins(self) -> None:
        """Plugins and initial conftests are loaded: what stands now belongs to no test file."""
        if self.trace is not None:
            self.trace.begin(self.sys_path)

    def import_test_file(self, path: str) -> ModuleValue:
        """pytest's import of a test file in the invocation's import mode. Raises `Raised` or `UndecidedSourceError`."""
        with self._guarded(path):
            return testfiles.import_path(self, path, self.invocation.import_mode)

    def import_conftest(self, path: str) -> ModuleValue:
        """pytest's import of a conftest. Raises `Raised` or `UndecidedSourceError`."""
        with self._guarded(path):
            return testfiles.import_conftest(self, path, self.invocation.import_mode)

    def import_plugin(self, name: str) -> ModuleValue | Opaque:
        """A plugin by its dotted name (`pytest_plugins`, `-p NAME`). Raises `Raised`."""
        self._start()
        if name not in self.preloaded:
            self.plugin_modules.add(name)
        module = imports.import_module(self, f"_pytest.{name}" if name in BUILTIN_PLUGINS else name, "")
        return module if isinstance(module, ModuleValue) else Opaque(name, "module")

    def facts(self, path: str) -> ModuleFacts | None:
        """What the file says at module level, None where it cannot be read."""
        return self.source.facts(posixpath.normpath(path))

    def function_doc(self, function: FunctionValue) -> str | None:
        """The docstring of a function."""
        body = self.source.body(function.file, function.line) if function.line else None
        return body.doc if body is not None else None

    def blocked_namespace(self, path: str, also: frozenset[str] = frozenset()) -> ModuleValue | None:
        """The module of a file that failed, run again with every failing statement taken as unknown; None where it does not parse.

        So are those of the project's files `also`. Nothing of the session changes.
        """
        facts = self.facts(path)
        if facts is None or facts.problem is not None or facts.undecided:
            return None
        own = {posixpath.normpath(path), *(file for file in also if not imports.is_installed(self, file))}
        with put_aside(self, frozenset(own)):
            module = module_for(self, path)
            self.modules[module.name] = module
            try:
                with self._guarded(path):
                    imports.run_module(self, module)
            except (Raised, imports.UndecidedSourceError):
                pass
            finally:
                self.modules.pop(module.name, None)
        return module

    def failures_behind(self, path: str, failure: RaisedException) -> tuple[RaisedException, ...]:
        """What `path` shows next, as far as `blocked_namespace` met it."""
        return failures_behind(self, path, failure)

    @contextmanager
    def _guarded(self, path: str) -> Iterator[None]:
        """Run one file; a bug of the simulation's own costs only that file's verdict (M002)."""
        self._start()
        try:
            yield
        except (Raised, imports.UndecidedSourceError):
            raise
        except Exception as bug:  # because the other files must still be answered
            reason = f"internal error: {type(bug).__name__}: {bug}"
            self.problems.append(Problem("M002", Location(posixpath.normpath(path)), reason))
            raise imports.UndecidedSourceError(posixpath.normpath(path), reason) from bug

    def _start(self) -> None:
        """Nothing is running: forget what an abandoned run may have left."""
        self.scopes.clear()
        self.unsure = 0
        self.depth = 0
