"""What earlier runs took, in `.muster/` of the project: a folder that ignores itself for git."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping

from muster.adapters.atomic import write_atomically
from muster.adapters.project_folder import FOLDER, open_project_folder
from muster.model.run import FileDurations

FILE = "durations.json"
SCHEMA = "muster.durations/1"
SIZE_LIMIT_BYTES = 64 << 20


class ProjectRecords:
    """`ports.RunRecords` in the folder `root`. What cannot be read counts as not there, what cannot be written is let be."""

    def __init__(self, root: str, source: str = "") -> None:
        self._root = root
        self._folder = os.path.join(root, FOLDER)
        self._source = source or os.path.join(self._folder, FILE)

    def load(self) -> Mapping[str, FileDurations]:
        """Durations by path relative to the project's root."""
        return _read(self._source)

    def save(self, durations: Mapping[str, FileDurations], shard: str = "") -> None:
        """Keep `durations`, with what is known of other files.

        A shard writes a file of its own: the next shard on this machine must see what this one has seen.
        """
        name = f"durations.{shard.replace('/', '-of-')}.json" if shard else FILE
        path = os.path.join(self._folder, name)
        merged = {**_read(path), **durations}
        content = {
            "schema": SCHEMA,
            "files": {
                name: {"seconds": round(known.seconds, 4), "collecting": round(known.collecting, 4)}
                for name, known in sorted(merged.items())
            },
        }
        with contextlib.suppress(OSError):
            open_project_folder(self._root)
            write_atomically(path, json.dumps(content, indent=1).encode("ascii"))


def _read(path: str) -> dict[str, FileDurations]:
    try:
        if os.path.getsize(path) > SIZE_LIMIT_BYTES:
            return {}
        with open(path, "rb") as file:
            content = json.load(file)
        return {
            str(name): FileDurations(float(value["seconds"]), float(value.get("collecting", 0.0)))
            for name, value in content["files"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
