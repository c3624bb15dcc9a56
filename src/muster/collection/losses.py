"""Tests that vanish without an error: M401 to M409 (a class whose tests run through a subclass is not lost)."""

from __future__ import annotations

from collections.abc import Iterator

from muster.collection.definitions import find_definition
from muster.collection.duplicates import duplicate_definitions
from muster.collection.functions import is_test_function
from muster.collection.nodes import ClassNode, ModuleNode, Node
from muster.collection.objects import Constructor, ancestry, find_test_flag, is_abstract
from muster.collection.unmatched import excluded, unmatched_files, unmatched_names
from muster.collection.vanished import decorated_away
from muster.collection.walk import LostClass, Walk
from muster.execution.values import ClassValue
from muster.facts import opcodes as op
from muster.model.collection import Loss
from muster.model.location import Location


def lose_class_with_constructor(walk: Walk, node: ClassNode, constructor: Constructor) -> None:
    """Note the tests of a class that pytest leaves out because of its `__init__` or `__new__` (M401)."""
    cls = node.obj
    if not isinstance(cls, ClassValue) or walk.lenient:
        return
    names = test_names(walk, cls)
    if not names:
        return
    owner = constructor.owner
    path = owner.file if isinstance(owner, ClassValue) else cls.file
    line = constructor.line if isinstance(owner, ClassValue) else cls.line
    loss = Loss(
        "M401",
        node.nodeid,
        Location(path, line),
        tuple(f"{node.nodeid}::{name}" for name in names),
        len(names),
        f"has a {constructor.name} constructor",
    )
    walk.lost_classes.append(LostClass(cls, loss))


def test_names(walk: Walk, cls: ClassValue) -> list[str]:
    """The names of the tests that a class would have, bases first."""
    names: dict[str, None] = {}
    for base in reversed(ancestry(cls)):
        if isinstance(base, ClassValue):
            names.update(
                dict.fromkeys(name for name, value in base.namespace.items() if is_test_function(walk, value, name))
            )
    return list(names)


def find_losses(walk: Walk) -> Iterator[Loss]:
    """The losses that only show once everything is collected, those of one kind together."""
    modules = [node for node in walk.collected_nodes if isinstance(node, ModuleNode)]
    lost: list[LostClass] = list(walk.lost_classes)
    other: list[Loss] = []
    for found in unmatched_names(walk, modules):
        if isinstance(found, LostClass):
            lost.append(found)
        else:
            other.append(found)
    yield from _without_subclass(walk, lost)
    yield from duplicate_definitions(walk, walk.collected_nodes)
    yield from other
    yield from unmatched_files(walk)
    yield from excluded(walk)
    yield from decorated_away(walk, modules)


def _without_subclass(walk: Walk, lost: list[LostClass]) -> Iterator[Loss]:
    """Those classes whose tests do not run through a subclass."""
    used = {id(base) for cls in walk.collected_classes.values() for base in cls.mro}
    seen: set[int] = set()
    for each in lost:
        if id(each.cls) in used or id(each.cls) in seen or is_abstract(each.cls) or find_test_flag(each.cls) is False:
            continue
        seen.add(id(each.cls))
        yield each.loss


def find_definition_line(walk: Walk, parent: Node, name: str) -> tuple[str, int]:
    """Where a `def` in the file itself binds `name` in `parent`; line 0 where none does."""
    names = [node.name for node in reversed(list(parent.lineage())) if isinstance(node, ClassNode)]
    module = parent.nearest(ModuleNode)
    facts = walk.executor.facts(module.path) if module is not None else None
    if module is None or facts is None:
        return parent.path, 0
    statement = find_definition(facts.body, [*names, name])
    is_function = statement is not None and statement[0] == op.DEF
    return module.path, statement[1] if statement is not None and is_function else 0
