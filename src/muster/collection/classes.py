"""Test classes (`Class.collect` in `_pytest/python.py`)."""

from __future__ import annotations

from muster.collection.losses import lose_class_with_constructor
from muster.collection.nodes import ClassNode, Node
from muster.collection.objects import Constructor, abstract_names, find_constructor, find_test_flag, unknown_bases
from muster.collection.outcomes import builtin
from muster.collection.python_nodes import collect_members
from muster.collection.walk import Walk
from muster.collection.warned import warn
from muster.collection.wrapped_fixtures import check_wrapped_fixtures
from muster.execution.raised import Raised
from muster.execution.values import MISSING, ClassValue


def collect_class(walk: Walk, node: ClassNode) -> list[Node]:
    """The tests of a plain class. Raises `Raised` where pytest does."""
    flag = find_test_flag(node.obj)
    if flag is not MISSING and walk.executor.truth(flag) is False:
        return []
    constructor = find_constructor(node.obj)
    if constructor is not None:
        _warn_of_constructor(walk, node, constructor)
        lose_class_with_constructor(walk, node, constructor)
        return []
    note_unknown_bases(walk, node)
    _make_instance(walk, node)
    register_fixtures(walk, node)
    walk.has_collected(node)
    return collect_members(walk, node)


def _warn_of_constructor(walk: Walk, node: ClassNode, constructor: Constructor) -> None:
    name = node.obj.name if node.obj is not None else node.name
    where = node.parent.nodeid if node.parent is not None else ""
    text = f"cannot collect test class {name!r} because it has a {constructor.name} constructor (from: {where})"
    warn(walk, "PytestCollectionWarning", text, node.path, constructor.line)


def _make_instance(walk: Walk, node: ClassNode) -> None:
    """Before 8.3 pytest instantiates abstract classes too, which Python refuses."""
    names = abstract_names(node.obj) if walk.version < (8, 3) and not walk.lenient else []
    if names and isinstance(node.obj, ClassValue):
        text = f"Can't instantiate abstract class {node.obj.name} {_abstract_words(walk.python, names)}"
        raise builtin("TypeError", text, "abstract", node.obj.file, node.obj.line)


def _abstract_words(python: tuple[int, int, int], names: list[str]) -> str:
    plural = "s" if len(names) > 1 or python < (3, 9) else ""
    if python >= (3, 12):
        return f"without an implementation for abstract method{plural} {', '.join(map(repr, names))}"
    return f"with abstract method{plural} {', '.join(names)}"


def register_fixtures(walk: Walk, node: ClassNode) -> None:
    """Make the fixtures of the class known. Raises `Raised` for malformed ones."""
    try:
        check_wrapped_fixtures(walk, node.obj)
        walk.fixtures.add_class(node.obj, node.nodeid)
    except Raised:
        if not walk.lenient:
            raise


def note_unknown_bases(walk: Walk, node: ClassNode) -> None:
    """Say what is not known of the class because of what it derives from."""
    names = unknown_bases(node.obj)
    if names:
        walk.undecided(node.nodeid, node.path, f"nothing is known of its base class {', '.join(names)}")
    elif isinstance(node.obj, ClassValue) and node.obj.lenient and node.obj.file == node.path:
        walk.undecided(node.nodeid, node.path, "its metaclass or a decorator may change it")
