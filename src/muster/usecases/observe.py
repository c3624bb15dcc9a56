"""What a real collection was told to collect, so that a later check of the same knows it again."""

from __future__ import annotations

import hashlib
from posixpath import relpath

from muster.model.collection import Collection
from muster.model.environment import Environment
from muster.model.invocation import Invocation
from muster.model.observation import Observation


def selection_of(invocation: Invocation) -> str:
    """16 hexadecimal digits of everything in `invocation` that decides what is collected: not of how it is shown or run."""
    root = invocation.rootdir
    said = (
        [_below(str(argument), root) for argument in invocation.arguments],
        (invocation.keyword, invocation.markexpr, invocation.deselect),
        [_below(path, root) for path in invocation.ignore],
        (invocation.ignore_glob, invocation.norecursedirs),
        (invocation.python_files, invocation.python_classes, invocation.python_functions),
        (invocation.import_mode, invocation.noconftest, invocation.pyargs, invocation.doctest_modules),
        _below(invocation.inifile or "", root),
    )
    return hashlib.sha256(repr(said).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def observation_of(
    collection: Collection, invocation: Invocation, environment: Environment, observed_at: str, workers: int = 0
) -> Observation | None:
    """What is kept of a real `collection`: None where it was not timed, broke off, or where more than `selection_of` knows
    decided over its tests: what failed last, or an option of a plugin's."""
    session = collection.session
    if collection.seconds is None or session.state != "complete" or session.aborted_by:
        return None
    if invocation.last_failed or invocation.unmodelled:
        return None
    return Observation(
        selection=selection_of(invocation),
        observed_at=observed_at,
        seconds=round(collection.seconds, 3),
        command=invocation.command,
        python=".".join(map(str, environment.version)),
        pytest=environment.pytest_version,
        workers=workers,
        errors=tuple(
            (report.nodeid, str(report.exception or report.reason))
            for report in collection.reports
            if report.outcome == "failed"
        ),
        nodeids=tuple(item.nodeid for item in collection.items),
    )


def _below(path: str, root: str) -> str:
    """`path` relative to `root`, so that a moved checkout stays the same."""
    return relpath(path, root) if path.startswith("/") else path
