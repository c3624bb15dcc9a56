"""Doctests in modules and text files (`_pytest/doctest.py`, `doctest.DocTestFinder`)."""

from __future__ import annotations

from collections.abc import Iterator

from muster.collection.definitions import find_class_at
from muster.collection.docstrings import MalformedExample, has_examples
from muster.collection.modules import import_module, register_fixtures
from muster.collection.nodes import DoctestModuleNode, DoctestTextNode, ItemNode, Node
from muster.collection.objects import function_of, unwrapped
from muster.collection.outcomes import builtin, skipped
from muster.collection.walk import Walk
from muster.execution.raised import Raised
from muster.execution.values import (
    ClassValue,
    DescriptorValue,
    DictValue,
    FixtureValue,
    FunctionValue,
    ModuleValue,
    PartialValue,
    Value,
)
from muster.ports import ReadFailure

_COLLECT_ERRORS = frozenset({"ImportError", "SyntaxError", "ImportPathMismatchError", "OutsideOfATest"})


def collect_doctest_text(walk: Walk, node: DoctestTextNode) -> Iterator[Node]:
    """The one item of a text file that has an example. Raises `Raised` for one that cannot be read or parsed."""
    try:
        text = walk.tree.read(node.path).decode(walk.invocation.doctest_encoding)
    except UnicodeDecodeError as error:
        raise builtin("UnicodeDecodeError", str(error), "doctest", node.path) from None
    except (ReadFailure, LookupError):
        return
    name = node.path.rpartition("/")[2]
    if _has_examples(text.replace("\r\n", "\n"), name, node.path):
        yield _item(node, name)


def collect_doctest_module(walk: Walk, node: DoctestModuleNode) -> Iterator[Node]:
    """The items of a module's docstrings, by name. Raises `Raised` where importing or parsing fails."""
    try:
        import_module(walk, node)
    except Raised as raised:
        if walk.invocation.doctest_ignore_import_errors and _COLLECT_ERRORS & set(raised.bases):
            raise skipped(f"unable to import module PosixPath('{node.path}')") from None
        raise
    register_fixtures(walk, node)
    if not isinstance(node.obj, ModuleValue):
        return
    found = dict.fromkeys(_Finder(walk, node.obj).found())
    for name in sorted(found):
        yield _item(node, name)


def _item(node: Node, name: str) -> ItemNode:
    return ItemNode(name, f"{node.nodeid}::{name}", node.path, node, original_name=name, defined_in=node.path)


def _has_examples(text: str | None, name: str, path: str) -> bool:
    if not text:
        return False
    try:
        return has_examples(text, name)
    except MalformedExample as error:
        raise builtin("ValueError", str(error), "doctest", path) from None


class _Finder:
    """`DocTestFinder.find`: the module, then its own functions and classes, and what they hold."""

    def __init__(self, walk: Walk, module: ModuleValue) -> None:
        self.walk = walk
        self.module = module
        self.path = module.file or ""
        self.seen: set[int] = set()

    def found(self) -> Iterator[str]:
        """The names of the docstrings with examples."""
        name = self.module.name
        facts = self.walk.executor.facts(self.path)
        if _has_examples(facts.doc if facts is not None else self.module.doc, name, self.path):
            yield name
        for key, value in list(self.module.namespace.items()):
            if self._is_own(value):
                yield from self._below(value, f"{name}.{key}")
        extra = self.module.namespace.get("__test__")
        for key, value in extra.items() if isinstance(extra, DictValue) else ():
            spelled = f"{name}.__test__.{key}"
            if isinstance(value, str):
                if _has_examples(value, spelled, self.path):
                    yield spelled
            else:
                yield from self._below(value, spelled)

    def _is_own(self, value: Value) -> bool:
        """`_from_module`: defined in this very module."""
        if isinstance(value, ClassValue):
            return value.module == self.module.name
        if isinstance(value, (FunctionValue, FixtureValue)):
            function = function_of(value)
            return function is not None and unwrapped(function).file == self.path
        return False

    def _below(self, value: Value, name: str) -> Iterator[str]:
        if id(value) in self.seen:
            return
        self.seen.add(id(value))
        if _has_examples(self._doc(value), name, self.path):
            yield name
        if isinstance(value, ClassValue):
            for key, member in list(value.namespace.items()):
                inner = member.function if isinstance(member, DescriptorValue) else member
                if isinstance(member, DescriptorValue) or self._is_own(inner):
                    yield from self._below(inner, f"{name}.{key}")

    def _doc(self, value: Value) -> str | None:
        if isinstance(value, ClassValue):
            facts = self.walk.executor.facts(value.file) if value.file else None
            statement = find_class_at(facts.body, value.line) if facts is not None else None
            doc: str | None = statement[9] if statement is not None and len(statement) > 9 else None
            return doc
        function = function_of(value)
        if function is None or isinstance(value, PartialValue):
            return None
        doc = function.attributes.get("__doc__")
        return doc if isinstance(doc, str) else self.walk.executor.function_doc(unwrapped(function))
