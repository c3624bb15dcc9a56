"""M104, M106, M305: the module is there, and not reached, or another one is. Folders on the path, `__init__.py`, the import mode."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname

from muster.fixes.configuration import add_to_pytest
from muster.fixes.site import Site
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix
from muster.ports import EntryKind

IMPORTLIB = "--import-mode=importlib"


def fix_unreachable(cause: Cause, site: Site) -> Iterator[Fix]:
    """The folder on pytest's `pythonpath`; or the `__init__.py` that makes pytest put it on the path by itself."""
    folder = next((each.path for each in cause.evidence if each.kind == "entry" and each.path), "")
    if not folder:
        return
    root = dirname(site.invocation.inifile) if site.invocation.inifile else site.invocation.rootdir
    if folder == root or folder.startswith(root.rstrip("/") + "/"):
        shown = "." if folder == root else folder.removeprefix(root.rstrip("/") + "/")
        change = add_to_pytest(site, "pythonpath", shown)
        if change is not None:
            yield Fix("pythonpath", f'add "{shown}" to pythonpath in {site.show(change.path)}', (change,))
    package = dirname(cause.victims[0]) if cause.victims else ""
    if package and dirname(package) == folder:
        yield from _with_init([package], site)


def fix_shadowed(cause: Cause, site: Site) -> Iterator[Fix]:
    """The loser as a regular package, the winner as none, no test folders on the path: what helps is for the proof to say."""
    winner = next((each.path for each in cause.evidence if each.kind == "winner"), "")
    loser = next((each.path for each in cause.evidence if each.kind == "loser"), "")
    if site.tree.kind(loser) is EntryKind.FOLDER:
        yield from _with_init([loser], site)
    if winner.endswith("/__init__.py") and site.may_change(winner):
        content = site.read(winner)
        if content is not None and not content.strip():
            yield Fix("uninit", f"delete {site.show(winner)}, which is empty", (FileChange(winner, content, None),))
    yield from _with_importlib(site)


def fix_mismatch(cause: Cause, site: Site) -> Iterator[Fix]:
    """Two files of one base name: packages around them, or modules named by their path."""
    places = [each.path for each in cause.evidence if each.kind in ("winner", "loser") and each.path.endswith(".py")]
    yield from _with_init([dirname(path) for path in places], site)
    yield from _with_importlib(site)


def _with_init(folders: list[str], site: Site) -> Iterator[Fix]:
    changes: dict[str, FileChange | None] = {}
    for folder in dict.fromkeys(folders):
        if folder.rstrip("/") not in (site.root.rstrip("/"), site.invocation.rootdir):
            changes[folder] = site.create(f"{folder}/__init__.py", b"")
    made = site.present(changes)
    if made:
        yield Fix("init", "add " + " and ".join(site.show(change.path) for change in made), made)


def _with_importlib(site: Site) -> Iterator[Fix]:
    if site.invocation.import_mode == "importlib" or "import-mode" in " ".join(site.invocation.argv):
        return
    change = add_to_pytest(site, "addopts", IMPORTLIB)
    if change is not None:
        yield Fix("importlib", f"use {IMPORTLIB}: addopts in {site.show(change.path)}", (change,))
