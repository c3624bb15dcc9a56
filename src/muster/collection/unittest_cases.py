"""`unittest.TestCase` classes (`_pytest/unittest.py`): tests by name, in alphabetical order, without parameters."""

from __future__ import annotations

from collections.abc import Iterator

from muster.collection.classes import note_unknown_bases, register_fixtures
from muster.collection.marks import Marks, function_marks
from muster.collection.nodes import ClassNode, ItemNode, Node
from muster.collection.objects import ancestry, class_attribute, class_facts, find_test_flag, function_of, is_callable
from muster.collection.walk import Walk
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    FunctionValue,
    ModuleValue,
    Opaque,
    Value,
)

PREFIX = "test"
"""`unittest.TestLoader.testMethodPrefix`; `python_functions` does not matter here."""


def collect_test_case(walk: Walk, node: ClassNode) -> list[Node]:
    """The tests of a `TestCase` subclass. Raises `Raised` where pytest does."""
    flag = find_test_flag(node.obj)
    if flag is not MISSING and walk.executor.truth(flag) is False:
        return []
    _make_instance(walk, node)
    register_fixtures(walk, node)
    note_unknown_bases(walk, node)
    walk.has_collected(node)
    tests = list(_tests(walk, node))
    return tests or list(_run_test(walk, node))


def _make_instance(walk: Walk, node: ClassNode) -> None:
    """Since 8.2 pytest makes one instance to find fixtures; a constructor of the project may refuse its argument."""
    constructor = _own_constructor(node.obj)
    if walk.version < (8, 2) or walk.lenient or constructor is None:
        return
    walk.executor.call(node.obj, ("runTest",), {})


def _own_constructor(cls: Value) -> FunctionValue | None:
    for base in ancestry(cls):
        if isinstance(base, ClassValue) and "__init__" in base.namespace:
            return function_of(base.namespace["__init__"])
    return None


def _tests(walk: Walk, node: ClassNode) -> Iterator[Node]:
    for name, value in sorted(_members(node.obj).items()):
        if not name.startswith(PREFIX) or not _is_called(value):
            continue
        flag = find_test_flag(_unwrapped(value))
        if flag is not MISSING and walk.executor.truth(flag) is False:
            continue
        yield _item(walk, node, name, value)


def _is_of_trial(walk: Walk, cls: Value, found: Value) -> bool:
    """Whether this `runTest` is that of `twisted.trial.unittest.TestCase`."""
    module = getattr(walk.executor, "modules", {}).get("twisted.trial.unittest")
    if isinstance(module, ModuleValue) and module.kind == "source":
        return class_attribute(module.namespace.get("TestCase"), "runTest") is found
    return any(isinstance(base, Opaque) and base.dotted.startswith("twisted.trial.") for base in ancestry(cls))


def _members(cls: Value) -> dict[str, Value]:
    """Every attribute along the MRO, as `dir` and `getattr` see it."""
    members: dict[str, Value] = {}
    for base in ancestry(cls):
        if isinstance(base, ClassValue):
            for name, value in base.namespace.items():
                members.setdefault(name, value)
        else:
            facts = class_facts(base)
            for name in facts.tests if facts is not None else ():
                members.setdefault(name, UNKNOWN)
    return members


def _is_called(value: Value) -> bool:
    """`callable(getattr(cls, name))`; what is not known counts."""
    if isinstance(value, DescriptorValue):
        return value.kind in ("staticmethod", "classmethod")
    return is_callable(value) is not False


def _unwrapped(value: Value) -> Value:
    return value.function if isinstance(value, DescriptorValue) else value


def _item(walk: Walk, node: ClassNode, name: str, value: Value) -> ItemNode:
    function = function_of(value)
    marks = _marks(walk, function)
    return ItemNode(
        name,
        f"{node.nodeid}::{name}",
        node.path,
        node,
        list(marks.found),
        marks.unsure or function is None,
        function=function,
        original_name=name,
        defined_in=function.file if function is not None else node.path,
        line=function.line if function is not None else 0,
        cls=node.obj,
    )


def _marks(walk: Walk, function: FunctionValue | None) -> Marks:
    if function is None:
        return Marks()
    try:
        return function_marks(function)
    except Raised:
        if not walk.lenient:
            raise
        return Marks(unsure=True)


def _run_test(walk: Walk, node: ClassNode) -> Iterator[Node]:
    """`runTest` counts where there is no other test; that of trial's own base class does not."""
    found = class_attribute(node.obj, "runTest")
    if found is not MISSING and found is not None and not _is_of_trial(walk, node.obj, found):
        function = function_of(found)
        yield ItemNode(
            "runTest", f"{node.nodeid}::runTest", node.path, node, function=function, original_name="runTest",
            defined_in=function.file if function is not None else node.path,
            line=function.line if function is not None else 0, cls=node.obj,
        )  # fmt: skip
