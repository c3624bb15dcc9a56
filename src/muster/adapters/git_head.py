"""The commit and branch that are checked out."""

from __future__ import annotations

from muster.adapters.git_objects import Repository

TIMEOUT_S = 5.0


def read_head(folder: str) -> tuple[str, str]:
    """The commit of `HEAD` in the repository that holds `folder`, and its branch; "" for what there is not."""
    repository = Repository(folder)
    if not repository:
        return "", ""
    told = repository.run("rev-parse", "--abbrev-ref", "HEAD", timeout_s=TIMEOUT_S)
    branch = told.data.decode("utf-8", "replace").strip()
    return repository.head, "" if told.failure or branch == "HEAD" else branch  # detached, as CI checks out
