"""`sys.path` at one moment of a session."""

from __future__ import annotations

from posixpath import dirname, join, normpath

from muster.model.collection import Collection, ModuleMissing, NameMissing, Outcome
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
    working = [invocation.cwd] if invocation.cwd_on_path else []
    path = [*invocation.pythonpath, *working, *environment.search_path]
    if not importer:
        return path
    position = collection.files.index(importer) if importer in collection.files else len(collection.files)
    later = frozenset(collection.files[position + 1 :])
    if invocation.import_mode == "prepend":
        # What prepend mode adds file by file is no statement, and so no effect (`_pytest.pathlib.import_path`).
        for file in collection.files[: position + 1]:
            folder = _package_root(tree, file)
            if not path or path[0] != folder:
                path.insert(0, folder)
    for effect in collection.effects:
        if effect.during in later:
            continue
        if effect.kind in ("insert", "append", "assign"):
            path.insert(min(max(effect.index, 0), len(path)), effect.value)
        elif effect.kind == "remove" and effect.value in path:
            path.remove(effect.value)
    return path


def _package_root(tree: FileTree, path: str) -> str:
    """The first folder upwards of `path` that has no `__init__.py`."""
    folder = dirname(path)
    while len(folder) > 1 and tree.kind(folder + "/__init__.py") is EntryKind.FILE:
        folder = dirname(folder)
    return folder
