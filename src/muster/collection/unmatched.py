"""Tests that a naming pattern or a setting leaves out (M403, M404)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Any

from muster.collection.definitions import class_body, defined_name, definitions, last_name
from muster.collection.nodeids import relative_path
from muster.collection.nodes import ModuleNode
from muster.collection.objects import ancestry, find_constructor, find_test_flag, function_of, is_abstract, is_test_case
from muster.collection.walk import LostClass, Walk
from muster.execution.values import MISSING, ClassValue, FunctionValue, ModuleValue
from muster.facts import opcodes as op
from muster.invocation.patterns import is_test_class_name, is_test_file, is_test_function_name
from muster.model.collection import Loss
from muster.model.location import Location
from muster.ports import EntryKind, ReadFailure

_TEST_LINE = re.compile(rb"^(?:async )?def test|^class Test", re.MULTILINE)
_LIKE_A_TEST = re.compile(r"_?tests?(?:_|[A-Z0-9])", re.IGNORECASE)
_ORDINARY = frozenset({"node_modules", "venv", "{arch}", "CVS", "_darcs", "__pycache__", "site-packages"})
"""Folders that are left out for good reason."""

FILES_LIMIT = 2_000
"""Files of left-out folders that are looked at."""


def unmatched_files(walk: Walk) -> Iterator[Loss]:
    """Files in collected folders that hold tests under a name that `python_files` does not match, and that nothing imports."""
    imported = _imported_files(walk)
    for path in walk.unmatched:
        if path in imported or posixpath.basename(path) in ("conftest.py", "setup.py"):
            continue
        names = _tests_in(walk, path)
        if names:
            nodeid = relative_path(path, walk.invocation.rootdir) or path
            patterns = " ".join(walk.invocation.python_files)
            yield Loss(
                "M403", nodeid, Location(path), tuple(f"{nodeid}::{name}" for name in names), len(names),
                f"its name does not match python_files ({patterns})",
            )  # fmt: skip


def _imported_files(walk: Walk) -> set[str]:
    """The files behind all modules that the session has imported."""
    modules = getattr(walk.executor, "modules", {})
    return {module.file for module in modules.values() if isinstance(module, ModuleValue) and module.file}


def _tests_in(walk: Walk, path: str) -> list[str]:
    """The tests that the file would yield, without their parameters."""
    try:
        source = walk.tree.read(path)
    except ReadFailure:
        return []
    if not _TEST_LINE.search(source):
        return []
    facts = walk.executor.facts(path)
    return list(tests_of(walk, facts.body)) if facts is not None and facts.problem is None else []


def tests_of(walk: Walk, statements: Sequence[Any]) -> Iterator[str]:
    """The tests that the statements define, as the tail of a node id."""
    names: dict[str, None] = {}
    for statement in definitions(statements):
        name = defined_name(statement)
        if statement[0] == op.DEF:
            if is_test_function_name(walk.invocation, name) and not _is_fixture(statement):
                names[name] = None
        elif is_test_class_name(walk.invocation, name) or _is_test_case(statement):
            names.update((f"{name}::{test}", None) for test in tests_of(walk, class_body(statement)))
    yield from names


def _is_fixture(statement: Sequence[Any]) -> bool:
    """Whether a decorator makes it a fixture, of whatever plugin; `usefixtures` makes none."""
    return any(last_name(decorator) in ("fixture", "yield_fixture") for decorator in statement[3])


def _is_test_case(statement: Sequence[Any]) -> bool:
    return "TestCase" in repr(statement[3])


def unmatched_names(walk: Walk, nodes: Sequence[ModuleNode]) -> Iterator[Loss | LostClass]:
    """Classes with tests that `python_classes` does not match, and functions that `python_functions` just misses."""
    for node in nodes:
        if not isinstance(node.obj, ModuleValue):
            continue
        for name, value in node.obj.namespace.items():
            if isinstance(value, ClassValue) and value.file == node.path and value.name == name:
                yield from _unmatched_class(walk, node, name, value)
            elif isinstance(value, FunctionValue) and value.file == node.path and value.name == name:
                yield from _unmatched_function(walk, node, name, value)


def _unmatched_class(walk: Walk, node: ModuleNode, name: str, cls: ClassValue) -> Iterator[LostClass]:
    if is_test_class_name(walk.invocation, name) or is_test_case(cls) or find_test_flag(cls) is not MISSING:
        return
    tests = _own_tests(walk, cls)
    if not tests or find_constructor(cls) is not None or is_abstract(cls):
        return
    subject = f"{node.nodeid}::{name}"
    patterns = " ".join(walk.invocation.python_classes)
    loss = Loss(
        "M403", subject, Location(cls.file, cls.line), tuple(f"{subject}::{test}" for test in tests), len(tests),
        f"its name does not match python_classes ({patterns})",
    )  # fmt: skip
    yield LostClass(cls, loss)


def _own_tests(walk: Walk, cls: ClassValue) -> list[str]:
    names: dict[str, None] = {}
    for base in reversed(ancestry(cls)):
        if isinstance(base, ClassValue):
            names.update(
                (name, None)
                for name, value in base.namespace.items()
                if is_test_function_name(walk.invocation, name) and function_of(value) is not None
                and type(value).__name__ != "FixtureValue"
            )  # fmt: skip
    return list(names)


def _unmatched_function(walk: Walk, node: ModuleNode, name: str, function: FunctionValue) -> Iterator[Loss]:
    if is_test_function_name(walk.invocation, name) or not _LIKE_A_TEST.match(name):
        return
    if find_test_flag(function) is not MISSING or name.startswith("_") or "__wrapped__" in function.attributes:
        return
    subject = f"{node.nodeid}::{name}"
    patterns = " ".join(walk.invocation.python_functions)
    text = f"its name does not match python_functions ({patterns})"
    yield Loss("M403", subject, Location(function.file, function.line), (subject,), 1, text)


def excluded(walk: Walk) -> Iterator[Loss]:
    """Folders and files with tests that a setting leaves out (M404)."""
    left = FILES_LIMIT
    for path, reason in walk.ignored.items():
        name = posixpath.basename(path)
        if (
            reason in ("__pycache__", "virtualenv")
            or name.startswith(".")
            or name in _ORDINARY
            or name.endswith(".egg")
        ):
            continue
        files = _test_files(walk, path, left)
        left -= len(files)
        lost = [nodeid for file in files for nodeid in _lost_ids(walk, file)]
        if lost:
            nodeid = relative_path(path, walk.invocation.rootdir) or path
            yield Loss(
                "M404", nodeid, _setting_place(walk, reason, path), tuple(lost), len(lost), f"excluded by {reason}"
            )


def _test_files(walk: Walk, path: str, limit: int) -> list[str]:
    if walk.tree.kind(path) is EntryKind.FILE:
        return [path] if is_test_file(walk.invocation, path) else []
    found: list[str] = []
    folders = [path]
    while folders and len(found) < limit:
        folder = folders.pop()
        for name, kind in sorted(walk.tree.listing(folder).items()):
            entry = posixpath.join(folder, name)
            if kind is EntryKind.FOLDER and not name.startswith(".") and name not in _ORDINARY:
                if not walk.tree.is_symlink(entry):
                    folders.append(entry)
            elif kind is EntryKind.FILE and is_test_file(walk.invocation, entry):
                found.append(entry)
    return found[:limit]


def _lost_ids(walk: Walk, path: str) -> Iterator[str]:
    nodeid = relative_path(path, walk.invocation.rootdir) or path
    yield from (f"{nodeid}::{name}" for name in _tests_in(walk, path))


def _setting_place(walk: Walk, reason: str, path: str) -> Location:
    """Where the setting stands: its line in the configuration, the conftest, or else what it leaves out."""
    setting = walk.invocation.settings.get(reason)
    if setting is not None:
        return setting.origin
    if reason.startswith(("collect_ignore", "pytest_ignore_collect")):
        folder = posixpath.dirname(path)
        for _ in range(100):
            conftest = posixpath.join(folder, "conftest.py")
            module = walk.plugins.conftests.get(conftest)
            if module is not None and reason in module.namespace:
                return Location(conftest)
            if folder in ("/", walk.invocation.rootdir):
                break
            folder = posixpath.dirname(folder)
    option = next((setting for name, setting in walk.invocation.settings.items() if name == "addopts"), None)
    return option.origin if option is not None and reason.startswith("--") else Location(path)
