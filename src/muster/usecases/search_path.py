"""`sys.path` at one moment of a session."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import dirname, join, normpath

from muster.model.collection import Collection, ModuleMissing, NameMissing, Outcome, PathEffect
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.ports import EntryKind, FileTree


def search_path_at(
    collection: Collection, invocation: Invocation, environment: Environment, tree: FileTree, importer: str
) -> tuple[str, ...]:
    """`sys.path` while the file `importer` is collected, absolute and each entry once; "" is the session's beginning.

    It is what the simulation recorded where the file fails over an import, else what the invocation and the earlier
    files' statements make of it.
    """
    recorded = _recorded(collection, importer)
    entries = recorded or _replayed(collection, invocation, environment, tree, importer)
    return tuple(dict.fromkeys(normpath(join(invocation.cwd, entry)) for entry in entries))


def _recorded(collection: Collection, importer: str) -> tuple[str, ...]:
    for report in collection.reports:
        if report.path == importer and report.outcome is Outcome.FAILED and report.exception is not None:
            detail = report.exception.detail
            if isinstance(detail, ModuleMissing | NameMissing):
                return detail.sys_path
    return ()


def _replayed(
    collection: Collection, invocation: Invocation, environment: Environment, tree: FileTree, importer: str
) -> list[str]:
    """The path as it begins, then file by file what the import mode adds and what the file's own imports do to it."""
    working = [invocation.cwd] if invocation.cwd_on_path else []
    path = [*invocation.pythonpath, *working, *environment.search_path]
    if not importer:
        return path
    files = collection.files
    until = files.index(importer) + 1 if importer in files else len(files)
    conftests = [effect for effect in collection.effects if effect.during not in files]
    _apply(conftests, path)
    for file in files[:until]:
        _add_package_root(path, _package_root(tree, file), invocation.import_mode)
        _apply([effect for effect in collection.effects if effect.during == file], path)
    return path


def _add_package_root(path: list[str], folder: str, import_mode: str) -> None:
    """What pytest itself does before it imports a test file (`_pytest.pathlib.import_path`)."""
    if import_mode == "prepend" and path[:1] != [folder]:
        path.insert(0, folder)
    elif import_mode == "append" and folder not in path:
        path.append(folder)


def _apply(effects: Iterable[PathEffect], path: list[str]) -> None:
    for effect in effects:
        if effect.kind in ("insert", "append", "assign"):
            path.insert(min(max(effect.index, 0), len(path)), effect.value)
        elif effect.kind == "remove" and effect.value in path:
            path.remove(effect.value)


def _package_root(tree: FileTree, path: str) -> str:
    """The first folder upwards of `path` that has no `__init__.py`."""
    folder = dirname(path)
    while len(folder) > 1 and tree.kind(folder + "/__init__.py") is EntryKind.FILE:
        folder = dirname(folder)
    return folder
