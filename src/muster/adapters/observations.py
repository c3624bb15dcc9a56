"""Real collections that were seen, in `.muster/observed` of the project: one small file for each selection of tests."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

from muster.adapters.atomic import write_atomically
from muster.adapters.project_folder import open_project_folder
from muster.model.observation import Observation

FOLDER = "observed"
SCHEMA = "muster.observed/1"
MOST_SELECTIONS = 16
"""Older ones are deleted."""

SIZE_LIMIT_BYTES = 64 << 20
_ERRORS, _ERROR_LENGTH = 1000, 500
"""So many errors are kept, and so much of each."""


class ProjectObservations:
    """`ports.Observations` in the folder `root`. What cannot be read counts as not there, what cannot be written is let be."""

    def __init__(self, root: str) -> None:
        self._root = root

    def load(self, selection: str) -> Observation | None:
        """The last real collection of `selection`."""
        path = os.path.join(self._root, ".muster", FOLDER, f"{selection}.json")
        try:
            if os.path.getsize(path) > SIZE_LIMIT_BYTES:
                return None
            with open(path, "rb") as file:
                found = _observation(json.load(file))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return None
        return found if found.selection == selection else None

    def save(self, observation: Observation) -> None:
        """Keep `observation` in place of the last one of its selection."""
        content = json.dumps(_content(observation), separators=(",", ":"))
        with contextlib.suppress(OSError):
            folder = os.path.join(open_project_folder(self._root), FOLDER)
            os.makedirs(folder, exist_ok=True)
            write_atomically(os.path.join(folder, f"{observation.selection}.json"), content.encode("ascii"))
            for path in _oldest(folder):
                os.unlink(path)


def _content(observation: Observation) -> dict[str, object]:
    errors = [[nodeid, text[:_ERROR_LENGTH]] for nodeid, text in observation.errors[:_ERRORS]]
    return {
        "schema": SCHEMA,
        "selection": observation.selection,
        "observed_at": observation.observed_at,
        "seconds": observation.seconds,
        "command": observation.command,
        "python": observation.python,
        "pytest": observation.pytest,
        "workers": observation.workers,
        "errors": errors,
        "files": _by_file(observation.nodeids),
    }


def _by_file(nodeids: tuple[str, ...]) -> list[list[str]]:
    """`nodeids` in their order, each run of one file as the file and what stands behind its `::`: a third of the size."""
    runs: list[list[str]] = []
    for nodeid in nodeids:
        file, separator, rest = nodeid.partition("::")
        if not runs or runs[-1][0] != file + separator:
            runs.append([file + separator])
        runs[-1].append(rest)
    return runs


def _observation(content: dict[str, Any]) -> Observation:
    if content["schema"] != SCHEMA or not 0 <= content["seconds"] < float("inf"):
        raise ValueError(content)
    return Observation(
        selection=str(content["selection"]),
        observed_at=str(content["observed_at"]),
        seconds=float(content["seconds"]),
        command=str(content["command"]),
        python=str(content["python"]),
        pytest=str(content["pytest"]),
        workers=int(content["workers"]),
        errors=tuple((str(nodeid), str(text)) for nodeid, text in content["errors"]),
        nodeids=tuple(f"{file}{rest}" for file, *names in content["files"] for rest in names),
    )


def _oldest(folder: str) -> list[str]:
    paths = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".json")]
    return sorted(paths, key=os.path.getmtime, reverse=True)[MOST_SELECTIONS:]
