"""What a module or class holds: items and classes, in pytest's order (`PyCollector.collect` in `_pytest/python.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from muster.collection.functions import collect_function, is_maybe_test, is_test_function, unknown_item
from muster.collection.hooks import is_known_hook_answer
from muster.collection.losses import find_definition_line
from muster.collection.marks import Marks, class_marks
from muster.collection.nodes import ClassNode, ItemNode, ModuleNode, Node
from muster.collection.objects import class_facts, find_test_flag, is_abstract, is_class, is_test_case
from muster.collection.walk import Walk
from muster.execution.raised import Raised
from muster.execution.values import (
    MISSING,
    UNKNOWN,
    ClassValue,
    FunctionValue,
    ModuleValue,
    Opaque,
    Value,
)
from muster.invocation.patterns import is_test_class_name, is_test_function_name

IGNORED = frozenset(
    "__annotate__ __annotate_func__ __annotations__ __annotations_cache__ __builtins__ __cached__ "
    "__class__ __delattr__ __dict__ __dir__ __doc__ __eq__ __file__ __firstlineno__ __format__ __ge__ "
    "__getattribute__ __getstate__ __gt__ __hash__ __init__ __init_subclass__ __le__ __loader__ __lt__ "
    "__module__ __name__ __ne__ __new__ __package__ __reduce__ __reduce_ex__ __repr__ __setattr__ "
    "__sizeof__ __spec__ __static_attributes__ __str__ __subclasshook__ __weakref__".split()
)
"""Names that pytest never looks at (`IGNORED_ATTRIBUTES`): what every module, class and instance has."""


def collect_members(walk: Walk, node: ModuleNode | ClassNode) -> list[Node]:
    """The tests and classes in a module or class, bases before subclasses. Raises `Raised` where pytest does."""
    if walk.executor.truth(_test_flag(node.obj)) is False:
        return []
    seen: set[str] = set()
    layers = [list(_collect_layer(walk, node, layer, seen)) for layer in _layers(node.obj)]
    return [member for layer in reversed(layers) for member in layer]


def _test_flag(value: Value) -> Value:
    flag = value.namespace.get("__test__", MISSING) if isinstance(value, ModuleValue) else find_test_flag(value)
    return True if flag is MISSING else flag


def _layers(value: Value) -> Iterator[Value]:
    if isinstance(value, ClassValue):
        yield from value.mro
    else:
        yield value


def _collect_layer(walk: Walk, node: ModuleNode | ClassNode, layer: Value, seen: set[str]) -> Iterator[Node]:
    """The members that one class of the MRO, or the module, contributes."""
    if isinstance(layer, (ClassValue, ModuleValue)):
        for name, value in list(layer.namespace.items()):
            if name in seen or name in IGNORED:
                continue
            seen.add(name)
            if isinstance(node, ModuleNode) and _is_left_to_its_module(walk, node, value):
                continue
            yield from _made(walk, node, name, value)
    elif isinstance(layer, Opaque):
        yield from _inherited_tests(walk, node, layer, seen)


def _made(walk: Walk, node: ModuleNode | ClassNode, name: str, value: Value) -> list[Node]:
    """The nodes of one name; where blocked tests are listed, one that fails stands for itself."""
    try:
        return make_nodes(walk, node, name, value)
    except Raised:
        if not walk.lenient:
            raise
        return [unknown_item(node, name, node.path, 0)] if is_test_function(walk, value, name) else []


def _inherited_tests(walk: Walk, node: Node, layer: Opaque, seen: set[str]) -> Iterator[Node]:
    """Tests of an installed base class, as the environment lists them."""
    facts = class_facts(layer)
    for name in facts.tests if facts is not None else ():
        if name not in seen and is_test_function_name(walk.invocation, name):
            seen.add(name)
            yield ItemNode(name, f"{node.nodeid}::{name}", node.path, node, original_name=name, defined_in=node.path)


def _is_left_to_its_module(walk: Walk, node: ModuleNode, value: Value) -> bool:
    """Whether `collect_imported_tests = false` leaves a function or class to the module that defines it."""
    if walk.invocation.collect_imported_tests or walk.version < (8, 4):
        return False
    own = node.obj.name if isinstance(node.obj, ModuleValue) else ""
    if isinstance(value, FunctionValue):
        return value.module is not None and value.module.name != own
    if isinstance(value, ClassValue):
        return value.module != own
    return isinstance(value, Opaque) and value.kind in ("class", "function")


def make_nodes(walk: Walk, parent: ModuleNode | ClassNode, name: str, value: Value) -> list[Node]:
    """The nodes that pytest makes of one name (`pytest_pycollect_makeitem`). Raises `Raised` where pytest does."""
    answer = _asked(walk, parent, name, value)
    if answer is not None:
        return answer
    if is_class(value):
        made = _make_class(walk, parent, name, value)
        return [made] if made is not None else []
    if is_maybe_test(walk, value, name):
        return _make_unknown(walk, parent, name)
    if is_test_function(walk, value, name):
        return list(collect_function(walk, parent, name, value))
    return []


def _make_class(walk: Walk, parent: Node, name: str, value: ClassValue | Opaque) -> ClassNode | None:
    excludes_abstract = walk.version >= (8, 3)
    is_case = is_test_case(value) and walk.has_plugin("unittest")
    if is_case:
        is_wanted = not (excludes_abstract and is_abstract(value))
    else:
        is_wanted = is_test_class_name(walk.invocation, name) or find_test_flag(value) is True
        is_wanted = is_wanted and not (excludes_abstract and is_abstract(value))
    if not is_wanted:
        return None
    marks = _class_marks(walk, value)
    return ClassNode(
        name,
        f"{parent.nodeid}::{name}",
        parent.path,
        parent,
        list(marks.found),
        marks.unsure,
        value,
        is_case,
    )


def _class_marks(walk: Walk, value: Value) -> Marks:
    try:
        return class_marks(value)
    except Raised:
        if not walk.lenient:
            raise
        return Marks(unsure=True)


def _make_unknown(walk: Walk, parent: ModuleNode | ClassNode, name: str) -> list[Node]:
    """A test function whose value is not known: an item where a `def` binds the name, else only a note."""
    path, line = find_definition_line(walk, parent, name)
    if line:
        return [unknown_item(parent, name, path, line)]
    walk.undecided(parent.nodeid, parent.path, f"'{name}' is bound to a value that is not known")
    return []


def _asked(walk: Walk, parent: Node, name: str, value: Value) -> list[Node] | None:
    """What a `pytest_pycollect_makeitem` of the project answers; None where pytest decides itself."""
    folder = parent.path.rpartition("/")[0]
    if not walk.plugins.has_hook("pytest_pycollect_makeitem", folder):
        return None
    plugin, answer = walk.plugins.call_first(
        "pytest_pycollect_makeitem", folder, {"collector": UNKNOWN, "name": name, "obj": value}
    )
    if answer is None or plugin is None:
        return None
    if is_known_hook_answer(answer) and isinstance(answer, (list, tuple)) and not answer:
        return []
    walk.undecided("", plugin.name, "pytest_pycollect_makeitem may make other items")
    return None
