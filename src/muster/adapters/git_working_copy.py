"""The project's files as git keeps them: which are tracked, and what they held before."""

from __future__ import annotations

import os
from collections.abc import Iterator

from muster.adapters.git_objects import LOG_SWITCHES, Repository
from muster.model.commit import Commit
from muster.model.history import PastVersion

MOST_VERSIONS = 60
TIMEOUT_S = 5.0


class GitWorkingCopy:
    """`ports.WorkingCopy` of the repository that holds `folder`; without one nothing is tracked and there is no past."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/") or "/"

    def tracks(self, path: str) -> bool:
        """Whether the index has the file at `path`."""
        told = Repository(self._folder).run("ls-files", "-s", "-z", "--", path, timeout_s=TIMEOUT_S)
        return bool(told.data) and not told.failure

    def versions(self, path: str) -> Iterator[PastVersion]:
        """What `path` held, the newest commit first, as far back as `MOST_VERSIONS` commits that changed it."""
        repository = Repository(self._folder)
        if not repository or not path.startswith(repository.top.rstrip("/") + "/"):
            return
        told = repository.run(
            "log", *LOG_SWITCHES, f"-n{MOST_VERSIONS}", "-z", "--no-renames", "--format=%H%n%an%n%aI%n%s",
            "HEAD", "--", path, timeout_s=TIMEOUT_S,
        )  # fmt: skip
        below = os.path.relpath(path, repository.top)
        with repository.objects() as objects:
            for entry in told.data.decode("utf-8", "replace").split("\0"):
                sha, *rest = entry.strip("\n").split("\n")
                content = objects.read(f"{sha}:{below}") if len(rest) == 3 else None
                if content is not None:
                    yield PastVersion(Commit(sha, *rest), content)
