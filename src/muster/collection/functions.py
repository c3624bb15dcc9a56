"""Test functions and the items that they become (`PyCollector._genfunctions` in `_pytest/python.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from muster.collection.anyio_tests import anyio_fixtures
from muster.collection.fixtures import Closure, is_fixture, prune
from muster.collection.marks import Marks, function_marks
from muster.collection.nodeids import parametrized
from muster.collection.nodes import CallSpec, ClassNode, ItemNode, ModuleNode, Node
from muster.collection.objects import class_attribute, find_test_flag, function_of, is_callable
from muster.collection.outcomes import builtin, failed
from muster.collection.parametrize import (
    Metafunc,
    MetafuncValue,
    argument_names,
    missing_arguments,
    qualified,
    resolve_directness,
)
from muster.collection.signatures import Arguments, mandatory_names, without_given
from muster.collection.walk import Walk
from muster.collection.warned import warn
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    FunctionValue,
    InstanceValue,
    Mark,
    ModuleValue,
    Opaque,
    PartialValue,
    Value,
)
from muster.facts.opcodes import GENERATOR
from muster.invocation.patterns import is_test_function_name


def is_test_function(walk: Walk, value: Value, name: str) -> bool:
    """Whether pytest takes `value` under `name` for a test (`istestfunction`), as far as is known."""
    if not (is_test_function_name(walk.invocation, name) or find_test_flag(value) is True):
        return False
    if isinstance(value, DescriptorValue) and value.kind in ("staticmethod", "classmethod"):
        value = value.function
    return is_callable(value) is True and not is_fixture(value)


def is_maybe_test(walk: Walk, value: Value, name: str) -> bool:
    """Whether an unknown value has the name of a test."""
    return value is UNKNOWN and is_test_function_name(walk.invocation, name)


def collect_function(walk: Walk, parent: Node, name: str, value: Value) -> list[ItemNode]:
    """The items of one test function. Raises `Raised` where pytest does."""
    if isinstance(value, Opaque) and value.kind == "function":
        return [_item(parent, name, None)]
    function = function_of(value)
    if function is None or isinstance(value, InstanceValue):
        if not isinstance(value, Opaque):
            text = f"cannot collect {name!r} because it is not a function."
            warn(walk, "PytestCollectionWarning", text, parent.path, 0)
        return []
    if walk.executor.truth(find_test_flag(value if isinstance(value, FunctionValue) else function)) is False and (
        find_test_flag(function) is not MISSING
    ):
        return []
    if function.flags & GENERATOR and not _is_async_generator(function) and not isinstance(value, PartialValue):
        return _yield_test(walk, parent, name, function)
    return list(_generated(walk, parent, name, value, function))


def _is_async_generator(function: FunctionValue) -> bool:
    return bool(function.flags & 1)


def _yield_test(walk: Walk, parent: Node, name: str, function: FunctionValue) -> list[ItemNode]:
    """A generator: one item that is not run before pytest 8.4, a failure of its module or class since."""
    if walk.version < (8, 4):
        item = _item(parent, name, function)
        item.own_marks = [*function_marks(function).found, Mark("xfail")]
        return [item]
    raise failed(
        f"'yield' keyword is allowed in fixtures, but not in tests ({name})", "yield", function.file, function.line
    )


def unknown_item(parent: Node, name: str, path: str, line: int) -> ItemNode:
    """The bare item of a test whose decorators leave nothing known of it."""
    return ItemNode(
        name, f"{parent.nodeid}::{name}", parent.path, parent, [], True,
        original_name=name, expanded=False, defined_in=path, line=line,
    )  # fmt: skip


def _item(parent: Node, name: str, function: FunctionValue | None, call: CallSpec | None = None) -> ItemNode:
    spelled = name if call is None else parametrized(name, call.ids)
    class_node = parent if isinstance(parent, ClassNode) else parent.nearest(ClassNode)
    return ItemNode(
        spelled,
        f"{parent.nodeid}::{spelled}",
        parent.path,
        parent,
        function=function,
        original_name=name,
        callspec=call,
        defined_in=function.file if function is not None else parent.path,
        line=function.line if function is not None else 0,
        cls=class_node.obj if class_node is not None else None,
    )


def _generated(walk: Walk, parent: Node, name: str, value: Value, function: FunctionValue) -> Iterator[ItemNode]:
    own = function_marks(function)
    definition = _item(parent, name, function)
    definition.own_marks, definition.marks_unsure = list(own.found), own.unsure
    arguments = mandatory_names(value, name, definition.cls)
    if not arguments.is_sure:
        arguments = without_given(arguments, function, walk.executor.facts(function.file))
    closure = find_closure(walk, definition, arguments, anyio_fixtures(walk, definition, function))
    metafunc = Metafunc(walk, definition, function, closure, arguments, name)
    try:
        _run_generators(walk, metafunc)
    except Raised:
        if not walk.lenient:
            raise
        metafunc.unknown = True
    yield from _items(walk, parent, metafunc, own)


def find_closure(walk: Walk, node: Node, arguments: Arguments, more: tuple[str, ...] = ()) -> Closure:
    """What a test needs, given its arguments, the marks in scope and what a plugin adds."""
    for mark in node.marks("usefixtures"):
        if walk.version >= (8, 4) and not mark.args and not mark.args_unsure:
            text = f"usefixtures() in {node.nodeid} without arguments has no effect"
            warn(walk, "PytestWarning", text, node.path, mark.line)
    used = (name for mark in node.marks("usefixtures") for name in mark.args if isinstance(name, str))
    requested = [*more, *used]
    return walk.fixtures.closure(node, arguments.names, requested, _direct_names(walk, node))


def _direct_names(walk: Walk, node: Node) -> set[str]:
    """Arguments that marks parametrize directly, so that they are no fixtures (`_get_direct_parametrize_args`)."""
    names: set[str] = set()
    for mark in node.marks("parametrize"):
        indirect = mark.kwargs.get("indirect", False)
        if walk.version >= (9, 1) or walk.executor.truth(indirect) is False:
            _refuse_incomplete(walk, node, mark)
        given = mark.args[0] if mark.args else mark.kwargs.get("argnames", UNKNOWN)
        found = argument_names(given, walk)
        if found is None:
            continue
        if walk.version >= (9, 1):
            directness = resolve_directness(found[0], indirect, node.nodeid, ("", 0), walk) or {}
            names.update(name for name, kind in directness.items() if kind == "direct")
        elif walk.executor.truth(indirect) is False:
            names.update(found[0])
    return names


def _refuse_incomplete(walk: Walk, node: Node, mark: Mark) -> None:
    """Raise for a mark without names or values, which is the first thing that pytest reads of it."""
    given = {"argnames", "argvalues"} & {*mark.kwargs, *("argnames", "argvalues")[: len(mark.args)]}
    missing = [name for name in ("argnames", "argvalues") if name not in given]
    if missing and not mark.args_unsure and not walk.lenient:
        function = node.function if isinstance(node, ItemNode) else None
        raise builtin(
            "TypeError",
            f"{qualified('ParameterSet._parse_parametrize_args', walk.python)}() {missing_arguments(missing)}",
            "arity",
            *((function.file, function.line) if function is not None else (node.path, 0)),
        )


def _run_generators(walk: Walk, metafunc: Metafunc) -> None:
    """Call `pytest_generate_tests` in pytest's order: class, module, later conftests, fixtures, earlier ones, marks."""
    values = {"metafunc": MetafuncValue(metafunc)}
    for function in _local_generators(walk, metafunc.node):
        _run_hook(walk, metafunc, function, values)
    folder = metafunc.node.path.rpartition("/")[0]
    hooks = list(walk.plugins.hooks("pytest_generate_tests", folder))
    for plugin, function in hooks:
        if not plugin.is_initial:
            _run_hook(walk, metafunc, function, values)
    _generate_from_fixtures(metafunc)
    for plugin, function in hooks:
        if plugin.is_initial:
            _run_hook(walk, metafunc, function, values)
    for mark in list(metafunc.node.marks("parametrize")):
        metafunc.parametrize_by_mark(mark)
    if metafunc.node.has_unsure_marks():
        metafunc.unknown = True


