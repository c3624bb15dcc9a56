"""What the collectors ask of the simulated interpreter (`muster.execution.interpreter.Interpreter` answers)."""

from __future__ import annotations

from typing import Any, Protocol

from muster.execution.values import ModuleValue, Opaque, Value
from muster.facts.module_facts import ModuleFacts
from muster.model.collection import PathEffect, RaisedException
from muster.ports import FileTree


class Executor(Protocol):
    """One simulated Python process, as pytest uses it."""

    tree: FileTree
    effects: list[PathEffect]
    options: Value

    def import_test_file(self, path: str) -> ModuleValue:
        """The module of a test file, imported in the invocation's import mode. Raises `Raised`."""

    def import_conftest(self, path: str) -> ModuleValue:
        """The module of a conftest. Raises `Raised`."""

    def import_plugin(self, name: str) -> ModuleValue | Opaque:
        """The plugin module `name` (`-p NAME`, `pytest_plugins`). Raises `Raised`."""

    def get_attribute(self, value: Value, name: str) -> Value:
        """`getattr`: `MISSING` where definitely absent, `UNKNOWN` where not known."""

    def truth(self, value: Value) -> bool | None:
        """`bool(value)`, None where it is not known."""

    def call(self, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """What the simulated call returns. Raises `Raised`."""

    def iterate(self, value: Value) -> list[Value] | None:
        """The elements that iterating gives, None where they are not known."""

    def collecting(self, path: str | None) -> None:
        """Tells which file is being collected from now on."""

    def session_begins(self) -> None:
        """Tells that plugins and initial conftests are loaded."""

    def facts(self, path: str) -> ModuleFacts | None:
        """What the file says at module level."""

    def function_doc(self, function: Any) -> str | None:
        """The docstring of a function."""

    def blocked_namespace(self, path: str, also: frozenset[str] = frozenset()) -> ModuleValue | None:
        """The module of a file that fails, when what fails there and in the files `also` is taken as unknown."""

    def failures_behind(self, path: str, failure: RaisedException) -> tuple[RaisedException, ...]:
        """What `path` shows next once what raised `failure` is taken as unknown."""
