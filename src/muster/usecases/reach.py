"""Load what a session will most likely reach, by the batch: the test files, then what they import, wave by wave.

Only a head start: whatever is not foreseen is loaded when the simulation meets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from posixpath import basename, dirname, join
from typing import Any

from muster.execution.interpreter import Interpreter
from muster.execution.machine import examined_packages
from muster.facts import opcodes as op
from muster.facts.store import FactStore
from muster.invocation.patterns import is_test_file
from muster.model.invocation import Invocation
from muster.ports import EntryKind, FileTree

_WAVES = 40
_SKIPPED = frozenset({"__pycache__", "node_modules"})


def prefetch_reach(
    tree: FileTree,
    store: FactStore,
    invocation: Invocation,
    interpreter: Interpreter,
    conftests: Iterable[str],
    met: Callable[[int], None],
) -> None:
    """Fill `store` with the facts of the session's files and of the project modules that they import.

    `met` is told how many they are so far, before they are read.
    """
    wave = [*conftests, *_session_files(tree, invocation)]
    # Known from the start: a test file may import another one before that is collected, in site-packages too.
    interpreter.session_files.update(wave)
    roots = [entry for entry in interpreter.sys_path if not (entry + "/").startswith(interpreter.installed_prefixes)]
    roots = list(dict.fromkeys([*roots, invocation.rootdir, invocation.cwd]))
    examined = examined_packages(interpreter.installed_prefixes, [argument.path for argument in invocation.arguments])
    seen: set[str] = set()
    names_seen: set[tuple[str, str]] = set()
    for _ in range(_WAVES):
        wave = [path for path in dict.fromkeys(wave) if path not in seen]
        if not wave:
            return
        seen.update(wave)
        met(len(seen))
        store.prefetch(wave)
        wave = list(_imported_files(tree, store, wave, roots, examined, names_seen))


def _session_files(tree: FileTree, invocation: Invocation) -> Iterator[str]:
    for argument in invocation.arguments:
        if tree.kind(argument.path) is EntryKind.FOLDER:
            yield from _files_below(tree, invocation, argument.path)
        elif argument.path.endswith(".py"):
            yield argument.path


def _files_below(tree: FileTree, invocation: Invocation, folder: str) -> Iterator[str]:
    pending = [folder]
    visited: set[str] = set()
    while pending:
        here = pending.pop()
        if tree.real_path(here) in visited:
            continue
        visited.add(tree.real_path(here))
        for name, kind in tree.listing(here).items():
            path = join(here, name)
            if kind is EntryKind.FOLDER:
                if name not in _SKIPPED and not name.startswith("."):
                    pending.append(path)
            elif name.endswith(".py") and (name == "conftest.py" or is_test_file(invocation, path)):
                yield path


def _imported_files(
    tree: FileTree,
    store: FactStore,
    paths: Iterable[str],
    roots: list[str],
    examined: Iterable[str],
    seen: set[tuple[str, str]],
) -> Iterator[str]:
    installed = {basename(folder[:-1]): dirname(folder[:-1]) for folder in examined}
    for path in paths:
        own = dirname(path)
        facts = store.facts(path)
        wanted = [(root, name) for name in facts.imports for root in (*roots, own)]
        wanted += [(installed[top], name) for name in facts.imports if (top := name.partition(".")[0]) in installed]
        for root, name in (*wanted, *_relative_imports(facts.body, own)):
            if (root, name) not in seen:
                seen.add((root, name))
                yield from _files_of(tree, root, name)


def _relative_imports(body: Iterable[Any], own: str) -> Iterator[tuple[str, str]]:
    """The folder and the dotted name below it of what the relative imports of `body` may load."""
    for statement in body:
        if statement[0] == op.FROM and statement[4]:
            _, _, module, names, level = statement
            folder = own
            for _ in range(level - 1):
                folder = dirname(folder)
            for name, _ in names:
                yield folder, f"{module}.{name}" if module else name


def _files_of(tree: FileTree, root: str, name: str) -> Iterator[str]:
    folder = root
    for part in name.split("."):
        listing = tree.listing(folder)
        if listing.get(part) is EntryKind.FOLDER:
            folder = join(folder, part)
            if tree.listing(folder).get("__init__.py") is EntryKind.FILE:
                yield join(folder, "__init__.py")
        else:
            if listing.get(part + ".py") is EntryKind.FILE:
                yield join(folder, part + ".py")
            return
