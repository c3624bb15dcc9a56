"""M102: a removed module as the history last had it, with the packages around it."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname

from muster.fixes.site import Site
from muster.model.cause import Cause
from muster.model.fix import FileChange, Fix


def fix_removed(cause: Cause, site: Site) -> Iterator[Fix]:
    """The file itself, where the history still has it."""
    if site.past is None:
        return
    below = cause.subject.replace(".", "/")
    paths = [f"{root}/{below}{suffix}" for root in site.roots for suffix in (".py", "/__init__.py")]
    paths = [path for path in dict.fromkeys(paths) if site.tree.kind(path) is None]
    known = site.past(tuple(paths))
    path = next((path for path in paths if path in known), "")
    if not path:
        return
    around = [folder + "/__init__.py" for folder in _folders_between(path, site)]
    missing = tuple(each for each in around if site.tree.kind(each) is None)
    packages = site.past(missing) if missing else {}
    changes: dict[str, FileChange | None] = {path: site.create(path, known[path])}
    changes.update((each, site.create(each, content)) for each, content in packages.items())
    made = site.present(changes)
    if changes[path] is not None:
        when = f" as it was before {cause.since.sha[:10]}" if cause.since else ""
        yield Fix("restore", f"restore {site.show(path)}{when}", made)


def _folders_between(path: str, site: Site) -> Iterator[str]:
    folder = dirname(path)
    while folder not in site.roots and folder.startswith(site.root.rstrip("/") + "/"):
        yield folder
        folder = dirname(folder)
