"""Test files (`Module` and `importtestmodule` in `_pytest/python.py`)."""

from __future__ import annotations

import re

from muster.collection.hooks import PluginImportError, plugin_failure
from muster.collection.marks import module_marks
from muster.collection.nodes import ModuleNode, Node
from muster.collection.python_nodes import collect_members
from muster.collection.walk import Walk
from muster.collection.wrapped_fixtures import check_wrapped_fixtures
from muster.execution.imports import UndecidedSourceError
from muster.execution.raised import Raised
from muster.execution.values import ModuleValue
from muster.model.collection import OtherFailure
from muster.ports import ReadFailure

_FILLING = re.compile(rb"\b(?:globals|locals|vars|exec|setattr)\(|__dict__|import \*")

OUTSIDE_OF_A_TEST = "skip outside of a test"
"""The kind of failure of `pytest.skip()` without `allow_module_level` at module level."""


def collect_module(walk: Walk, node: ModuleNode) -> list[Node]:
    """The tests and classes of a file. Raises `Raised` where importing or collecting it fails."""
    import_module(walk, node)
    register_fixtures(walk, node)
    walk.has_collected(node)
    if isinstance(node.obj, ModuleValue) and node.obj.lenient and _fills_itself(walk, node.path):
        walk.undecided(node.nodeid, node.path, "it fills its own namespace in ways that are not followed")
    return collect_members(walk, node)


def _fills_itself(walk: Walk, path: str) -> bool:
    """Whether the file itself mentions one of the ways to bind names that are not written down."""
    try:
        return _FILLING.search(walk.tree.read(path)) is not None
    except ReadFailure:
        return True


def import_module(walk: Walk, node: ModuleNode) -> None:
    """Import the file and read its marks, once. Raises `Raised`."""
    if node.obj is not None:
        return
    module = _imported(walk, node.path)
    if module is None:
        return
    node.obj = module
    try:
        marks = module_marks(module)
    except Raised:
        if not walk.lenient:
            raise
        return
    node.own_marks, node.marks_unsure = list(marks.found), marks.unsure


def _imported(walk: Walk, path: str) -> ModuleValue | None:
    if walk.lenient:
        return _imported_leniently(walk, path)
    walk.executor.collecting(path)
    try:
        module = walk.executor.import_test_file(path)
    except Raised as raised:
        if "Skipped" in raised.bases and not raised.allow_module_level:
            # pytest makes a CollectError of it, whose cause is the skip itself.
            raised.bases = tuple(base for base in raised.bases if base not in ("Skipped", "SkipTest"))
            raised.detail = OtherFailure(OUTSIDE_OF_A_TEST)
        raise
    _import_plugins(walk, module, path)
    return module


def _imported_leniently(walk: Walk, path: str) -> ModuleValue | None:
    """The module of a file, what fails in it taken as unknown."""
    if path not in walk.failed_files:
        try:
            return walk.executor.import_test_file(path)
        except (Raised, UndecidedSourceError):
            pass
    return walk.executor.blocked_namespace(path, walk.files_failing(path))


def _import_plugins(walk: Walk, module: ModuleValue, path: str) -> None:
    if not isinstance(module, ModuleValue) or "pytest_plugins" not in module.namespace:
        return
    try:
        walk.plugins.import_requested(module, path)
    except PluginImportError as error:
        raise plugin_failure(error, walk.version) from None


def register_fixtures(walk: Walk, node: ModuleNode) -> None:
    """Make the fixtures of the module known. Raises `Raised` for malformed ones."""
    try:
        check_wrapped_fixtures(walk, node.obj)
        walk.fixtures.add_module(node.obj, node.nodeid)
    except Raised:
        if not walk.lenient:
            raise