def _run_hook(walk: Walk, metafunc: Metafunc, function: Value, values: dict[str, Value]) -> None:
    if function is UNKNOWN:
        metafunc.unknown = True
        return
    walk.plugins.call(function, values)


def _local_generators(walk: Walk, node: Node) -> Iterator[Value]:
    """`pytest_generate_tests` of the class, then of the module."""
    class_node = node.nearest(ClassNode)
    if class_node is not None and class_attribute(class_node.obj, "pytest_generate_tests") is not MISSING:
        method = class_attribute(class_node.obj, "pytest_generate_tests")
        if isinstance(method, FunctionValue):
            yield PartialValue(method, (_instance_of(walk, class_node.obj),), {})
        elif isinstance(method, DescriptorValue) and method.kind == "classmethod":
            yield PartialValue(method.function, (class_node.obj,), {})
        else:
            yield method.function if isinstance(method, DescriptorValue) else UNKNOWN
    module_node = node.nearest(ModuleNode)
    if module_node is not None and isinstance(module_node.obj, ModuleValue):
        function = module_node.obj.namespace.get("pytest_generate_tests")
        if function is not None:
            yield function


def _instance_of(walk: Walk, cls: Value) -> Value:
    """The instance that pytest makes to call the hook on."""
    try:
        return walk.executor.call(cls, (), {}) if isinstance(cls, ClassValue) else UNKNOWN
    except Raised:
        return UNKNOWN


def _generate_from_fixtures(metafunc: Metafunc) -> None:
    """Apply the `params` of the fixtures in the closure (`FixtureManager.pytest_generate_tests`)."""
    marked = [
        found[0]
        for mark in metafunc.node.marks("parametrize")
        if (found := argument_names(mark.args[0] if mark.args else mark.kwargs.get("argnames", UNKNOWN), metafunc.walk))
    ]
    for name in list(metafunc.closure.names):
        if any(name in names for names in marked):
            continue
        for definition in reversed(metafunc.closure.definitions.get(name, ())):
            if definition.params is not None and definition.params is not MISSING:
                metafunc.parametrize_by_fixture(definition, name)
                break
            if name not in definition.argnames:
                break


def _items(walk: Walk, parent: Node, metafunc: Metafunc, own: Marks) -> Iterator[ItemNode]:
    name, function = metafunc.node.name, metafunc.function
    if metafunc.unknown or not metafunc.calls:
        item = _item(parent, name, function)
        item.own_marks, item.marks_unsure = list(own.found), own.unsure
        item.expanded = not metafunc.unknown
        yield item
        return
    metafunc.recompute_indices()
    prune(metafunc.closure, walk.version)
    for call in metafunc.calls:
        item = _item(parent, name, function, call)
        item.own_marks, item.marks_unsure = [*own.found, *call.marks], own.unsure
        yield item
