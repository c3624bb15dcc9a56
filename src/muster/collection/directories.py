"""Folders: what is in them, in pytest's order, and what settings leave out (`Dir`, `Package`, `pytest_ignore_collect`)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import PurePosixPath

from muster.collection.config import ConfigValue, NodeValue
from muster.collection.hooks import Plugin, is_known_hook_answer
from muster.collection.nodeids import path_nodeid, relative_path
from muster.collection.nodes import DoctestModuleNode, DoctestTextNode, FileNode, FolderNode, ModuleNode, Node
from muster.collection.objects import function_of
from muster.collection.walk import Walk
from muster.execution.values import UNKNOWN, Value
from muster.invocation.patterns import (
    find_ignore_reason,
    is_doctest_module,
    is_doctest_text,
    is_test_file,
)
from muster.ports import EntryKind

INIT = "__init__.py"


def collect_folder(walk: Walk, node: FolderNode) -> list[Node]:
    """The folders and files in a folder, by name; a package's `__init__.py` first. Raises `Raised` where a conftest fails."""
    walk.plugins.load_for(node.path)
    walk.walked[node.path] = None
    return list(_entries(walk, node))


def _entries(walk: Walk, node: FolderNode) -> Iterator[Node]:
    listing = walk.tree.listing(node.path)
    for name in sorted(listing, key=lambda name: (node.is_package and name != INIT, name)):
        path = posixpath.join(node.path, name)
        if listing[name] is EntryKind.FOLDER:
            if walk.is_initial(path, with_parents=True) or not is_ignored(walk, path):
                yield from make_folder(walk, path, node)
        elif listing[name] is EntryKind.FILE and (walk.is_initial(path) or not is_ignored(walk, path)):
            yield from make_files(walk, path, node)


def is_ignored(walk: Walk, path: str) -> bool:
    """Whether a setting, a conftest's list or a conftest's hook leaves `path` out."""
    folder = posixpath.dirname(path)
    answer = _asked(walk, "pytest_ignore_collect", folder, path, {"collection_path": PurePosixPath(path)})
    if isinstance(answer, bool):
        if answer:
            walk.ignored.setdefault(path, "pytest_ignore_collect")
        return answer
    reason = find_ignore_reason(
        walk.tree,
        walk.invocation,
        path,
        collect_ignore=_conftest_list(walk, "collect_ignore", folder),
        collect_ignore_glob=_conftest_list(walk, "collect_ignore_glob", folder),
    )
    if reason is not None:
        walk.ignored.setdefault(path, reason)
    return reason is not None


def _conftest_list(walk: Walk, name: str, folder: str) -> tuple[str, ...]:
    found = walk.plugins.nearest_list(name, folder)
    if found is None:
        walk.undecided(_relative(walk, folder), folder, f"'{name}' of its conftest is not known")
        return ()
    return found


def _relative(walk: Walk, path: str) -> str:
    return relative_path(path, walk.invocation.rootdir) or path


def _asked(walk: Walk, hook: str, folder: str, path: str, values: dict[str, Value]) -> Value:
    """What a hook of the project answers for `path`: None where it leaves the matter to pytest, or is not known."""
    config = ConfigValue(walk.executor, walk.invocation)
    given = {"path": UNKNOWN, "config": config, "parent": NodeValue(config), **values}
    plugin, answer = walk.plugins.call_first(hook, folder, given)
    if plugin is None or answer is None or isinstance(answer, bool):
        return answer
    if is_known_hook_answer(answer) and isinstance(answer, (list, tuple)) and not answer:
        return None
    _note_hook(walk, plugin, f"{hook} decides about files in ways that are not followed")
    return None


def _note_hook(walk: Walk, plugin: Plugin, reason: str) -> None:
    """Note once what a hook of the project may do; the files themselves are taken as pytest alone would take them."""
    path = plugin.module.file or plugin.name
    walk.undecided(_relative(walk, path), path, reason)


def make_folder(walk: Walk, path: str, parent: Node) -> Iterator[FolderNode]:
    """The collector of a folder (`pytest_collect_directory`)."""
    folder = posixpath.dirname(path)
    _asked(walk, "pytest_collect_directory", folder, path, {"path": PurePosixPath(path)})
    is_package = walk.has_plugin("python") and walk.tree.kind(posixpath.join(path, INIT)) is EntryKind.FILE
    yield FolderNode(_name(path, parent), _nodeid(walk, path, parent), path, parent, is_package=is_package)


def make_files(walk: Walk, path: str, parent: Node) -> Iterator[FileNode]:
    """The collectors of a file (`pytest_collect_file`): doctests before the test module."""
    folder = posixpath.dirname(path)
    _ask_about_file(walk, path, folder)
    name, nodeid = _name(path, parent), _nodeid(walk, path, parent)
    if posixpath.splitext(path)[1] != ".py":
        if walk.has_plugin("doctest") and is_doctest_text(walk.invocation, path, walk.is_initial(path)):
            yield DoctestTextNode(name, nodeid, path, parent)
        return
    if walk.has_plugin("doctest") and is_doctest_module(walk.tree, walk.invocation, path):
        yield DoctestModuleNode(name, nodeid, path, parent)
    if not walk.has_plugin("python"):
        return
    if walk.is_initial(path) or is_test_file(walk.invocation, path):
        _asked(walk, "pytest_pycollect_makemodule", folder, path, {"module_path": PurePosixPath(path)})
        yield ModuleNode(name, nodeid, path, parent)
    else:
        walk.unmatched.setdefault(path)


def _ask_about_file(walk: Walk, path: str, folder: str) -> None:
    """Note a file that a `pytest_collect_file` of the project may collect."""
    for plugin, function in walk.plugins.hooks("pytest_collect_file", folder):
        if function_of(function) is None:
            # Made by a library (Sybil and its like): any file below may be its business.
            below = plugin.folder or walk.invocation.rootdir
            walk.undecided(_relative(walk, below), below, f"pytest_collect_file of {_relative(walk, plugin.name)}")
            continue
        parent = NodeValue(ConfigValue(walk.executor, walk.invocation))
        answer = walk.plugins.call(function, {"file_path": PurePosixPath(path), "path": UNKNOWN, "parent": parent})
        if answer is None or (isinstance(answer, (list, tuple)) and not answer):
            continue
        if is_test_file(walk.invocation, path):
            _note_hook(walk, plugin, "pytest_collect_file may collect more than the tests of a file")
        else:
            where = _relative(walk, plugin.name)
            walk.undecided(_relative(walk, path), path, f"pytest_collect_file of {where} may collect it")


def _name(path: str, parent: Node) -> str:
    if parent.path != path:
        return relative_path(path, parent.path) or posixpath.basename(path)
    return posixpath.basename(path)


def _nodeid(walk: Walk, path: str, parent: Node) -> str:
    return path_nodeid(path, walk.invocation.rootdir, walk.initial_paths, parent.nodeid)
