"""Since which commit a file of today has a fault: its versions, newest first, until one is without."""

from __future__ import annotations

from muster.adapters.git_versions import Versions
from muster.adapters.git_walk import ROUNDS, UNCOMMITTED, Walk
from muster.facts.faults import shows
from muster.model.commit import Commit
from muster.model.history import Fault


def since_when(fault: Fault, walk: Walk, versions: Versions) -> Commit | None:
    """The commit that brought the fault, over renames of the file; `UNCOMMITTED` where the last commit is without it, None
    where nothing tells."""
    if fault.path not in walk.present:
        return UNCOMMITTED if walk.is_below(fault.path) else None
    current, seen = fault.path, {fault.path}
    for _ in range(ROUNDS):
        walk.visit([current])
        is_newest = current == fault.path
        for entry, change in walk.events_of(current):
            if walk.is_late("since when some faults are there was"):
                return None
            if not change.after:
                continue  # deleted, and written anew later
            if not _shows(fault, change.after, versions):
                # Versions of two branches may alternate in git's order; only the newest one is what the tree was last.
                return UNCOMMITTED if is_newest else None
            is_newest = False
            if change.before and not _shows(fault, change.before, versions):
                return entry.commit
        origin = walk.origin(current) if fault.kind != "file" else None
        if origin is None:
            return walk.creation(current)
        entry, source, before, _ = origin
        if source in seen or not _shows(fault, before, versions):
            return entry.commit
        seen.add(source)
        current = source
    return None


def _shows(fault: Fault, blob: str, versions: Versions) -> bool:
    return shows(fault.kind, fault.text, fault.times, versions.read(blob))
