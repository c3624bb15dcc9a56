"""A pretended project for the collectors: modules made of simulated values, in place of an interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from muster.collection.session import collect_session
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    FixtureValue,
    FunctionValue,
    IteratorValue,
    ListValue,
    Mark,
    ModuleValue,
    Native,
    Opaque,
    SetValue,
    TupleValue,
    Value,
)
from muster.facts.module_facts import ModuleFacts
from muster.facts.parse import parse_module
from muster.model.collection import Collection, PathEffect, RaisedException
from muster.model.environment import Environment
from muster.model.invocation import Argument, Invocation
from muster.ports import EntryKind
from muster.trees.memory import MemoryTree

ROOT = "/project"
OBJECT = Opaque("builtins.object", "class")


def function(name: str, *arguments: str, marks: tuple[Mark, ...] = (), defaults: tuple[str, ...] = ()) -> FunctionValue:
    """A test function with these arguments; those in `defaults` have one."""
    params = ((), [(each, (0, None) if each in defaults else None) for each in arguments], None, (), None)
    value = FunctionValue(name, name, None, f"{ROOT}/test_a.py", 1, params)
    if marks:
        value.attributes["pytestmark"] = ListValue(marks)
    return value


def parametrize(*args: Value, **kwargs: Value) -> Mark:
    """`pytest.mark.parametrize(...)` over constants."""
    return Mark(
        "parametrize", tuple(wrapped(each) for each in args), {key: wrapped(each) for key, each in kwargs.items()}
    )


def wrapped(value: Value) -> Value:
    """Constants as simulated code has them."""
    if type(value) is list:
        return ListValue(map(wrapped, value))
    if type(value) is tuple:
        return TupleValue(map(wrapped, value))
    return value


def class_(name: str, *bases: Value, **namespace: Value) -> ClassValue:
    """A class of the project; methods are functions that take `self`."""
    value = ClassValue(name, name, "test_a", f"{ROOT}/test_a.py", 1)
    value.bases = bases
    value.mro = (
        value,
        *(base for each in bases for base in (each.mro if isinstance(each, ClassValue) else (each,))),
        OBJECT,
    )
    value.namespace = namespace
    return value


def fixture(function: FunctionValue, **options: Value) -> FixtureValue:
    """`@pytest.fixture(...)` on a function."""
    params = options.get("params")
    return FixtureValue(
        function, options.get("name"), options.get("scope", "function"), wrapped(params) if params is not None else None,
        wrapped(options.get("ids")), options.get("autouse", False),
    )  # fmt: skip


@dataclass
class Pretended:
    """An executor whose modules are given: a mapping is a module's namespace, a `Raised` is what importing it raises."""

    tree: MemoryTree
    modules: Mapping[str, dict[str, Value] | Raised]
    effects: list[PathEffect] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)
    unsure: int = 0

    def import_test_file(self, path: str) -> ModuleValue:
        self.imported.append(path)
        content = self.modules.get(path, {})
        if isinstance(content, Raised):
            raise content
        module = ModuleValue(path.rpartition("/")[2].removesuffix(".py"), path, "source")
        module.namespace = content
        return module

    import_conftest = import_test_file

    def import_plugin(self, name: str) -> ModuleValue | Opaque:
        return self.import_test_file(f"{ROOT}/{name}.py")

    def get_attribute(self, value: Value, name: str) -> Value:
        return getattr(value, "attributes", {}).get(name, MISSING)

    def truth(self, value: Value) -> bool | None:
        return None if value is UNKNOWN else bool(value)

    def call(self, function: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        return function.call(self, args, kwargs) if isinstance(function, Native) else UNKNOWN

    def iterate(self, value: Value) -> list[Value] | None:
        if isinstance(value, IteratorValue):
            return value.elements
        return sorted(value) if isinstance(value, SetValue) else list(value) if value is not UNKNOWN else None

    def session_begins(self) -> None:
        """Nothing is traced here."""

    def collecting(self, path: str | None) -> None:
        pass

    def facts(self, path: str) -> ModuleFacts | None:
        if not path.endswith(".py") or self.tree.kind(path) is not EntryKind.FILE:
            return None
        return parse_module(self.tree.read(path), target=(3, 12), path=path)

    def function_doc(self, function: Any) -> str | None:
        return None

    def blocked_namespace(self, path: str, also: frozenset[str] = frozenset()) -> ModuleValue | None:
        return None

    def failures_behind(self, path: str, failure: RaisedException) -> tuple[RaisedException, ...]:
        return ()


def collected(modules: Mapping[str, dict[str, Value] | Raised | str], **options: Any) -> Collection:
    """What is collected of files below `/project`; a text is a file's content, which no test file needs."""
    texts = {path: value for path, value in modules.items() if isinstance(value, str)}
    tree = MemoryTree({f"{ROOT}/{path}": texts.get(path, "").encode() for path in modules})
    spaces = {f"{ROOT}/{path}": value for path, value in modules.items() if not isinstance(value, str)}
    arguments = tuple(_argument(text) for text in options.pop("arguments", (".",)))
    options.setdefault("pytest_version", (8, 4, 2))
    environment = options.pop("environment", Environment("python", "", (3, 12, 0)))
    invocation = Invocation(
        "pytest", "", ("pytest",), ROOT, ROOT, arguments=arguments, confcutdir=ROOT,
        conftest_anchors=tuple(each.path for each in arguments), **options,
    )  # fmt: skip
    return collect_session(Pretended(tree, spaces), invocation, environment, tree)


def _argument(text: str) -> Argument:
    path, *names = text.partition("[")[0].split("::")
    return Argument(ROOT if path == "." else f"{ROOT}/{path}", tuple(names), "".join(text.partition("[")[1:]))


def nodeids(collection: Collection) -> list[str]:
    """The node ids, in order."""
    return [item.nodeid for item in collection.items]


def ids_of(values: list[Value], **options: Any) -> list[str]:
    """What stands in the brackets of a test that is parametrized with `values`."""
    marked = function("test_x", "x", marks=(parametrize("x", values, **options.pop("mark", {})),))
    collection = collected({"test_a.py": {"test_x": marked}}, **options)
    return [nodeid.removeprefix("test_a.py::test_x") for nodeid in nodeids(collection)]
