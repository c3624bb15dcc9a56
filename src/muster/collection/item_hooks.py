"""`pytest_collection_modifyitems` of the project, run on simulated items."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from muster.collection.config import ConfigValue, NodeValue
from muster.collection.hookbodies import mentions
from muster.collection.hooks import Plugin, is_wrapper
from muster.collection.nodes import ItemNode, ModuleNode, SessionNode
from muster.collection.walk import Walk
from muster.execution.raised import Raised
from muster.execution.values import UNKNOWN, DictValue, ListValue, Mark, Native, Value

HOOK = "pytest_collection_modifyitems"

ITEMS_LIMIT = 20_000
"""Items beyond which no hook is run: what it does is then undecided."""

ITEMS_AT_ONCE = 1_500
"""A hook gets so many at a time, because the simulation follows no longer loops."""


def run_item_hooks(walk: Walk, items: list[ItemNode], *, initial: bool, marks_matter: bool) -> list[ItemNode]:
    """The items as the project's hooks leave them; what cannot be followed is noted and changes nothing.

    `initial` chooses the conftests that are loaded before the session begins, whose hooks run after pytest has reordered
    the items. Hooks that only add markers are run where `-m` or `-k` asks for them.
    """
    changes = dict(_changes(walk))
    for plugin, function in walk.plugins.hooks(HOOK):
        if plugin.is_initial is not initial:
            continue
        change = changes.get(id(function), "")
        body = walk.plugins.body_of(function)
        adds_marks = body is None or mentions(body, "add_marker") or mentions(body, "own_markers")
        if not change and not (marks_matter and adds_marks):
            continue
        left = _run(walk, plugin, function, items)
        if left is None:
            _note(walk, plugin, change or "may add markers", items, adds_marks)
            continue
        if body is not None and mentions(body, "pytest_deselected"):
            kept = set(left)
            walk.deselected += [item for item in items if item not in kept]
        items = left
    return items


def _changes(walk: Walk) -> Iterator[tuple[int, str]]:
    for _, function, change in walk.plugins.item_changers((HOOK,)):
        yield id(function), change


def _note(walk: Walk, plugin: Plugin, change: str, items: Sequence[ItemNode], adds_marks: bool) -> None:
    path = plugin.module.file or plugin.name
    walk.undecided(walk.relative(path), path, f"{HOOK} {change}")
    for item in items if adds_marks else ():
        item.marks_unsure = True


def _run(walk: Walk, plugin: Plugin, function: Value, items: Sequence[ItemNode]) -> list[ItemNode] | None:
    """The items that the hook leaves, in its order; None where that is not known."""
    if len(items) > ITEMS_LIMIT or is_wrapper(function):
        return None
    left: list[ItemNode] = []
    for start in range(0, len(items), ITEMS_AT_ONCE):
        values = ListValue(ItemValue(walk, item) for item in items[start : start + ITEMS_AT_ONCE])
        config = ConfigValue(walk.executor, walk.invocation)
        given = {"items": values, "config": config, "session": NodeValue(config)}
        try:
            walk.plugins.call(function, given)
        except Raised:
            return None
        if values.unsure or not all(isinstance(value, ItemValue) for value in values):
            return None
        left += [value.item for value in values]
    return left


class ItemValue:
    """A `pytest.Item` as hooks see it."""

    __slots__ = ("item", "walk")
    simulated_identity = True

    def __init__(self, walk: Walk, item: ItemNode) -> None:
        self.walk = walk
        self.item = item

    def simulated_getattr(self, machine: Any, name: str) -> Value:
        """The attribute that simulated code reads."""
        item = self.item
        match name:
            case "name" | "nodeid":
                return getattr(item, name)
            case "originalname":
                return item.original_name
            case "path":
                return PurePosixPath(item.path)
            case "fspath":
                return LocalPath(item.path)
            case "location":
                return UNKNOWN
            case "own_markers":
                return ListValue(item.own_marks, unsure=item.marks_unsure)
            case "keywords":
                return self._keywords()
            case "function" | "obj":
                return item.function if item.function is not None else UNKNOWN
            case "cls":
                return item.cls
            case "module":
                module = item.nearest(ModuleNode)
                return module.obj if module is not None else UNKNOWN
            case "iter_markers" | "get_closest_marker" | "add_marker":
                return Native(f"pytest.Item.{name}", getattr(self, f"_{name}"))
            case _:
                return UNKNOWN

    def _keywords(self) -> DictValue:
        """`Node.keywords`: the names along the chain, the marks and the function's own attributes."""
        names = [node.name for node in self.item.chain() if not isinstance(node, SessionNode)]
        names += [mark.name for mark in self.item.marks()]
        if self.item.function is not None:
            names += list(self.item.function.attributes)
        if self.item.callspec is not None:
            names.append("-".join(self.item.callspec.ids))
        unsure = any(node.marks_unsure for node in self.item.lineage())
        return DictValue(((name, True) for name in names), unsure=unsure)

    def _iter_markers(self, machine: Any, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        name = args[0] if args else kwargs.get("name")
        if name is UNKNOWN:
            return UNKNOWN
        unsure = any(node.marks_unsure for node in self.item.lineage())
        return ListValue(self.item.marks(name), unsure=unsure)

    def _get_closest_marker(self, machine: Any, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        name = args[0] if args else kwargs.get("name")
        if not isinstance(name, str):
            return UNKNOWN
        found = next(self.item.marks(name), None)
        if found is None and any(node.marks_unsure for node in self.item.lineage()):
            return UNKNOWN
        return found if found is not None else (args[1] if len(args) > 1 else kwargs.get("default"))

    def _add_marker(self, machine: Any, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        marker = args[0] if args else kwargs.get("marker")
        mark = Mark(marker) if isinstance(marker, str) else marker
        if getattr(machine, "unsure", 0) or not isinstance(mark, Mark):
            self.item.marks_unsure = True
        else:
            self.item.own_marks.append(mark)
        return None


class LocalPath(PurePosixPath):
    """`item.fspath`, a `py.path.local`."""

    def simulated_getattr(self, machine: Any, name: str) -> Value:
        """The attribute that simulated code reads; those of `pathlib` that `py.path` lacks are not told apart."""
        match name:
            case "strpath":
                return str(self)
            case "basename":
                return self.name
            case "dirname":
                return posixpath.dirname(str(self))
            case "purebasename":
                return self.stem
            case "ext":
                return self.suffix
            case _:
                return UNKNOWN
