"""The collection tree: what `_pytest/nodes.py`, `_pytest/main.py` and `_pytest/python.py` call nodes.

Nodes are compared by identity, as pytest's are: its cache of reports is keyed by the node object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from muster.collection.scopes import Scope
from muster.execution.values import ClassValue, FunctionValue, Mark, Opaque, Value

_Kind = TypeVar("_Kind", bound="Node")


@dataclass(slots=True, eq=False)
class Node:
    """A node: `obj` is the simulated Python object it stands for, `own_marks` the marks on it (`own_markers`)."""

    name: str
    nodeid: str
    path: str
    parent: Node | None
    own_marks: list[Mark] = field(default_factory=list)
    marks_unsure: bool = False

    def lineage(self) -> Iterator[Node]:
        """This node and its parents, nearest first (`iter_parents`)."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def chain(self) -> list[Node]:
        """The parents down to this node, the session first (`listchain`)."""
        return list(self.lineage())[::-1]

    def nearest(self, kind: type[_Kind]) -> _Kind | None:
        """This node or the closest parent of that kind (`getparent`)."""
        node: Node | None = self
        while node is not None:
            if isinstance(node, kind):
                return node
            node = node.parent
        return None

    def marks(self, name: str | None = None) -> Iterator[Mark]:
        """The marks in scope, own ones first (`iter_markers`)."""
        node: Node | None = self
        while node is not None:
            for mark in node.own_marks:
                if name is None or mark.name == name:
                    yield mark
            node = node.parent

    def has_unsure_marks(self) -> bool:
        """Whether there may be other marks in scope than the known ones."""
        node: Node | None = self
        while node is not None:
            if node.marks_unsure:
                return True
            node = node.parent
        return False


class Collector(Node):
    """A node that yields others."""

    __slots__ = ()


class SessionNode(Collector):
    """The root; its node id is empty."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class FolderNode(Collector):
    """A folder: `Dir`, or `Package` where it has an `__init__.py`."""

    is_package: bool = False


class FileNode(Collector):
    """A collector for one file."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class ModuleNode(FileNode):
    """A Python test file (`Module`); `obj` is its module once imported."""

    obj: Any = None


@dataclass(slots=True, eq=False)
class DoctestModuleNode(ModuleNode):
    """A Python file that is searched for doctests."""


class DoctestTextNode(FileNode):
    """A text file that is searched for doctests."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class ClassNode(Collector):
    """A test class; `is_test_case` for subclasses of `unittest.TestCase`."""

    obj: ClassValue | Opaque | None = None
    is_test_case: bool = False


@dataclass(slots=True)
class CallSpec:
    """One planned invocation of a parametrized test (`CallSpec2`)."""

    params: dict[str, Value] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class ItemNode(Node):
    """A test. `expanded` is false where it stands for parameters that are not known."""

    function: FunctionValue | None = None
    original_name: str = ""
    callspec: CallSpec | None = None
    expanded: bool = True
    defined_in: str = ""
    line: int = 0
    cls: ClassValue | Opaque | None = None
